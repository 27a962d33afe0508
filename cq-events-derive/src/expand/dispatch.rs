//! From an event of the enum to the handler's method for it.

use proc_macro2::TokenStream;
use quote::quote;

use super::handler_trait::trait_name;
use crate::model::Stream;
use crate::name;

pub(crate) fn expand(stream: &Stream<'_>, other_arm: Option<&TokenStream>) -> TokenStream {
    let (name, handler) = (stream.ident, trait_name(stream));
    let arms = stream.events.iter().map(|event| {
        let (variant, method) = (event.ident, name::handler_method(event.ident));
        quote!(Self::#variant(event) => <__H as #handler>::#method(handler, event, message).await,)
    });
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

            async fn dispatch_unknown(
                unknown: ::cq_events::event::Unknown,
                handler: &__H,
                message: &::cq_events::event::Message,
            ) -> ::cq_events::consume::Handled {
                <__H as #handler>::on_unknown(handler, unknown, message).await
            }
        }
    }
}
