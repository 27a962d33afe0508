//! A builder as plain code: one type parameter per required field, so that `build()` exists only once all are set.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::doc;
use super::field::{self, Form};
use crate::model::{
    DefaultValue, FieldModel, FieldType, Module, Presence, RecordModel, Role, Scalar, TypeModel,
};
use crate::names;

pub(super) fn tokens(module: &Module, ty: &TypeModel, record: &RecordModel) -> TokenStream {
    let parts = Parts::new(module, ty, record);
    let Parts { ident, builder, markers, required, .. } = &parts;
    let names: Vec<_> = required.iter().map(|field| names::ident(&field.ident)).collect();
    let missing: Vec<_> =
        names.iter().map(|name| quote!(::cq_events::builder::Missing<#markers::#name>)).collect();
    let params = parts.params(None);
    let fields = record.fields.iter().map(|field| parts.field(field));
    let initial = record.fields.iter().map(|field| parts.initial(field));
    let setters = record.fields.iter().map(|field| match field.presence {
        Presence::Required => parts.required_setter(field),
        _ => parts.optional_setters(field),
    });
    let build = parts.build();
    let struct_doc =
        format!(" Builds a [`{}`]. Required fields must be set before `build()` compiles.", ty.ident);
    let start_doc = " A builder: fields with a default or a role may be left out.";
    let marker_mod = (!names.is_empty()).then(|| {
        quote! {
            #[doc(hidden)]
            pub mod #markers {
                #(pub enum #names {})*
            }
        }
    });
    quote! {
        impl #ident {
            #[doc = #start_doc]
            pub fn builder() -> #builder<#(#missing),*> {
                #builder { #(#initial,)* }
            }
        }

        #[doc = #struct_doc]
        #[must_use = "a builder does nothing until `build()`"]
        pub struct #builder<#(#params),*> {
            #(#fields,)*
        }

        #marker_mod

        impl<#(#params),*> #builder<#(#params),*> {
            #(#setters)*
            #build
        }
    }
}

struct Parts<'a> {
    module: &'a Module,
    record: &'a RecordModel,
    ident: Ident,
    builder: Ident,
    markers: Ident,
    required: Vec<&'a FieldModel>,
}

impl<'a> Parts<'a> {
    fn new(module: &'a Module, ty: &TypeModel, record: &'a RecordModel) -> Self {
        let required = record.fields.iter().filter(|field| matches!(field.presence, Presence::Required));
        Self {
            module,
            record,
            ident: names::ident(&ty.ident),
            builder: names::ident(&record.builder),
            // In the name of a type, no lower case letter follows an underscore.
            markers: format_ident!("{}_fields", record.builder),
            required: required.collect(),
        }
    }

    /// The type parameter of a required field. No type has a name that begins with a lower case letter.
    fn param(&self, field: &FieldModel) -> Option<Ident> {
        let index = self.required.iter().position(|other| other.name == field.name)?;
        Some(format_ident!("f_{index}"))
    }

    /// All type parameters, with the one of a field replaced.
    fn params(&self, replaced: Option<(&FieldModel, TokenStream)>) -> Vec<TokenStream> {
        let params = self.required.iter().enumerate().map(|(index, field)| match &replaced {
            Some((other, tokens)) if other.name == field.name => tokens.clone(),
            _ => {
                let param = format_ident!("f_{index}");
                quote!(#param)
            }
        });
        params.collect()
    }

    fn field(&self, field: &FieldModel) -> TokenStream {
        let (ident, ty) = (names::ident(&field.ident), field::owned_type(self.module, &field.ty));
        match &field.presence {
            Presence::Required => {
                let param = self.param(field);
                quote!(#ident: #param)
            }
            Presence::Default(_) => quote!(#ident: #ty),
            Presence::Role(_) => quote!(#ident: ::core::option::Option<#ty>),
        }
    }

    fn initial(&self, field: &FieldModel) -> TokenStream {
        let ident = names::ident(&field.ident);
        match &field.presence {
            Presence::Required => quote!(#ident: ::cq_events::builder::Missing::new()),
            Presence::Default(value) => {
                let value = self.default(&field.ty, value);
                quote!(#ident: #value)
            }
            Presence::Role(_) => quote!(#ident: ::core::option::Option::None),
        }
    }

    /// The name of a field's setter, which must not be that of `build()`.
    fn setter(field: &FieldModel) -> Ident {
        names::ident(if field.ident == "build" { "build_" } else { &field.ident })
    }

    /// The setter of a required field gives a builder in which it is set. Setting it once more does not compile.
    fn required_setter(&self, field: &FieldModel) -> TokenStream {
        let Self { builder, .. } = self;
        let (ident, setter) = (names::ident(&field.ident), Self::setter(field));
        let doc = doc(field.doc.as_deref());
        let ty = field::owned_type(self.module, &field.ty);
        let param = self.param(field);
        let after = self.params(Some((field, quote!(::cq_events::builder::Set<#ty>))));
        let (argument, value) = self.argument(&field.ty);
        let moved = self.record.fields.iter().filter(|other| other.name != field.name);
        let moved = moved.map(|other| names::ident(&other.ident));
        quote! {
            #doc
            pub fn #setter(self, value: #argument) -> #builder<#(#after),*>
            where
                #param: ::cq_events::builder::Unset,
            {
                #builder {
                    #ident: ::cq_events::builder::Set(#value),
                    #(#moved: self.#moved,)*
                }
            }
        }
    }

    /// The setters of a field that may be left out.
    fn optional_setters(&self, field: &FieldModel) -> TokenStream {
        let (ident, setter) = (names::ident(&field.ident), Self::setter(field));
        let doc = doc(field.doc.as_deref());
        let is_nullable =
            matches!(field.ty, FieldType::Optional { .. } | FieldType::Union { null: Some(_), .. });
        let (argument, mut value) = match &field.ty {
            FieldType::Optional { inner, .. } => self.argument(inner),
            FieldType::Union { ty, .. } => into(&field::path(self.module, ty)),
            ty => self.argument(ty),
        };
        if is_nullable || matches!(field.presence, Presence::Role(_)) {
            value = quote!(::core::option::Option::Some(#value));
        }
        let name = format_ident!("maybe_{}", field.ident.trim_start_matches("r#"));
        let is_free = self.record.fields.iter().all(|other| name != other.ident);
        let maybe = (is_nullable && is_free).then(|| {
            let doc = format!(" Sets `{}`, or leaves it null.", field.name);
            let ty = field::owned_type(self.module, &field.ty);
            quote! {
                #[doc = #doc]
                pub fn #name(mut self, value: #ty) -> Self {
                    self.#ident = value;
                    self
                }
            }
        });
        quote! {
            #doc
            pub fn #setter(mut self, value: #argument) -> Self {
                self.#ident = #value;
                self
            }

            #maybe
        }
    }

    /// The type of a setter's argument, and the value that it gives.
    fn argument(&self, ty: &FieldType) -> (TokenStream, TokenStream) {
        let rust = field::owned_type(self.module, ty);
        match ty {
            FieldType::Scalar(Scalar::String | Scalar::Bytes | Scalar::Fixed(_) | Scalar::Decimal(..))
            | FieldType::Record { is_boxed: true, .. }
            | FieldType::Union { null: None, .. }
            | FieldType::Array(_)
            | FieldType::Map(_) => into(&rust),
            FieldType::Single(inner) => self.argument(inner),
            _ => (rust, quote!(value)),
        }
    }

    fn build(&self) -> TokenStream {
        let Self { ident, .. } = self;
        let params = self.params(None);
        let bounds = self.required.iter().zip(&params).map(|(field, param)| {
            let ty = field::owned_type(self.module, &field.ty);
            quote!(#param: ::cq_events::builder::Given<#ty>)
        });
        let fields = self.record.fields.iter().map(|field| {
            let name = names::ident(&field.ident);
            let value = match &field.presence {
                Presence::Required => quote!(::cq_events::builder::Given::given(self.#name)),
                Presence::Default(_) => quote!(self.#name),
                Presence::Role(Role::EventId) => {
                    quote!(self.#name.unwrap_or_else(::cq_events::__private::uuid::Uuid::now_v7))
                }
                Presence::Role(_) => {
                    quote!(self.#name.unwrap_or_else(::cq_events::__private::jiff::Timestamp::now))
                }
            };
            let value = cut(&field.ty, value);
            quote!(#name: #value)
        });
        quote! {
            /// The value. Times are cut to the schema's unit, those in unions of several types only when written.
            pub fn build(self) -> #ident
            where
                // Bounds of the method and not of the block, so that the error names the missing field.
                #(#bounds,)*
            {
                #ident { #(#fields,)* }
            }
        }
    }

    fn default(&self, ty: &FieldType, value: &DefaultValue) -> TokenStream {
        match (value, ty) {
            (DefaultValue::Unit, _) => quote!(()),
            (DefaultValue::Null, _) => quote!(::core::option::Option::None),
            (DefaultValue::Boolean(value), _) => quote!(#value),
            (DefaultValue::Number(digits), ty) => number(ty, digits),
            (DefaultValue::String(text), _) => quote!(::std::string::String::from(#text)),
            (DefaultValue::Variant(variant), FieldType::Enum(ty)) => {
                let (path, variant) = (field::path(self.module, ty), names::ident(variant));
                quote!(#path::#variant)
            }
            (DefaultValue::Encoded(datum), ty) => {
                let (datum, read) = (Literal::byte_string(datum), field::decode(ty, Form::Owned));
                quote!(::cq_events::__private::default(#datum, |input| #read))
            }
            // An array or map without elements.
            _ => quote!(::core::default::Default::default()),
        }
    }
}

/// An argument of any type that becomes `rust`.
fn into(rust: &TokenStream) -> (TokenStream, TokenStream) {
    (quote!(impl ::core::convert::Into<#rust>), quote!(value.into()))
}

fn number(ty: &FieldType, digits: &str) -> TokenStream {
    let literal = match ty {
        FieldType::Scalar(Scalar::Int) => digits.parse().map(|value: i32| quote!(#value)).ok(),
        FieldType::Scalar(Scalar::Long) => digits.parse().map(|value: i64| quote!(#value)).ok(),
        FieldType::Scalar(Scalar::Float) => digits.parse().map(|value: f32| quote!(#value)).ok(),
        _ => digits.parse().map(|value: f64| quote!(#value)).ok(),
    };
    literal.unwrap_or_else(|| quote!(::core::default::Default::default()))
}

/// Cuts times to the unit of the schema, so that an event equals itself after a round trip.
fn cut(ty: &FieldType, value: TokenStream) -> TokenStream {
    match ty {
        FieldType::Optional { inner, .. } | FieldType::Single(inner) => cut(inner, value),
        FieldType::Array(inner) | FieldType::Map(inner) => cut(inner, value),
        FieldType::Scalar(Scalar::TimeMillis | Scalar::TimestampMillis | Scalar::LocalTimestampMillis) => {
            quote!(::cq_events::__private::cut_to_millis(#value))
        }
        FieldType::Scalar(Scalar::TimeMicros | Scalar::TimestampMicros | Scalar::LocalTimestampMicros) => {
            quote!(::cq_events::__private::cut_to_micros(#value))
        }
        _ => value,
    }
}
