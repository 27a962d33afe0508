//! Avro names -> Rust names, in one place.

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

/// The name of an event for people: `InspectionCreated` becomes `INSPECTION_CREATED`.
pub(crate) fn event_type(name: &str) -> String {
    name.to_shouty_snake_case()
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
        && syn::parse_str::<syn::Ident>(name).is_ok()
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
    if syn::parse_str::<syn::Ident>(name).is_ok() {
        name.to_owned()
    } else if matches!(name, "self" | "Self" | "super" | "crate" | "_") {
        format!("{name}_")
    } else {
        format!("r#{name}")
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
