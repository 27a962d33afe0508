//! The enum over the views of the stream's events: decoding, identity, and the way back to owned events.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Path;

use crate::model::{Stream, StreamEvent};

/// The name of the enum over the views.
pub(crate) fn enum_name(stream: &Stream<'_>) -> Ident {
    format_ident!("{}Ref", stream.ident)
}

/// The events that have a view, with their place among the variants.
pub(crate) fn views<'a>(
    stream: &'a Stream<'_>,
) -> impl Iterator<Item = (usize, &'a StreamEvent<'a>, &'a Path)> {
    let events = stream.events.iter().enumerate();
    events.filter_map(|(index, event)| Some((index, event, event.view.as_ref()?)))
}

pub(crate) fn expand(stream: &Stream<'_>) -> TokenStream {
    let (name, stream_view, visibility) = (stream.ident, enum_name(stream), stream.visibility);
    let summary = format!(
        " A view of a [`{name}`]: its strings and bytes point into the message that it was read from."
    );
    let variants = views(stream).map(|(_, event, view)| {
        let (variant, docs) = (event.ident, &event.docs);
        quote!(#(#docs)* #variant(#view<'a>),)
    });
    let owned = views(stream).map(|(_, event, view)| {
        let variant = event.ident;
        quote!(Self::#variant(event) => #name::#variant(<#view<'_>>::to_owned(event)),)
    });
    let forward = |call: TokenStream| {
        let variants = views(stream).map(|(_, event, _)| event.ident);
        quote!(match self { #(Self::#variants(event) => ::cq_events::event::EventView::#call,)* })
    };
    let (event_id, correlation_id) =
        (forward(quote!(event_id(event))), forward(quote!(correlation_id(event))));
    let decode = views(stream).map(|(index, event, view)| {
        let variant = event.ident;
        quote! {
            #index => ::core::option::Option::Some(
                #stream_view::#variant(<#view<'a> as ::cq_events::codec::Decode<'a>>::decode(input)),
            ),
        }
    });
    quote! {
        #[doc = #summary]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
        #visibility enum #stream_view<'a> {
            #(#variants)*
        }

        impl #stream_view<'_> {
            /// Copies the event out of the message.
            #[allow(dead_code)]
            #visibility fn to_owned(&self) -> #name {
                match self { #(#owned)* }
            }
        }

        #[automatically_derived]
        impl ::cq_events::codec::View<#name> for #stream_view<'_> {
            fn to_owned(&self) -> #name {
                self.to_owned()
            }
        }

        #[automatically_derived]
        impl ::cq_events::event::EventView for #stream_view<'_> {
            fn event_id(&self) -> ::core::option::Option<::cq_events::__private::uuid::Uuid> {
                #event_id
            }
            fn correlation_id(&self) -> ::core::option::Option<&::core::primitive::str> {
                #correlation_id
            }
        }

        #[automatically_derived]
        impl ::cq_events::event::BorrowedStream for #name {
            type Ref<'a> = #stream_view<'a>;

            fn decode_branch_ref<'a>(
                branch: ::core::primitive::usize,
                input: &mut ::cq_events::codec::Decoder<'a>,
            ) -> ::core::option::Option<#stream_view<'a>> {
                match branch {
                    #(#decode)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}
