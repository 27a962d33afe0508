//! The methods of events that are skipped by name.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::check;
use crate::errors::Errors;
use crate::name;

/// `skip!(...)`.
pub(crate) fn skip(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let events = check::skipped(input, &mut errors);
    let methods = events.iter().filter_map(|event| {
        let method = name::handler_method(&event.segments.last()?.ident);
        // The event's place, so that a misspelt one is an error there.
        Some(quote_spanned! {event.span()=>
            async fn #method(
                &self,
                _event: #event,
                _message: &::cq_events::event::Message,
            ) -> ::cq_events::consume::Handled {
                ::core::result::Result::Ok(())
            }
        })
    });
    let errors = errors.into_compile_error();
    quote!(#errors #(#methods)*)
}
