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
    let (is_borrowed, events) = check::skipped(input, &mut errors);
    let methods = events.iter().filter_map(|path| {
        let method = name::handler_method(&path.segments.last()?.ident);
        // The event's place, so that a misspelt one is an error there.
        let place = path.span();
        let (lifetime, ty) = if is_borrowed {
            (Some(quote!('m)), quote_spanned!(place=> <#path as ::cq_events::event::Viewed>::View<'m>))
        } else {
            (None, quote!(#path))
        };
        Some(quote_spanned! {place=>
            async fn #method<#lifetime>(
                &self,
                _event: #ty,
                _message: &#lifetime ::cq_events::event::Message,
            ) -> ::cq_events::consume::Handled {
                ::core::result::Result::Ok(())
            }
        })
    });
    let errors = errors.into_compile_error();
    quote!(#errors #(#methods)*)
}
