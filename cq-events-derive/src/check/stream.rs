//! The rules of `#[derive(EventStream)]`.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Data, DataEnum, DeriveInput, Fields, Type, Variant};

use super::view;
use crate::errors::Errors;
use crate::model::{Stream, StreamEvent};
use crate::name;

/// A stream, with the variants that follow the rules; None where there is no enum to begin with.
pub(crate) fn stream<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<Stream<'a>> {
    let data = stream_is_enum(input, errors)?;
    stream_has_no_generics(input, errors);
    stream_has_events(input, data, errors);
    view::stands_on_variants_only(input, data, errors);
    view::is_there_for_all_or_none(data, errors);
    let events = data.variants.iter().filter_map(|variant| event(variant, errors)).collect();
    let events = methods_are_distinct(events, errors);
    input.generics.params.is_empty().then_some(Stream { ident: &input.ident, visibility: &input.vis, events })
}

fn stream_is_enum<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<&'a DataEnum> {
    let keyword = match &input.data {
        Data::Enum(data) => return Some(data),
        Data::Struct(data) => data.struct_token.to_token_stream(),
        Data::Union(data) => data.union_token.to_token_stream(),
    };
    errors.at(
        keyword,
        format!(
            "a stream is an enum with one variant per event: make it `enum {} {{ YourEvent(YourEvent) }}`",
            input.ident
        ),
    );
    None
}

fn stream_has_no_generics(input: &DeriveInput, errors: &mut Errors) {
    if !input.generics.params.is_empty() {
        errors
            .at(&input.generics, "a stream has no generics: its events are those of one schema; remove them");
    }
}

fn stream_has_events(input: &DeriveInput, data: &DataEnum, errors: &mut Errors) {
    if data.variants.is_empty() {
        errors.at(&input.ident, "a stream without events: add a variant, such as `YourEvent(YourEvent)`");
    }
}

fn event<'a>(variant: &'a Variant, errors: &mut Errors) -> Option<StreamEvent<'a>> {
    variant_has_no_number(variant, errors);
    let view = view::of(variant, errors);
    let record = variant_holds_one_record(variant, errors)?;
    let docs = variant.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
    Some(StreamEvent { ident: &variant.ident, record, view, docs })
}

fn variant_has_no_number(variant: &Variant, errors: &mut Errors) {
    if let Some((_, value)) = &variant.discriminant {
        errors.at(
            value,
            "an event has no number: its place among the variants is that of its branch; remove it",
        );
    }
}

fn variant_holds_one_record<'a>(variant: &'a Variant, errors: &mut Errors) -> Option<&'a Type> {
    let ident = &variant.ident;
    let fix = format!("a variant of a stream holds one record: write `{ident}({ident})`");
    match &variant.fields {
        Fields::Unnamed(fields) => {
            let mut fields = fields.unnamed.iter();
            match (fields.next(), fields.next()) {
                (Some(record), None) => Some(&record.ty),
                (Some(_), Some(second)) => {
                    errors.at(second, fix);
                    None
                }
                (None, _) => {
                    errors.at(&variant.fields, fix);
                    None
                }
            }
        }
        Fields::Named(fields) => {
            errors.push(syn::Error::new(fields.brace_token.span.join(), fix));
            None
        }
        Fields::Unit => {
            errors.at(ident, fix);
            None
        }
    }
}

/// No two events may have one method name, and none that of a method that every stream has. Keeps the others.
fn methods_are_distinct<'a>(events: Vec<StreamEvent<'a>>, errors: &mut Errors) -> Vec<StreamEvent<'a>> {
    let mut seen: HashMap<String, &Ident> = HashMap::new();
    let mut kept = Vec::with_capacity(events.len());
    for event in events {
        let name = event.ident;
        let snake = name::snake(name);
        let reserved = match snake.as_str() {
            "unknown" => Some("on_unknown"),
            "batch" => Some("publish_batch"),
            "batch_keyed" => Some("publish_batch_keyed"),
            _ => None,
        };
        if let Some(method) = reserved {
            errors.at(
                name,
                format!(
                    "an event cannot be named `{name}`: every stream has a method `{method}` of its own; \
                     rename the record"
                ),
            );
        } else if let Some(first) = seen.get(&snake) {
            errors.at(
                name,
                format!(
                    "the events `{first}` and `{name}` would both have the method `on_{snake}`: rename one of \
                     the records"
                ),
            );
        } else {
            seen.insert(snake, name);
            kept.push(event);
        }
    }
    kept
}
