//! The stream's producer, through a macro of the runtime: a `cfg` in what is emitted here would look at the
//! features of the user's crate, and not at those of the runtime.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::Stream;
use crate::name;

pub(crate) fn expand(stream: &Stream<'_>) -> TokenStream {
    let (name, visibility) = (stream.ident, stream.visibility);
    let producer = format_ident!("{}Producer", name);
    let summary = format!(" Publishes the events of [`{name}`]: one method per event. Cheap to clone.");
    let methods = stream.events.iter().map(|event| {
        let (record, docs, method) = (event.record, &event.docs, name::publish_method(event.ident));
        let summary = format!("Publishes [`{}`] and awaits the broker's acknowledgement.", event.ident);
        let blank = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
        quote! {
            #[doc = #summary]
            #blank
            #(#docs)*
            fn #method(#record);
        }
    });
    quote! {
        ::cq_events::__producer! {
            #[doc = #summary]
            #visibility struct #producer for #name {
                #(#methods)*
            }
        }
    }
}
