//! A builder as plain code: one type parameter per required field, so that `build()` exists only once all are set.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::{doc, field};
use crate::model::{DefaultValue, FieldModel, FieldType, Module, Presence, RecordModel, Role, TypeModel};
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
    let required_setters = required.iter().map(|field| parts.required_setter(field));
    let left_out = record.fields.iter().filter(|field| !matches!(field.presence, Presence::Required));
    let optional_setters = left_out.map(|field| parts.optional_setters(field));
    let build = parts.build();
    let struct_doc =
        format!(" Builds a [`{}`]. Required fields must be set before `build()` compiles.", ty.ident);
    let start_doc = " A builder: fields with a default or a role may be left out.";
    let marker_mod = (!names.is_empty()).then(|| {
        quote! {
            #[doc(hidden)]
            #[allow(non_camel_case_types, non_snake_case)]
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
        #(#required_setters)*

        impl<#(#params),*> #builder<#(#params),*> {
            #(#optional_setters)*
        }

        #build
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
            builder: Ident::new(&format!("{}Builder", ty.ident.trim_start_matches("r#")), Span::call_site()),
            markers: Ident::new(&format!("{}_fields", ty.ident.trim_start_matches("r#")), Span::call_site()),
            required: required.collect(),
        }
    }

    /// The type parameter of a required field.
    fn param(&self, field: &FieldModel) -> Option<Ident> {
        let index = self.required.iter().position(|other| other.name == field.name)?;
        Some(format_ident!("F{index}"))
    }

    /// All type parameters, with the one of a field replaced.
    fn params(&self, replaced: Option<(&FieldModel, TokenStream)>) -> Vec<TokenStream> {
        let params = self.required.iter().enumerate().map(|(index, field)| match &replaced {
            Some((other, tokens)) if other.name == field.name => tokens.clone(),
            _ => {
                let param = format_ident!("F{index}");
                quote!(#param)
            }
        });
        params.collect()
    }

    fn field(&self, field: &FieldModel) -> TokenStream {
        let (ident, ty) = (names::ident(&field.ident), field::rust_type(self.module, &field.ty));
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

    /// The setter of a required field: it exists only while the field is missing, and gives a builder in which it
    /// is set.
    fn required_setter(&self, field: &FieldModel) -> TokenStream {
        let Self { builder, markers, .. } = self;
        let (ident, setter) = (names::ident(&field.ident), Self::setter(field));
        let doc = doc(field.doc.as_deref());
        let ty = field::rust_type(self.module, &field.ty);
        let before = self.params(Some((field, quote!(::cq_events::builder::Missing<#markers::#ident>))));
        let after = self.params(Some((field, quote!(::cq_events::builder::Set<#ty>))));
        let params = self.params(None);
        let others = params.iter().zip(&self.required).filter(|(_, other)| other.name != field.name);
        let free = others.map(|(param, _)| param);
        let (argument, value) = self.argument(&field.ty);
        let moved = self.record.fields.iter().filter(|other| other.name != field.name);
        let moved = moved.map(|other| names::ident(&other.ident));
        quote! {
            impl<#(#free),*> #builder<#(#before),*> {
                #doc
                pub fn #setter(self, value: #argument) -> #builder<#(#after),*> {
                    #builder {
                        #ident: ::cq_events::builder::Set(#value),
                        #(#moved: self.#moved,)*
                    }
                }
            }
        }
    }

    /// The setters of a field that may be left out.
    fn optional_setters(&self, field: &FieldModel) -> TokenStream {
        let (ident, setter) = (names::ident(&field.ident), Self::setter(field));
        let doc = doc(field.doc.as_deref());
        let (inner, is_nullable) = match &field.ty {
            FieldType::Optional { inner, .. } => (&**inner, true),
            ty => (ty, false),
        };
        let (argument, mut value) = self.argument(inner);
        if is_nullable || matches!(field.presence, Presence::Role(_)) {
            value = quote!(::core::option::Option::Some(#value));
        }
        let name = format_ident!("maybe_{}", field.ident.trim_start_matches("r#"));
        let is_free = self.record.fields.iter().all(|other| name != other.ident);
        let maybe = (is_nullable && is_free).then(|| {
            let doc = format!(" Sets `{}`, or leaves it null.", field.name);
            let ty = field::rust_type(self.module, &field.ty);
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
        let rust = field::rust_type(self.module, ty);
        match ty {
            FieldType::String
            | FieldType::Bytes
            | FieldType::Decimal { .. }
            | FieldType::Array(_)
            | FieldType::Map(_) => (quote!(impl ::core::convert::Into<#rust>), quote!(value.into())),
            _ => (rust, quote!(value)),
        }
    }

    fn build(&self) -> TokenStream {
        let Self { ident, builder, .. } = self;
        let params = self.params(None);
        let bounds = self.required.iter().zip(&params).map(|(field, param)| {
            let ty = field::rust_type(self.module, &field.ty);
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
            impl<#(#params),*> #builder<#(#params),*> {
                /// The value. Times are cut to the schema's unit.
                pub fn build(self) -> #ident
                where
                    // Bounds of the method and not of the block, so that the error names the missing field.
                    #(#bounds,)*
                {
                    #ident { #(#fields,)* }
                }
            }
        }
    }

    fn default(&self, ty: &FieldType, value: &DefaultValue) -> TokenStream {
        match (value, ty) {
            (DefaultValue::Null, _) => quote!(::core::option::Option::None),
            (DefaultValue::Some(value), FieldType::Optional { inner, .. }) => {
                let value = self.default(inner, value);
                quote!(::core::option::Option::Some(#value))
            }
            (DefaultValue::Boolean(value), _) => quote!(#value),
            (DefaultValue::Number(digits), ty) => number(ty, digits),
            (DefaultValue::String(text), _) => quote!(::std::string::String::from(#text)),
            (DefaultValue::Variant(ty, variant), _) => {
                let (path, variant) = (field::path(self.module, ty), names::ident(variant));
                quote!(#path::#variant)
            }
            (DefaultValue::Array(items), FieldType::Array(inner)) => {
                let items = items.iter().map(|item| self.default(inner, item));
                quote!(::std::vec::Vec::from([#(#items),*]))
            }
            (DefaultValue::Map(entries), FieldType::Map(inner)) => {
                let entries = entries.iter().map(|(key, value)| {
                    let value = self.default(inner, value);
                    quote!((::std::string::String::from(#key), #value))
                });
                quote!(::std::collections::BTreeMap::from([#(#entries),*]))
            }
            // The model gives a default of its field's type.
            _ => quote!(::core::default::Default::default()),
        }
    }
}

fn number(ty: &FieldType, digits: &str) -> TokenStream {
    let literal = match ty {
        FieldType::Int => digits.parse().map(|value: i32| quote!(#value)).ok(),
        FieldType::Long => digits.parse().map(|value: i64| quote!(#value)).ok(),
        FieldType::Float => digits.parse().map(|value: f32| quote!(#value)).ok(),
        _ => digits.parse().map(|value: f64| quote!(#value)).ok(),
    };
    literal.unwrap_or_else(|| quote!(::core::default::Default::default()))
}

/// Cuts a time to the unit of the schema, so that an event equals itself after a round trip.
fn cut(ty: &FieldType, value: TokenStream) -> TokenStream {
    let (ty, is_optional) = match ty {
        FieldType::Optional { inner, .. } => (&**inner, true),
        ty => (ty, false),
    };
    let cut = match ty {
        FieldType::TimestampMillis => quote!(::cq_events::__private::cut_to_millis),
        FieldType::TimestampMicros => quote!(::cq_events::__private::cut_to_micros),
        _ => return value,
    };
    if is_optional { quote!(#value.map(#cut)) } else { quote!(#cut(#value)) }
}
