//! A record: a struct, its codec, and what makes it an event.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::field::Form;
use super::{builder, debug, doc, field, json, view};
use crate::model::{EventModel, Module, Parts, RecordModel, TypeModel};
use crate::names;

pub(super) fn tokens(module: &Module, ty: &TypeModel, record: &RecordModel) -> TokenStream {
    let ident = names::ident(&ty.ident);
    let type_doc = doc(ty.doc.as_deref());
    let fields = record.fields.iter().map(|field| {
        let (ident, doc) = (names::ident(&field.ident), doc(field.doc.as_deref()));
        let (name, form) = (json::name(ty.has_serde, &field.name), json::form(ty.has_serde));
        let ty = field::owned_type(module, &field.ty);
        quote!(#doc #name #form pub #ident: #ty)
    });
    let derives = derives(record.parts, debug::is_derived(record));
    let (json_derives, json_part) = (json::derives(ty.has_serde), json::part(ty, &ident));
    let debug = debug::tokens(&ident, record, Form::Owned);
    let writes = writes(ty, record);
    let reads = reads(record, Form::Owned, None);
    let event = record.event.as_ref().map(|event| event_impl(ty, record, event));
    let builder = builder::tokens(module, ty, record);
    let view = view::of_record(module, ty, record);
    quote! {
        #type_doc
        #derives
        #json_derives
        pub struct #ident {
            #(#fields,)*
        }

        #debug

        impl ::cq_events::codec::Encode for #ident {
            fn encode(&self, out: &mut ::cq_events::codec::Encoder<'_>) {
                #writes
            }
        }

        impl ::cq_events::codec::Decode<'_> for #ident {
            fn decode(input: &mut ::cq_events::codec::Decoder<'_>) -> Self {
                #reads
            }
        }

        #json_part
        #event
        #builder
        #view
    }
}

/// What a type derives. A type with floats has no total equality.
pub(super) fn derives(parts: Parts, has_debug: bool) -> TokenStream {
    let debug = has_debug.then(|| quote!(Debug,));
    let total = (!parts.has_floats).then(|| quote!(, Eq, Hash));
    quote!(#[derive(Clone, #debug PartialEq #total)])
}

fn writes(ty: &TypeModel, record: &RecordModel) -> TokenStream {
    let label = ty.ident.trim_start_matches("r#");
    let writes = record.fields.iter().map(|field| {
        let place = names::ident(&field.ident);
        field::encode(&field.ty, &quote!(self.#place), &format!("{label}.{}", field.name))
    });
    if !record.is_recursive {
        return quote!(#(#writes;)*);
    }
    quote! {
        if out.enter(#label) {
            #(#writes;)*
            out.leave();
        }
    }
}

/// The expression that reads a record; `rest` are fields that are not of the schema.
pub(super) fn reads(record: &RecordModel, form: Form, rest: Option<TokenStream>) -> TokenStream {
    let reads = record.fields.iter().map(|field| {
        let (ident, read) = (names::ident(&field.ident), field::decode(&field.ty, form));
        quote!(#ident: #read)
    });
    if !record.is_recursive {
        return quote!(Self { #(#reads,)* #rest });
    }
    quote! {
        input.enter();
        let value = Self { #(#reads,)* #rest };
        input.leave();
        value
    }
}

/// What a field with a role gives, if there is one.
pub(super) fn role(name: Option<&String>, read: impl FnOnce(Ident) -> TokenStream) -> TokenStream {
    name.map_or_else(|| quote!(::core::option::Option::None), |name| read(names::ident(name)))
}

fn event_impl(ty: &TypeModel, record: &RecordModel, event: &EventModel) -> TokenStream {
    let ident = names::ident(&ty.ident);
    let (fullname, event_type) = (&record.fullname, &event.event_type);
    let key = role(
        event.key.as_ref().map(|key| &key.ident),
        |ident| quote!(::cq_events::__private::KeyField::key(&self.#ident)),
    );
    let some = |ident| quote!(::core::option::Option::Some(self.#ident));
    let event_id = role(event.event_id.as_ref(), some);
    let occurred_at = role(event.occurred_at.as_ref(), some);
    let correlation_id =
        role(event.correlation_id.as_ref(), |ident| quote!(::core::option::Option::as_deref(&self.#ident)));
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
