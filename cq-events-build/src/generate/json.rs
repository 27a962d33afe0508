//! JSON forms: serde's derives, which a stream asks for by `serde = true`. The forms themselves are the runtime's
//! (`cq_events::json`).

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::model::TypeModel;

/// What a type derives.
pub(super) fn derives(has_serde: bool) -> Option<TokenStream> {
    has_serde.then(|| {
        quote! {
            #[derive(::cq_events::__private::Serialize, ::cq_events::__private::Deserialize)]
            #[serde(crate = "::cq_events::__private::serde", deny_unknown_fields)]
        }
    })
}

/// What stands on a field or a variant: its name in JSON.
pub(super) fn name(has_serde: bool, name: &str) -> Option<TokenStream> {
    has_serde.then(|| quote!(#[serde(rename = #name)]))
}

/// What stands on a value: that its form is Avro's.
pub(super) fn form(has_serde: bool) -> Option<TokenStream> {
    has_serde.then(|| quote!(#[serde(with = "::cq_events::json")]))
}

/// Lets a type be part of others.
pub(super) fn part(ty: &TypeModel, ident: &Ident) -> Option<TokenStream> {
    ty.has_serde.then(|| quote!(::cq_events::__private::json_form!(#ident);))
}
