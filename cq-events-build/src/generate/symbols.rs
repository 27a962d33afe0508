//! An Avro enum: a Rust enum of its symbols.

use proc_macro2::TokenStream;
use quote::quote;

use super::{doc, json, view};
use crate::model::{EnumModel, TypeModel};
use crate::names;

pub(super) fn tokens(ty: &TypeModel, symbols: &EnumModel) -> TokenStream {
    let (ident, doc) = (names::ident(&ty.ident), doc(ty.doc.as_deref()));
    let count = symbols.symbols.len();
    let variants: Vec<_> = symbols.symbols.iter().map(|(_, variant)| names::ident(variant)).collect();
    let texts = symbols.symbols.iter().map(|(symbol, _)| symbol);
    let docs = symbols.symbols.iter().map(|(symbol, _)| format!(" The symbol `{symbol}`."));
    let known: Vec<_> =
        variants.iter().enumerate().map(|(index, variant)| quote!(#index => Self::#variant)).collect();
    // The decoder yields an index below the count, and 0 after an error.
    let (others, last) = known.split_at(known.len().saturating_sub(1));
    let last = last.iter().map(|_| variants.last()).map(|variant| quote!(_ => Self::#variant));
    let renames = symbols.symbols.iter().map(|(symbol, _)| json::name(ty.has_serde, symbol));
    let (json_derives, json_part) = (json::derives(ty.has_serde), json::part(ty, &ident));
    let view = view::own_view(ty);
    quote! {
        #doc
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #json_derives
        pub enum #ident {
            #(#[doc = #docs] #renames #variants,)*
        }

        impl #ident {
            /// All values, in the order of the schema.
            pub const ALL: [Self; #count] = [#(Self::#variants),*];

            /// The symbol in the schema.
            pub const fn symbol(self) -> &'static ::core::primitive::str {
                match self {
                    #(Self::#variants => #texts,)*
                }
            }
        }

        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.symbol())
            }
        }

        impl ::cq_events::codec::Encode for #ident {
            fn encode(&self, out: &mut ::cq_events::codec::Encoder<'_>) {
                out.symbol(*self as ::core::primitive::usize);
            }
        }

        impl ::cq_events::codec::Decode<'_> for #ident {
            fn decode(input: &mut ::cq_events::codec::Decoder<'_>) -> Self {
                match input.symbol(#count) {
                    #(#others,)*
                    #(#last,)*
                }
            }
        }

        #json_part
        #view
    }
}
