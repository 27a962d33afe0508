//! The stream's handler traits: one required method per event. There are no default bodies, so that rustc itself
//! lists what is not handled, at the user's `impl` line.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::borrowed;
use crate::model::{Stream, StreamEvent};
use crate::name;

/// The name of the trait whose methods take owned events.
pub(crate) fn trait_name(stream: &Stream<'_>) -> Ident {
    format_ident!("{}Handler", stream.ident)
}

/// The name of the trait whose methods take views.
pub(crate) fn borrowed_trait_name(stream: &Stream<'_>) -> Ident {
    format_ident!("{}RefHandler", stream.ident)
}

pub(crate) fn expand(stream: &Stream<'_>) -> TokenStream {
    let methods = stream.events.iter().map(|event| {
        let record = event.record;
        method(event, None, &quote!(#record))
    });
    let name = stream.ident;
    let summary = format!(" Handles the events of [`{name}`]: one method per event, written as `async fn`.");
    handler_trait(stream, &trait_name(stream), &name.to_string(), &summary, methods)
}

/// As [`expand`], with views for events.
pub(crate) fn expand_borrowed(stream: &Stream<'_>) -> TokenStream {
    // The message's, of which the view is a part: a lifetime of the view alone could not be written with
    // `Viewed::View`, as `skip!` does.
    let lifetime = quote!('m);
    let methods =
        borrowed::views(stream).map(|(_, event, view)| method(event, Some(&lifetime), &quote!(#view<'m>)));
    let (name, view) = (stream.ident, borrowed::enum_name(stream));
    let summary = format!(
        " Handles the events of [`{name}`] where they lie in the message, as [`{view}`] does: one method per \
         event, written as `async fn`. What is to outlive the call is copied with `to_owned()`."
    );
    handler_trait(stream, &borrowed_trait_name(stream), &format!("borrowed {name}"), &summary, methods)
}

fn method(event: &StreamEvent<'_>, lifetime: Option<&TokenStream>, record: &TokenStream) -> TokenStream {
    let (docs, method) = (&event.docs, name::handler_method(event.ident));
    let summary = format!("Handles [`{}`].", event.ident);
    let blank = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
    quote! {
        #[doc = #summary]
        #blank
        #(#docs)*
        fn #method<#lifetime>(
            &self,
            event: #record,
            message: &#lifetime ::cq_events::event::Message,
        ) -> impl ::core::future::Future<Output = ::cq_events::consume::Handled> + ::core::marker::Send;
    }
}

fn handler_trait(
    stream: &Stream<'_>,
    handler: &Ident,
    handled: &str,
    summary: &str,
    methods: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let visibility = stream.visibility;
    let message = format!("`{{Self}}` does not handle the events of `{handled}`");
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
