//! How a stream's schemas stand in a schema registry, where `streams.toml` says something of it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::config::{Registration, Registry, SubjectStrategy};
use crate::names;

/// The calls that set what is set.
pub(super) fn tokens(registry: &Registry) -> TokenStream {
    let subjects = match registry.subjects {
        SubjectStrategy::Topic => None,
        SubjectStrategy::Record => Some(quote!(Record)),
        SubjectStrategy::TopicRecord => Some(quote!(TopicRecord)),
    };
    let subjects =
        subjects.map(|strategy| quote!(.with_subjects(::cq_events::registry::SubjectStrategy::#strategy)));
    let level = registry.compatibility.map(|level| {
        let level = names::ident(&names::upper_camel(level.name()));
        quote!(.with_compatibility(::cq_events::registry::Level::#level))
    });
    let registration = registry.registration.map(|registration| {
        let registration = match registration {
            Registration::IfAbsent => quote!(IfAbsent),
            Registration::Exact => quote!(Exact),
            Registration::Latest => quote!(Latest),
        };
        quote!(.with_registration(::cq_events::registry::Registration::#registration))
    });
    quote!(#subjects #level #registration)
}
