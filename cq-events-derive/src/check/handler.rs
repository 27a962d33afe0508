//! The rules of `#[derive(EventHandler)]`.

use proc_macro2::TokenStream;
use syn::{Attribute, Data, DeriveInput, Meta};

use super::named::{self, List};
use crate::errors::Errors;
use crate::model::Handler;

const STREAMS: List =
    List { place: "`#[handles(...)]`", takes: "the names of streams", example: "InspectionEvent" };

/// A handler, with the streams that follow the rules.
pub(crate) fn handler<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Handler<'a> {
    handler_is_no_union(input, errors);
    let attributes = input.attrs.iter().filter(|attribute| attribute.path().is_ident("handles")).collect();
    let streams = match list_of_one_attribute(input, attributes, errors) {
        Some(list) => named::all(list, &STREAMS, errors),
        None => Vec::new(),
    };
    Handler { ident: &input.ident, generics: &input.generics, streams }
}

fn handler_is_no_union(input: &DeriveInput, errors: &mut Errors) {
    if let Data::Union(data) = &input.data {
        errors.at(data.union_token, "a handler is a struct or an enum, not a union");
    }
}

fn list_of_one_attribute(
    input: &DeriveInput,
    attributes: Vec<&Attribute>,
    errors: &mut Errors,
) -> Option<TokenStream> {
    const EXAMPLE: &str = "name the streams that it handles, such as `#[handles(InspectionEvent)]`";
    let mut attributes = attributes.into_iter();
    let Some(attribute) = attributes.next() else {
        if !input.attrs.iter().any(is_perhaps_misspelt) {
            errors.at(&input.ident, format!("no `#[handles(...)]` on `{}`: {EXAMPLE}", input.ident));
        }
        return None;
    };
    for another in attributes {
        errors.at(another, "a second `#[handles(...)]`: name all streams in one of them");
    }
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => Some(list.tokens.clone()),
        Meta::NameValue(pair) => {
            errors.at(&pair.value, format!("`#[handles(...)]` takes a list in parentheses: {EXAMPLE}"));
            None
        }
        _ => {
            errors.at(attribute, format!("`#[handles(...)]` names no stream: {EXAMPLE}"));
            None
        }
    }
}

/// `#[handels(...)]`: rustc knows no such attribute, and says so by itself.
fn is_perhaps_misspelt(attribute: &Attribute) -> bool {
    attribute.path().get_ident().is_some_and(|name| name.to_string().starts_with("ha"))
}
