//! From an event of the enum to the handler's method for it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::borrowed;
use super::handler_trait::{borrowed_trait_name, trait_name};
use crate::model::{Stream, StreamEvent};
use crate::name;

pub(crate) fn expand(stream: &Stream<'_>, other_arm: Option<&TokenStream>) -> TokenStream {
    let (name, handler) = (stream.ident, trait_name(stream));
    let arms = stream.events.iter().map(|event| arm(name, &handler, event));
    let unknown = unknown(&handler);
    quote! {
        #[automatically_derived]
        impl<__H: #handler> ::cq_events::consume::DispatchTo<__H> for #name {
            async fn dispatch(
                self,
                handler: &__H,
                message: &::cq_events::event::Message,
            ) -> ::cq_events::consume::Handled {
                match self { #(#arms)* #other_arm }
            }

            #unknown
        }
    }
}

/// As [`expand`], with views for events.
pub(crate) fn expand_borrowed(stream: &Stream<'_>) -> TokenStream {
    let (name, view, handler) = (stream.ident, borrowed::enum_name(stream), borrowed_trait_name(stream));
    let arms = borrowed::views(stream).map(|(_, event, _)| arm(&view, &handler, event));
    let unknown = unknown(&handler);
    quote! {
        #[automatically_derived]
        impl<__H: #handler> ::cq_events::consume::DispatchBorrowedTo<__H> for #name {
            async fn dispatch_ref<'m>(
                event: #view<'m>,
                handler: &__H,
                message: &'m ::cq_events::event::Message,
            ) -> ::cq_events::consume::Handled {
                match event { #(#arms)* }
            }

            #unknown
        }
    }
}

fn arm(name: &Ident, handler: &Ident, event: &StreamEvent<'_>) -> TokenStream {
    let (variant, method) = (event.ident, name::handler_method(event.ident));
    quote!(#name::#variant(event) => <__H as #handler>::#method(handler, event, message).await,)
}

fn unknown(handler: &Ident) -> TokenStream {
    quote! {
        async fn dispatch_unknown(
            unknown: ::cq_events::event::Unknown,
            handler: &__H,
            message: &::cq_events::event::Message,
        ) -> ::cq_events::consume::Handled {
            <__H as #handler>::on_unknown(handler, unknown, message).await
        }
    }
}
