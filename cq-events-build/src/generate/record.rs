//! A record: a struct, its codec, and what makes it an event.

use proc_macro2::TokenStream;
use quote::quote;

use super::{builder, doc, field};
use crate::model::{EventModel, Module, RecordModel, TypeModel};
use crate::names;

pub(super) fn tokens(module: &Module, ty: &TypeModel, record: &RecordModel) -> TokenStream {
    let ident = names::ident(&ty.ident);
    let type_doc = doc(ty.doc.as_deref());
    let fields = record.fields.iter().map(|field| {
        let (ident, doc) = (names::ident(&field.ident), doc(field.doc.as_deref()));
        let ty = field::rust_type(module, &field.ty);
        quote!(#doc pub #ident: #ty)
    });
    let writes = record.fields.iter().map(|field| {
        let place = names::ident(&field.ident);
        field::encode(&field.ty, &quote!(self.#place), &format!("{}.{}", ty.ident, field.name))
    });
    let reads = record.fields.iter().map(|field| {
        let (ident, read) = (names::ident(&field.ident), field::decode(module, &field.ty));
        quote!(#ident: #read)
    });
    let min_bytes = record.min_bytes;
    let event = record.event.as_ref().map(|event| event_impl(ty, record, event));
    let builder = builder::tokens(module, ty, record);
    quote! {
        #type_doc
        #[derive(Clone, Debug, PartialEq)]
        pub struct #ident {
            #(#fields,)*
        }

        impl ::cq_events::codec::Encode for #ident {
            fn encode(&self, out: &mut ::cq_events::codec::Encoder<'_>) {
                #(#writes;)*
            }
        }

        impl ::cq_events::codec::Decode<'_> for #ident {
            const MIN_BYTES: ::core::primitive::usize = #min_bytes;

            fn decode(input: &mut ::cq_events::codec::Decoder<'_>) -> Self {
                Self { #(#reads,)* }
            }
        }

        #event
        #builder
    }
}

fn event_impl(ty: &TypeModel, record: &RecordModel, event: &EventModel) -> TokenStream {
    let ident = names::ident(&ty.ident);
    let (fullname, event_type) = (&record.fullname, &event.event_type);
    let none = quote!(::core::option::Option::None);
    let key = event.key.as_ref().map_or(none.clone(), |key| {
        let ident = names::ident(&key.ident);
        quote!(::cq_events::__private::KeyField::key(&self.#ident))
    });
    let field = |name: &Option<String>, read: fn(proc_macro2::Ident) -> TokenStream| {
        name.as_deref().map_or(none.clone(), |name| read(names::ident(name)))
    };
    let event_id = field(&event.event_id, |ident| quote!(::core::option::Option::Some(self.#ident)));
    let occurred_at = field(&event.occurred_at, |ident| quote!(::core::option::Option::Some(self.#ident)));
    let correlation_id =
        field(&event.correlation_id, |ident| quote!(::core::option::Option::as_deref(&self.#ident)));
    let set = event.correlation_id.as_deref().map(|name| {
        let ident = names::ident(name);
        quote!(self.#ident = ::core::option::Option::Some(id);)
    });
    let id = if set.is_some() { quote!(id) } else { quote!(_) };
    quote! {
        impl ::cq_events::event::Event for #ident {
            fn fullname(&self) -> &'static ::core::primitive::str {
                #fullname
            }

            fn event_type(&self) -> &'static ::core::primitive::str {
                #event_type
            }

            fn key(&self) -> ::core::option::Option<::std::borrow::Cow<'_, [::core::primitive::u8]>> {
                #key
            }

            fn event_id(&self) -> ::core::option::Option<::cq_events::__private::uuid::Uuid> {
                #event_id
            }

            fn occurred_at(&self) -> ::core::option::Option<::cq_events::__private::jiff::Timestamp> {
                #occurred_at
            }

            fn correlation_id(&self) -> ::core::option::Option<&::core::primitive::str> {
                #correlation_id
            }

            fn set_correlation_id(&mut self, #id: ::std::string::String) {
                #set
            }
        }
    }
}
