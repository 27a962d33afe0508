//! Rust types of fields, and the calls that write and read them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{Base, FieldType, MOST_INLINE, Module, Scalar, TypeRef};
use crate::names;

/// Whether a type owns its parts, or points into the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Owned,
    View,
}

/// The path of a named type, seen from `module`.
pub(super) fn path(module: &Module, ty: &TypeRef) -> TokenStream {
    path_of(module, ty, &ty.ident)
}

/// The path of a named type's view, without its lifetime.
pub(super) fn view_path(module: &Module, ty: &TypeRef) -> TokenStream {
    path_of(module, ty, &ty.view)
}

fn path_of(module: &Module, ty: &TypeRef, ident: &str) -> TokenStream {
    let ident = names::ident(ident);
    if ty.module == module.name {
        quote!(#ident)
    } else {
        let home = names::ident(&ty.module);
        quote!(super::#home::#ident)
    }
}

/// The Rust type that owns its parts.
pub(super) fn owned_type(module: &Module, ty: &FieldType) -> TokenStream {
    rust_type(module, ty, Form::Owned)
}

/// The Rust type; a view has the lifetime `'a`.
pub(super) fn rust_type(module: &Module, ty: &FieldType, form: Form) -> TokenStream {
    let inside = |inner: &FieldType| rust_type(module, inner, form);
    let named = |ty: &TypeRef| match form {
        Form::View if ty.parts.borrows => {
            let path = view_path(module, ty);
            quote!(#path<'a>)
        }
        _ => path(module, ty),
    };
    match ty {
        FieldType::Null => quote!(()),
        FieldType::Scalar(scalar) => scalar_type(*scalar, form),
        FieldType::Enum(ty) => path(module, ty),
        FieldType::Record { ty, is_boxed: false } => named(ty),
        FieldType::Record { ty, is_boxed: true } => {
            let inner = named(ty);
            quote!(::std::boxed::Box<#inner>)
        }
        FieldType::Optional { inner, .. } => {
            let inner = inside(inner);
            quote!(::core::option::Option<#inner>)
        }
        FieldType::Single(inner) => inside(inner),
        FieldType::Union { null: None, ty } => named(ty),
        FieldType::Union { null: Some(_), ty } => {
            let inner = named(ty);
            quote!(::core::option::Option<#inner>)
        }
        FieldType::Array(inner) => {
            let inner = inside(inner);
            quote!(::std::vec::Vec<#inner>)
        }
        FieldType::Map(inner) => {
            let inner = inside(inner);
            match form {
                Form::Owned => quote!(::std::collections::BTreeMap<::std::string::String, #inner>),
                Form::View => quote!(::std::vec::Vec<(&'a ::core::primitive::str, #inner)>),
            }
        }
    }
}

fn scalar_type(scalar: Scalar, form: Form) -> TokenStream {
    match (scalar, form) {
        (Scalar::Boolean, _) => quote!(::core::primitive::bool),
        (Scalar::Int, _) => quote!(::core::primitive::i32),
        (Scalar::Long, _) => quote!(::core::primitive::i64),
        (Scalar::Float, _) => quote!(::core::primitive::f32),
        (Scalar::Double, _) => quote!(::core::primitive::f64),
        (Scalar::Bytes, Form::Owned) => quote!(::std::vec::Vec<::core::primitive::u8>),
        (Scalar::Bytes, Form::View) => quote!(&'a [::core::primitive::u8]),
        (Scalar::String, Form::Owned) => quote!(::std::string::String),
        (Scalar::String, Form::View) => quote!(&'a ::core::primitive::str),
        (Scalar::Fixed(size), Form::View) => quote!(&'a [::core::primitive::u8; #size]),
        (Scalar::Fixed(size), Form::Owned) if size <= MOST_INLINE => quote!([::core::primitive::u8; #size]),
        (Scalar::Fixed(size), Form::Owned) => quote!(::std::boxed::Box<[::core::primitive::u8; #size]>),
        (Scalar::Uuid(_), _) => quote!(::cq_events::__private::uuid::Uuid),
        (Scalar::Decimal(_, digits), _) if digits.are_wide() => quote!(::cq_events::codec::WideDecimal),
        (Scalar::Decimal(..), _) => quote!(::cq_events::__private::rust_decimal::Decimal),
        (Scalar::Date, _) => quote!(::cq_events::__private::jiff::civil::Date),
        (Scalar::TimeMillis | Scalar::TimeMicros, _) => quote!(::cq_events::__private::jiff::civil::Time),
        (Scalar::TimestampMillis | Scalar::TimestampMicros | Scalar::TimestampNanos, _) => {
            quote!(::cq_events::__private::jiff::Timestamp)
        }
        (Scalar::LocalTimestampMillis | Scalar::LocalTimestampMicros | Scalar::LocalTimestampNanos, _) => {
            quote!(::cq_events::__private::jiff::civil::DateTime)
        }
        (Scalar::Duration, _) => quote!(::cq_events::codec::Duration),
    }
}

/// The method of the encoder and of the decoder for an owned scalar.
fn method(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Boolean => "boolean",
        Scalar::Int => "int",
        Scalar::Long => "long",
        Scalar::Float => "float",
        Scalar::Double => "double",
        Scalar::Bytes => "bytes",
        Scalar::String => "string",
        Scalar::Fixed(_) => "fixed",
        Scalar::Uuid(Base::Sized) => "uuid",
        Scalar::Uuid(Base::Fixed(_)) => "uuid_fixed",
        Scalar::Decimal(base, digits) => match (base, digits.are_wide()) {
            (Base::Sized, false) => "decimal",
            (Base::Fixed(_), false) => "decimal_fixed",
            (Base::Sized, true) => "wide_decimal",
            (Base::Fixed(_), true) => "wide_decimal_fixed",
        },
        Scalar::Date => "date",
        Scalar::TimeMillis => "time_millis",
        Scalar::TimeMicros => "time_micros",
        Scalar::TimestampMillis => "timestamp_millis",
        Scalar::TimestampMicros => "timestamp_micros",
        Scalar::TimestampNanos => "timestamp_nanos",
        Scalar::LocalTimestampMillis => "local_timestamp_millis",
        Scalar::LocalTimestampMicros => "local_timestamp_micros",
        Scalar::LocalTimestampNanos => "local_timestamp_nanos",
        Scalar::Duration => "duration",
    }
}

/// The call that writes the value at `place`; `label` names the field in errors.
pub(super) fn encode(ty: &FieldType, place: &TokenStream, label: &str) -> TokenStream {
    let element = |inner: &FieldType| encode(inner, &quote!(*value), label);
    match ty {
        FieldType::Null => quote!({
            let () = #place;
        }),
        FieldType::Scalar(scalar) => encode_scalar(*scalar, place, label),
        FieldType::Optional { null, inner } => {
            let inner = element(inner);
            quote!(out.optional(#null, ::core::option::Option::as_ref(&#place), |out, value| #inner))
        }
        FieldType::Union { null: Some(null), .. } => quote!(out.nullable(#null, &#place)),
        FieldType::Single(inner) => {
            let inner = encode(inner, place, label);
            quote!({
                out.branch(0);
                #inner;
            })
        }
        FieldType::Array(inner) => {
            let inner = element(inner);
            quote!(out.array(&#place, |out, value| #inner))
        }
        FieldType::Map(inner) => {
            let inner = element(inner);
            quote!(out.map(&#place, |out, value| #inner))
        }
        FieldType::Enum(_) | FieldType::Record { .. } | FieldType::Union { null: None, .. } => {
            quote!(::cq_events::codec::Encode::encode(&#place, out))
        }
    }
}

fn encode_scalar(scalar: Scalar, place: &TokenStream, label: &str) -> TokenStream {
    let method = format_ident!("{}", method(scalar));
    match scalar {
        Scalar::Bytes | Scalar::String | Scalar::Fixed(_) => quote!(out.#method(&#place)),
        Scalar::Decimal(base, digits) => {
            let (precision, scale) = (digits.precision, digits.scale);
            let borrow = digits.are_wide().then(|| quote!(&));
            let size = match base {
                Base::Sized => None,
                Base::Fixed(size) => Some(quote!(#size,)),
            };
            quote!(out.#method(#borrow #place, #size #precision, #scale, #label))
        }
        Scalar::TimestampNanos | Scalar::LocalTimestampNanos => quote!(out.#method(#place, #label)),
        _ => quote!(out.#method(#place)),
    }
}

/// The call that reads a value.
pub(super) fn decode(ty: &FieldType, form: Form) -> TokenStream {
    match ty {
        FieldType::Null => quote!(()),
        FieldType::Scalar(scalar) => decode_scalar(*scalar, form),
        FieldType::Optional { null, inner } => {
            let inner = decode(inner, form);
            quote!(input.optional(#null, |input| #inner))
        }
        FieldType::Single(inner) => {
            let inner = decode(inner, form);
            quote!({
                input.branch(1);
                #inner
            })
        }
        FieldType::Union { null: None, .. } => quote!(input.union()),
        FieldType::Union { null: Some(null), .. } => quote!(input.nullable(#null)),
        FieldType::Array(inner) => {
            let (min_bytes, inner) = (inner.parts().min_bytes, decode(inner, form));
            quote!(input.array(#min_bytes, |input| #inner))
        }
        FieldType::Map(inner) => {
            let (min_bytes, inner) = (inner.parts().min_bytes, decode(inner, form));
            match form {
                Form::Owned => quote!(input.map(#min_bytes, |input| #inner)),
                Form::View => quote!(input.entries(#min_bytes, |input| #inner)),
            }
        }
        FieldType::Enum(_) | FieldType::Record { .. } => quote!(::cq_events::codec::Decode::decode(input)),
    }
}

fn decode_scalar(scalar: Scalar, form: Form) -> TokenStream {
    let method = match (scalar, form) {
        (Scalar::Bytes, Form::View) => "bytes_ref",
        (Scalar::String, Form::View) => "string_ref",
        (Scalar::Fixed(_), Form::View) => "fixed_ref",
        (Scalar::Fixed(size), Form::Owned) if size > MOST_INLINE => "fixed_boxed",
        _ => method(scalar),
    };
    let method = format_ident!("{method}");
    match scalar {
        Scalar::Decimal(base, digits) => {
            let (precision, scale) = (digits.precision, digits.scale);
            let size = match base {
                Base::Sized => None,
                Base::Fixed(size) => Some(quote!(#size,)),
            };
            quote!(input.#method(#size #precision, #scale))
        }
        _ => quote!(input.#method()),
    }
}
