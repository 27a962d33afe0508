//! Rust types of fields, and the calls that write and read them.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{FieldType, Module, TypeRef};
use crate::names;

/// The path of a named type, seen from `module`.
pub(super) fn path(module: &Module, ty: &TypeRef) -> TokenStream {
    let ident = names::ident(&ty.ident);
    if ty.module == module.name {
        quote!(#ident)
    } else {
        let home = names::ident(&ty.module);
        quote!(super::#home::#ident)
    }
}

/// The Rust type.
pub(super) fn rust_type(module: &Module, ty: &FieldType) -> TokenStream {
    match ty {
        FieldType::Boolean => quote!(::core::primitive::bool),
        FieldType::Int => quote!(::core::primitive::i32),
        FieldType::Long => quote!(::core::primitive::i64),
        FieldType::Float => quote!(::core::primitive::f32),
        FieldType::Double => quote!(::core::primitive::f64),
        FieldType::Bytes => quote!(::std::vec::Vec<::core::primitive::u8>),
        FieldType::String => quote!(::std::string::String),
        FieldType::Uuid => quote!(::cq_events::__private::uuid::Uuid),
        FieldType::Decimal { .. } => quote!(::cq_events::__private::rust_decimal::Decimal),
        FieldType::Date => quote!(::cq_events::__private::jiff::civil::Date),
        FieldType::TimestampMillis | FieldType::TimestampMicros => {
            quote!(::cq_events::__private::jiff::Timestamp)
        }
        FieldType::Optional { inner, .. } => {
            let inner = rust_type(module, inner);
            quote!(::core::option::Option<#inner>)
        }
        FieldType::Array(inner) => {
            let inner = rust_type(module, inner);
            quote!(::std::vec::Vec<#inner>)
        }
        FieldType::Map(inner) => {
            let inner = rust_type(module, inner);
            quote!(::std::collections::BTreeMap<::std::string::String, #inner>)
        }
        FieldType::Enum(ty) | FieldType::Record(ty, _) => path(module, ty),
    }
}

/// The call that writes the value at `place`; `label` names the field in errors.
pub(super) fn encode(ty: &FieldType, place: &TokenStream, label: &str) -> TokenStream {
    let element = |inner: &FieldType| encode(inner, &quote!(*value), label);
    match ty {
        FieldType::Boolean => quote!(out.boolean(#place)),
        FieldType::Int => quote!(out.int(#place)),
        FieldType::Long => quote!(out.long(#place)),
        FieldType::Float => quote!(out.float(#place)),
        FieldType::Double => quote!(out.double(#place)),
        FieldType::Bytes => quote!(out.bytes(&#place)),
        FieldType::String => quote!(out.string(&#place)),
        FieldType::Uuid => quote!(out.uuid(#place)),
        FieldType::Decimal { precision, scale } => quote!(out.decimal(#place, #precision, #scale, #label)),
        FieldType::Date => quote!(out.date(#place)),
        FieldType::TimestampMillis => quote!(out.timestamp_millis(#place)),
        FieldType::TimestampMicros => quote!(out.timestamp_micros(#place)),
        FieldType::Optional { null, inner } => {
            let inner = element(inner);
            quote!(out.optional(#null, ::core::option::Option::as_ref(&#place), |out, value| #inner))
        }
        FieldType::Array(inner) => {
            let inner = element(inner);
            quote!(out.array(&#place, |out, value| #inner))
        }
        FieldType::Map(inner) => {
            let inner = element(inner);
            quote!(out.map(&#place, |out, value| #inner))
        }
        FieldType::Enum(_) | FieldType::Record(..) => {
            quote!(::cq_events::codec::Encode::encode(&#place, out))
        }
    }
}

/// The call that reads a value.
pub(super) fn decode(module: &Module, ty: &FieldType) -> TokenStream {
    match ty {
        FieldType::Boolean => quote!(input.boolean()),
        FieldType::Int => quote!(input.int()),
        FieldType::Long => quote!(input.long()),
        FieldType::Float => quote!(input.float()),
        FieldType::Double => quote!(input.double()),
        FieldType::Bytes => quote!(input.bytes()),
        FieldType::String => quote!(input.string()),
        FieldType::Uuid => quote!(input.uuid()),
        FieldType::Decimal { precision, scale } => quote!(input.decimal(#precision, #scale)),
        FieldType::Date => quote!(input.date()),
        FieldType::TimestampMillis => quote!(input.timestamp_millis()),
        FieldType::TimestampMicros => quote!(input.timestamp_micros()),
        FieldType::Optional { null, inner } => {
            let inner = decode(module, inner);
            quote!(input.optional(#null, |input| #inner))
        }
        FieldType::Array(inner) => {
            let (min_bytes, inner) = (min_bytes(module, inner), decode(module, inner));
            quote!(input.array(#min_bytes, |input| #inner))
        }
        FieldType::Map(inner) => {
            let (min_bytes, inner) = (min_bytes(module, inner), decode(module, inner));
            quote!(input.map(#min_bytes, |input| #inner))
        }
        FieldType::Enum(_) | FieldType::Record(..) => quote!(::cq_events::codec::Decode::decode(input)),
    }
}

/// The fewest bytes of an element, which bound how many of them the rest of a message can hold.
fn min_bytes(module: &Module, ty: &FieldType) -> TokenStream {
    match ty {
        FieldType::Record(record, _) => {
            let path = path(module, record);
            quote!(<#path as ::cq_events::codec::Decode>::MIN_BYTES)
        }
        ty => {
            let bytes = ty.min_bytes();
            quote!(#bytes)
        }
    }
}
