//! Avro names -> Rust names, in one place.

use std::collections::BTreeSet;

use heck::{ToShoutySnakeCase as _, ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::{Ident, Span};

/// The identifier of a record, enum or variant: `DEFECT_FOUND` and `DefectFound` become `DefectFound`.
pub(crate) fn upper_camel(name: &str) -> String {
    // A leading underscore is the only thing that heck drops and that may tell two names apart.
    escape(&with_underscores(name, name.to_upper_camel_case()))
}

/// The identifier of a field or module.
pub(crate) fn snake(name: &str) -> String {
    escape(&with_underscores(name, name.to_snake_case()))
}

/// What follows `on_` and `publish_` in the methods of an event, as `#[derive(EventStream)]` makes it from the variant.
pub(crate) fn method(name: &str) -> String {
    upper_camel(name).trim_start_matches("r#").to_snake_case()
}

/// The name of an event for people: `InspectionCreated` becomes `INSPECTION_CREATED`.
pub(crate) fn event_type(name: &str) -> String {
    name.to_shouty_snake_case()
}

/// Different identifiers for names that may become the same one. A name that is its identifier already keeps it; of
/// the others the first does, and those after it get a number: `foo_bar` and `fooBar` become `foo_bar` and
/// `foo_bar_2`.
pub(crate) fn distinct<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    convert: fn(&str) -> String,
    separator: &str,
) -> Vec<String> {
    let exact: BTreeSet<&str> = names.clone().filter(|name| convert(name) == **name).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let converted = names.map(|name| {
        let plain = convert(name);
        let is_taken = |ident: &str| taken.contains(ident) || (exact.contains(ident) && ident != name);
        let ident = numbered(&plain, separator, |ident| !is_taken(ident));
        taken.insert(ident.clone());
        ident
    });
    converted.collect()
}

/// The first of `x`, `x2`, `x3` and so on that is free.
pub(crate) fn numbered(plain: &str, separator: &str, is_free: impl Fn(&str) -> bool) -> String {
    let mut ident = plain.to_owned();
    let bare = plain.trim_start_matches("r#");
    let mut number = 2_usize;
    while !is_free(&ident) {
        ident = format!("{bare}{separator}{number}");
        number += 1;
    }
    ident
}

/// An identifier from what the functions above return.
pub(crate) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// Whether `name` can be a module as it is.
pub(crate) fn is_module(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && escape(name) == name
}

fn with_underscores(name: &str, converted: String) -> String {
    let leading = name.len() - name.trim_start_matches('_').len();
    let converted = format!("{}{converted}", "_".repeat(leading));
    match converted.chars().find(|c| *c != '_') {
        // Digits alone, or nothing but underscores, are no identifier.
        None => format!("{converted}_"),
        Some(first) if leading == 0 && first.is_ascii_digit() => format!("_{converted}"),
        Some(_) => converted,
    }
}

/// Makes a keyword an identifier: `type` becomes `r#type`, and what cannot be raw gets an underscore.
fn escape(name: &str) -> String {
    if matches!(name, "self" | "Self" | "super" | "crate" | "_") {
        format!("{name}_")
    // Reserved since the edition 2024, which the parser does not know.
    } else if name == "gen" || syn::parse_str::<syn::Ident>(name).is_err() {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_rusts() {
        for (name, expected) in [
            ("DefectFound", "DefectFound"),
            ("DEFECT_FOUND", "DefectFound"),
            ("HTTPError", "HttpError"),
            ("_internal", "_Internal"),
            ("Self", "Self_"),
            ("a", "A"),
        ] {
            assert_eq!(upper_camel(name), expected);
        }
        for (name, expected) in [
            ("chipId", "chip_id"),
            ("type", "r#type"),
            ("self", "self_"),
            ("crate", "crate_"),
            ("gen", "r#gen"),
            ("_", "__"),
            ("__x", "__x"),
        ] {
            assert_eq!(snake(name), expected);
        }
        assert_eq!(event_type("InspectionCreated"), "INSPECTION_CREATED");
    }

    #[test]
    fn every_name_that_avro_allows_becomes_an_identifier() {
        for name in ["_1", "__", "async", "Async", "TYPE", "x9", "_self", "dyn", "gen", "yield"] {
            for converted in [upper_camel(name), snake(name)] {
                assert_eq!(ident(&converted).to_string(), converted, "{name}");
            }
        }
    }

    #[test]
    fn modules_are_plain_lower_case_words() {
        assert!(is_module("quality_2"));
        for bad in ["", "Quality", "2x", "mod", "a-b", "self"] {
            assert!(!is_module(bad), "{bad}");
        }
    }
}
