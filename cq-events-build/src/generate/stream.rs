//! A stream: the enum over its events, and what the schemas say of it.

use proc_macro2::TokenStream;
use quote::quote;

use super::{doc, failures, field, json, registry};
use crate::config::Headers;
use crate::model::{Module, StreamModel};
use crate::names;

pub(super) fn tokens(module: &Module, stream: &StreamModel) -> TokenStream {
    let ident = names::ident(&stream.ident);
    let type_doc = format!(" An event of the stream `{}`.", stream.config.name);
    let variants = stream.events.iter().map(|event| {
        let (ident, doc) = (names::ident(&event.ident), doc(event.doc.as_deref()));
        let record = field::path(module, &event.record);
        let view = field::view_path(module, &event.record);
        let name = json::name(stream.config.serde, &event.fullname);
        quote!(#doc #name #[view(#view)] #ident(#record))
    });
    let events = stream.events.iter().map(|event| {
        let (fullname, event_type) = (&event.fullname, &event.event_type);
        let schema = event.schema.as_ref().map(|schema| quote!(.with_schema(#schema)));
        quote!(::cq_events::event::EventInfo::new(#fullname, #event_type)#schema)
    });
    let (name, topic, schema) = (&stream.config.name, &stream.config.topic, &stream.schema);
    let headers = match stream.config.headers {
        Headers::CloudEvents => quote!(CloudEvents),
        Headers::Type => quote!(Type),
        Headers::None => quote!(None),
    };
    let partitions = stream.config.partitions;
    let replication = match stream.config.replication {
        Some(factor) => quote!(::core::option::Option::Some(#factor)),
        None => quote!(::core::option::Option::None),
    };
    let registry = registry::tokens(&stream.config.registry);
    let failures = failures::tokens(&stream.config.failures);
    let json_derives = json::derives(stream.config.serde);
    let config = stream.config.config.iter().map(|(key, value)| quote!((#key, #value)));
    quote! {
        #[doc = #type_doc]
        #[derive(Clone, Debug, PartialEq, ::cq_events::EventStream)]
        #json_derives
        pub enum #ident {
            #(#variants,)*
        }

        impl ::cq_events::event::StreamSchema for #ident {
            const STREAM: &'static ::cq_events::event::StreamInfo = &::cq_events::event::StreamInfo::new(
                #name,
                #topic,
                #schema,
                &[#(#events),*],
                ::cq_events::event::HeaderPolicy::#headers,
                ::cq_events::event::TopicSpec::new(#partitions, #replication, &[#(#config),*]),
            )#registry #failures;
        }
    }
}
