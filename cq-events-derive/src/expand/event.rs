//! The enum as an event: encoding, identity, decoding, and conversion from each record.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Stream;

pub(crate) fn expand(stream: &Stream<'_>, other_arm: Option<&TokenStream>) -> TokenStream {
    let encode = encode(stream, other_arm);
    let event = event(stream, other_arm);
    let event_stream = event_stream(stream, other_arm);
    let from = from(stream);
    quote!(#encode #event #event_stream #from)
}

fn encode(stream: &Stream<'_>, other_arm: Option<&TokenStream>) -> TokenStream {
    let name = stream.ident;
    let arms = stream.events.iter().enumerate().map(|(index, event)| {
        let variant = event.ident;
        quote! {
            Self::#variant(event) => {
                out.branch(#index);
                ::cq_events::codec::Encode::encode(event, out);
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl ::cq_events::codec::Encode for #name {
            fn encode(&self, out: &mut ::cq_events::codec::Encoder<'_>) {
                match self { #(#arms)* #other_arm }
            }
        }
    }
}

fn event(stream: &Stream<'_>, other_arm: Option<&TokenStream>) -> TokenStream {
    let name = stream.ident;
    let forward = |call: TokenStream| {
        let variants = stream.events.iter().map(|event| event.ident);
        quote!(match self { #(Self::#variants(event) => ::cq_events::event::Event::#call,)* #other_arm })
    };
    let fullname = forward(quote!(fullname(event)));
    let event_type = forward(quote!(event_type(event)));
    let key = forward(quote!(key(event)));
    let event_id = forward(quote!(event_id(event)));
    let occurred_at = forward(quote!(occurred_at(event)));
    let correlation_id = forward(quote!(correlation_id(event)));
    let set_correlation_id = forward(quote!(set_correlation_id(event, id)));
    quote! {
        #[automatically_derived]
        impl ::cq_events::event::Event for #name {
            fn fullname(&self) -> &'static str {
                #fullname
            }
            fn event_type(&self) -> &'static str {
                #event_type
            }
            fn key(&self) -> ::core::option::Option<::std::borrow::Cow<'_, [u8]>> {
                #key
            }
            fn event_id(&self) -> ::core::option::Option<::cq_events::__private::uuid::Uuid> {
                #event_id
            }
            fn occurred_at(&self) -> ::core::option::Option<::cq_events::__private::jiff::Timestamp> {
                #occurred_at
            }
            fn correlation_id(&self) -> ::core::option::Option<&str> {
                #correlation_id
            }
            fn set_correlation_id(&mut self, id: ::std::string::String) {
                #set_correlation_id
            }
        }
    }
}

fn event_stream(stream: &Stream<'_>, other_arm: Option<&TokenStream>) -> TokenStream {
    let name = stream.ident;
    let records = stream.events.iter().enumerate().map(|(index, event)| {
        let variant = event.ident;
        quote!(Self::#variant(event) => (#index, event),)
    });
    let arms = stream.events.iter().enumerate().map(|(index, event)| {
        let (variant, record) = (event.ident, event.record);
        quote! {
            #index => ::core::option::Option::Some(
                Self::#variant(<#record as ::cq_events::codec::Decode>::decode(input)),
            ),
        }
    });
    quote! {
        #[automatically_derived]
        impl ::cq_events::event::EventStream for #name {
            fn record(&self) -> (usize, &dyn ::cq_events::codec::Encode) {
                match self { #(#records)* #other_arm }
            }

            fn decode_branch(
                branch: usize,
                input: &mut ::cq_events::codec::Decoder<'_>,
            ) -> ::core::option::Option<Self> {
                match branch {
                    #(#arms)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}

fn from(stream: &Stream<'_>) -> TokenStream {
    let name = stream.ident;
    let impls = stream.events.iter().map(|event| {
        let (variant, record) = (event.ident, event.record);
        quote! {
            #[automatically_derived]
            impl ::core::convert::From<#record> for #name {
                fn from(event: #record) -> Self {
                    Self::#variant(event)
                }
            }
        }
    });
    quote!(#(#impls)*)
}
