//! A union of several types: a Rust enum.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::field::{self, Form};
use super::{doc, json, record, view};
use crate::model::{FieldType, Module, Scalar, TypeModel, UnionModel, VariantModel};
use crate::names;

pub(super) fn tokens(module: &Module, ty: &TypeModel, union: &UnionModel) -> TokenStream {
    let (ident, type_doc) = (names::ident(&ty.ident), doc(ty.doc.as_deref()));
    let has_serde = ty.has_serde;
    let variants = union.variants.iter().map(|variant| {
        let (ident, ty) = (names::ident(&variant.ident), field::owned_type(module, &variant.ty));
        let doc = format!(" The type `{}`.", variant.label);
        let (name, form) = (json::name(has_serde, &variant.label), json::form(has_serde));
        quote!(#[doc = #doc] #name #ident(#form #ty))
    });
    let derives = record::derives(union.parts, true);
    let writes = union.variants.iter().map(|variant| {
        let (variant_ident, branch) = (names::ident(&variant.ident), variant.branch);
        let write = field::encode(&variant.ty, &quote!(*value), &format!("{}::{}", ty.ident, variant.ident));
        quote! {
            Self::#variant_ident(value) => {
                out.branch(#branch);
                #write;
            }
        }
    });
    let decode = decode(&quote!(#ident), union, Form::Owned);
    let (json_derives, json_part) = (json::derives(has_serde), json::part(ty, &ident));
    let conversions = conversions(module, ty, union);
    let view = view::of_union(module, ty, union);
    quote! {
        #type_doc
        #derives
        #json_derives
        pub enum #ident {
            #(#variants,)*
        }

        impl ::cq_events::codec::Encode for #ident {
            fn encode(&self, out: &mut ::cq_events::codec::Encoder<'_>) {
                match self {
                    #(#writes)*
                }
            }
        }

        #decode
        #json_part
        #conversions
        #view
    }
}

/// How a union, or its view, is read.
pub(super) fn decode(ty: &TokenStream, union: &UnionModel, form: Form) -> TokenStream {
    let count = union.count;
    let read = |variant: &VariantModel| {
        let (ident, read) = (names::ident(&variant.ident), field::decode(&variant.ty, form));
        quote!(Self::#ident(#read))
    };
    let others = union.variants.iter().enumerate().filter(|(index, _)| *index != union.fallback);
    let others = others.map(|(_, variant)| {
        let (branch, read) = (variant.branch, read(variant));
        quote!(#branch => #read)
    });
    let fallback = union.variants.get(union.fallback).map(read);
    let (generics, lifetime) = match form {
        Form::Owned => (None, quote!('_)),
        Form::View => (Some(quote!(<'a>)), quote!('a)),
    };
    quote! {
        impl #generics ::cq_events::codec::DecodeBranch<#lifetime> for #ty {
            const COUNT: ::core::primitive::usize = #count;

            fn decode_branch(
                branch: ::core::primitive::usize,
                input: &mut ::cq_events::codec::Decoder<#lifetime>,
            ) -> Self {
                match branch {
                    #(#others,)*
                    _ => #fallback,
                }
            }
        }
    }
}

/// `From` for each type that only one of the variants has.
fn conversions(module: &Module, ty: &TypeModel, union: &UnionModel) -> TokenStream {
    let ident = names::ident(&ty.ident);
    let plain = |variant: &VariantModel| match &variant.ty {
        FieldType::Record { ty, .. } => field::path(module, ty),
        ty => field::owned_type(module, ty),
    };
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for variant in &union.variants {
        *uses.entry(plain(variant).to_string()).or_default() += 1;
    }
    let impls = union.variants.iter().filter_map(|variant| {
        let from = plain(variant);
        if uses.get(&from.to_string()).is_some_and(|uses| *uses > 1) {
            return None;
        }
        let variant_ident = names::ident(&variant.ident);
        let value = match variant.ty {
            FieldType::Record { is_boxed: true, .. } => quote!(::std::boxed::Box::new(value)),
            _ => quote!(value),
        };
        let text = matches!(variant.ty, FieldType::Scalar(Scalar::String)).then(|| {
            quote! {
                impl ::core::convert::From<&::core::primitive::str> for #ident {
                    fn from(value: &::core::primitive::str) -> Self {
                        Self::#variant_ident(::std::string::String::from(value))
                    }
                }
            }
        });
        Some(quote! {
            impl ::core::convert::From<#from> for #ident {
                fn from(value: #from) -> Self {
                    Self::#variant_ident(#value)
                }
            }

            #text
        })
    });
    quote!(#(#impls)*)
}
