//! All rules of the macros, one function each. Every mistake is reported at the smallest wrong token, with the fix.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DataEnum, DeriveInput, Fields, Meta, Path, Token, Variant};

use crate::errors::Errors;
use crate::model::{Entry, Handler, Stream, StreamEvent};
use crate::name;

/// A stream, with the variants that follow the rules; None where there is no enum to begin with.
pub(crate) fn stream<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<Stream<'a>> {
    let data = stream_is_enum(input, errors)?;
    stream_has_no_generics(input, errors);
    stream_has_events(input, data, errors);
    let events =
        data.variants.iter().filter_map(|variant| variant_holds_one_record(variant, errors)).collect();
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

fn variant_holds_one_record<'a>(variant: &'a Variant, errors: &mut Errors) -> Option<StreamEvent<'a>> {
    if let Some((_, value)) = &variant.discriminant {
        errors.at(
            value,
            "an event has no number: its place among the variants is that of its branch; remove it",
        );
    }
    let ident = &variant.ident;
    let fix = format!("a variant of a stream holds one record: write `{ident}({ident})`");
    let record = match &variant.fields {
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
    }?;
    let docs = variant.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
    Some(StreamEvent { ident, record, docs })
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

/// A handler, with the streams that follow the rules.
pub(crate) fn handler<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Handler<'a> {
    handler_is_no_union(input, errors);
    let attributes = input.attrs.iter().filter(|attribute| attribute.path().is_ident("handles")).collect();
    let mut streams: Vec<Path> = Vec::new();
    for entry in entries_of_one_attribute(input, attributes, errors) {
        if let Some(stream) = entry_is_stream(entry, errors) {
            stream_is_named_once(&streams, &stream, errors);
            streams.push(stream);
        }
    }
    Handler { ident: &input.ident, generics: &input.generics, streams }
}

fn handler_is_no_union(input: &DeriveInput, errors: &mut Errors) {
    if let Data::Union(data) = &input.data {
        errors.at(data.union_token, "a handler is a struct or an enum, not a union");
    }
}

fn entries_of_one_attribute(
    input: &DeriveInput,
    attributes: Vec<&Attribute>,
    errors: &mut Errors,
) -> Vec<Entry> {
    const EXAMPLE: &str = "name the streams that it handles, such as `#[handles(InspectionEvent)]`";
    let mut attributes = attributes.into_iter();
    let Some(attribute) = attributes.next() else {
        errors.at(&input.ident, format!("no `#[handles(...)]` on `{}`: {EXAMPLE}", input.ident));
        return Vec::new();
    };
    for another in attributes {
        errors.at(another, "a second `#[handles(...)]`: name all streams in one of them");
    }
    let tokens = match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => list.tokens.clone(),
        Meta::NameValue(pair) => {
            errors.at(pair, format!("`#[handles(...)]` takes a list: {EXAMPLE}"));
            return Vec::new();
        }
        _ => {
            errors.at(attribute, format!("`#[handles(...)]` names no stream: {EXAMPLE}"));
            return Vec::new();
        }
    };
    split_at_commas(tokens)
}

fn split_at_commas(tokens: TokenStream) -> Vec<Entry> {
    let mut parts = vec![TokenStream::new()];
    let mut depth = 0_usize;
    for token in tokens {
        match &token {
            TokenTree::Punct(mark) if mark.as_char() == ',' && depth == 0 => {
                parts.push(TokenStream::new());
                continue;
            }
            TokenTree::Punct(mark) if mark.as_char() == '<' => depth += 1,
            TokenTree::Punct(mark) if mark.as_char() == '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.extend([token]);
        }
    }
    parts
        .into_iter()
        .filter(|tokens| !tokens.is_empty())
        .map(|tokens| Entry { path: syn::parse2(tokens.clone()).ok(), tokens })
        .collect()
}

fn entry_is_stream(entry: Entry, errors: &mut Errors) -> Option<Path> {
    if entry.path.is_some() {
        return entry.path;
    }
    // `borrowed QualityEvent`, `retries = 3`: a word and more.
    match entry.tokens.clone().into_iter().next() {
        Some(TokenTree::Ident(option)) => errors.at(
            &option,
            format!(
                "unknown option `{option}`: `#[handles(...)]` takes the names of streams, separated by commas"
            ),
        ),
        first => errors.at(
            first.map_or(entry.tokens, TokenStream::from),
            "expected the name of a stream, such as `InspectionEvent`",
        ),
    }
    None
}

fn stream_is_named_once(before: &[Path], stream: &Path, errors: &mut Errors) {
    if before.iter().any(|before| text(before) == text(stream)) {
        errors.at(stream, format!("`{}` is named twice: remove one of them", text(stream)));
    }
}

/// The events of `skip!(...)`.
pub(crate) fn skipped(input: TokenStream, errors: &mut Errors) -> Vec<Path> {
    let parser = Punctuated::<Path, Token![,]>::parse_terminated;
    let events = match syn::parse::Parser::parse2(parser, input) {
        Ok(events) => events,
        Err(error) => {
            errors.push(syn::Error::new(
                error.span(),
                format!("{error}: `skip!` takes the names of events, such as `skip!(InspectionStarted)`"),
            ));
            return Vec::new();
        }
    };
    if events.is_empty() {
        errors.at(quote!(), "`skip!` names no event: name those to skip, such as `skip!(InspectionStarted)`");
    }
    let mut seen: Vec<Path> = Vec::new();
    for event in events {
        if seen.iter().any(|seen| text(seen) == text(&event)) {
            errors.at(&event, format!("`{}` is named twice: remove one of them", text(&event)));
        } else {
            seen.push(event);
        }
    }
    seen
}

/// A path as it is written, without the spaces that printed tokens have.
fn text(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
