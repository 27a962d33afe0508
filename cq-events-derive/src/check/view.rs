//! The rules of `#[view(...)]`, which names the borrowed view of a variant's record.

use syn::{Attribute, DataEnum, DeriveInput, Meta, Path, PathArguments, Variant};

use crate::errors::Errors;

fn is_view(attribute: &Attribute) -> bool {
    attribute.path().is_ident("view")
}

/// `#[veiw(...)]`: rustc knows no such attribute, and says so by itself.
fn is_perhaps_misspelt(attribute: &Attribute) -> bool {
    attribute.path().get_ident().is_some_and(|name| name.to_string().starts_with('v'))
}

/// The view of the variant's record, where the variant names one as it should.
pub(super) fn of(variant: &Variant, errors: &mut Errors) -> Option<Path> {
    let fix = format!("name the view of `{0}`, such as `#[view({0}Ref)]`", variant.ident);
    let mut attributes = variant.attrs.iter().filter(|attribute| is_view(attribute));
    let attribute = attributes.next()?;
    for another in attributes {
        errors.at(another, "a second `#[view(...)]`: an event has one view; remove it");
    }
    let list = match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => list,
        Meta::NameValue(pair) => {
            errors.at(&pair.value, format!("`#[view(...)]` takes a path in parentheses: {fix}"));
            return None;
        }
        _ => {
            errors.at(attribute, format!("`#[view(...)]` without a path: {fix}"));
            return None;
        }
    };
    let path = syn::parse2(list.tokens.clone()).ok().filter(has_no_arguments);
    if path.is_none() {
        errors.at(&list.tokens, format!("not the path of a type, without its lifetime: {fix}"));
    }
    path
}

fn has_no_arguments(path: &Path) -> bool {
    path.segments.iter().all(|segment| matches!(segment.arguments, PathArguments::None))
}

pub(super) fn stands_on_variants_only(input: &DeriveInput, data: &DataEnum, errors: &mut Errors) {
    let fields = data.variants.iter().flat_map(|variant| &variant.fields).flat_map(|field| &field.attrs);
    for attribute in input.attrs.iter().chain(fields).filter(|attribute| is_view(attribute)) {
        errors.at(attribute, "`#[view(...)]` belongs on a variant, above the event's name");
    }
}

/// The view of a stream is an enum over those of its events, so there is none of a part of them.
pub(super) fn is_there_for_all_or_none(data: &DataEnum, errors: &mut Errors) {
    if !data.variants.iter().any(|variant| variant.attrs.iter().any(is_view)) {
        return;
    }
    for variant in &data.variants {
        if !variant.attrs.iter().any(|attribute| is_view(attribute) || is_perhaps_misspelt(attribute)) {
            let ident = &variant.ident;
            errors
                .at(ident, format!("no `#[view(...)]`, which other events have: add `#[view({ident}Ref)]`"));
        }
    }
}
