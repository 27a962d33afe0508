//! `Debug` of a record with personal data, which it does not show.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::field::Form;
use crate::model::RecordModel;
use crate::names;

/// Whether nothing is to be hidden, so that the derived `Debug` will do.
pub(super) fn is_derived(record: &RecordModel) -> bool {
    !record.fields.iter().any(|field| field.is_hidden)
}

/// `Debug` where it is not derived.
pub(super) fn tokens(ident: &Ident, record: &RecordModel, form: Form) -> Option<TokenStream> {
    if is_derived(record) {
        return None;
    }
    let fields = record.fields.iter().map(|field| {
        let (place, name) = (names::ident(&field.ident), field.ident.trim_start_matches("r#"));
        let value = match field.is_hidden {
            true => quote!(&::cq_events::__private::Hidden),
            false => quote!(&self.#place),
        };
        quote!(.field(#name, #value))
    });
    let lifetime = (form == Form::View).then(|| quote!(<'_>));
    let name = ident.to_string();
    Some(quote! {
        impl ::core::fmt::Debug for #ident #lifetime {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name)#(#fields)*.finish()
            }
        }
    })
}
