//! The stream's handler trait: one required method per event. There are no default bodies, so that rustc itself
//! lists what is not handled, at the user's `impl` line.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::Stream;
use crate::name;

/// The name of the stream's handler trait.
pub(crate) fn trait_name(stream: &Stream<'_>) -> Ident {
    format_ident!("{}Handler", stream.ident)
}

pub(crate) fn expand(stream: &Stream<'_>) -> TokenStream {
    let (handler, visibility) = (trait_name(stream), stream.visibility);
    let stream_name = stream.ident.to_string();
    let methods = stream.events.iter().map(|event| {
        let (record, docs, method) = (event.record, &event.docs, name::handler_method(event.ident));
        let summary = format!("Handles [`{}`].", event.ident);
        let blank = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
        quote! {
            #[doc = #summary]
            #blank
            #(#docs)*
            fn #method(
                &self,
                event: #record,
                message: &::cq_events::event::Message,
            ) -> impl ::core::future::Future<Output = ::cq_events::consume::Handled> + ::core::marker::Send;
        }
    });
    let summary =
        format!(" Handles the events of [`{stream_name}`]: one method per event, written as `async fn`.");
    let message = format!("`{{Self}}` does not handle the events of `{stream_name}`");
    let label = format!("`{handler}` is not implemented for `{{Self}}`");
    let note = format!("write `impl {handler} for {{Self}} {{{{ ... }}}}` with one method per event");
    quote! {
        #[doc = #summary]
        #[doc = ""]
        #[doc = " No method has a default: an event that is added to the schema stops the build of every handler"]
        #[doc = " until it is handled, or skipped by name with `cq_events::skip!`."]
        #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
        #visibility trait #handler: ::core::marker::Send + ::core::marker::Sync {
            #(#methods)*
            /// Handles what is none of the stream's events: an event of a newer writer, or a tombstone.
            fn on_unknown(
                &self,
                unknown: ::cq_events::event::Unknown,
                message: &::cq_events::event::Message,
            ) -> impl ::core::future::Future<Output = ::cq_events::consume::Handled> + ::core::marker::Send;
        }
    }
}
