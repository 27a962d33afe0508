//! From the name of an event to the names of its methods.

use heck::ToSnakeCase;
use proc_macro2::Ident;
use quote::format_ident;
use syn::ext::IdentExt;

/// The event's name in snake case, without the `r#` of a raw identifier: what follows `on_` and `publish_`.
pub(crate) fn snake(event: &Ident) -> String {
    event.unraw().to_string().to_snake_case()
}

/// The method of a handler trait that takes the event. It stands where the event's name stands, so that an error
/// about it does too.
pub(crate) fn handler_method(event: &Ident) -> Ident {
    format_ident!("on_{}", snake(event), span = event.span())
}

/// The method of a producer that takes the event.
pub(crate) fn publish_method(event: &Ident) -> Ident {
    format_ident!("publish_{}", snake(event), span = event.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(event: &str) -> (String, String) {
        let event =
            syn::parse_str::<Ident>(event).or_else(|_| syn::parse_str(&format!("r#{event}"))).unwrap();
        (handler_method(&event).to_string(), publish_method(&event).to_string())
    }

    #[test]
    fn methods_are_named_in_snake_case() {
        assert_eq!(
            methods("InspectionCreated"),
            ("on_inspection_created".into(), "publish_inspection_created".into())
        );
        assert_eq!(methods("HTTPFailed").0, "on_http_failed");
        assert_eq!(methods("Step2Done").0, "on_step2_done");
    }

    #[test]
    fn a_raw_identifier_loses_its_prefix() {
        assert_eq!(methods("r#Type").0, "on_type");
        assert_eq!(methods("r#match").1, "publish_match");
    }
}
