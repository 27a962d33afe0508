//! Views: what a handler reads without copying, since its strings, bytes and fixed point into the message.

use proc_macro2::TokenStream;
use quote::quote;

use super::field::{self, Form};
use super::{debug, doc, record};
use crate::model::{Module, RecordModel, TypeModel, UnionModel};
use crate::names;

/// The view of a record. An event always has one, since handlers name it; a record that is only part of others is its
/// own view where nothing in it could point into the message.
pub(super) fn of_record(module: &Module, ty: &TypeModel, record: &RecordModel) -> TokenStream {
    let owned = names::ident(&ty.ident);
    if record.event.is_none() && !record.parts.borrows {
        return own_view(ty);
    }
    let ident = names::ident(&record.view);
    let type_doc = type_doc(ty);
    let fields = record.fields.iter().map(|field| {
        let (ident, doc) = (names::ident(&field.ident), doc(field.doc.as_deref()));
        let ty = field::rust_type(module, &field.ty, Form::View);
        quote!(#doc pub #ident: #ty)
    });
    // A field gets an underscore at its end only where it is a keyword or has no letters.
    let unused = (!record.parts.borrows).then(|| quote!(lifetime_: ::core::marker::PhantomData));
    let lifetime = unused.as_ref().map(|unused| quote!(#[doc(hidden)] pub #unused<&'a ()>,));
    let derived = debug::is_derived(record).then(|| quote!(Debug,));
    let debug = debug::tokens(&ident, record, Form::View);
    let reads = record::reads(record, Form::View, unused);
    let parts = record.fields.iter().map(|field| {
        let ident = names::ident(&field.ident);
        quote!(#ident: ::cq_events::codec::View::to_owned(&self.#ident))
    });
    // Where others mention it, its view is itself.
    let own_view = (!record.parts.borrows).then(|| own_view(ty));
    let event = record.event.as_ref().map(|event| {
        let some = |ident| quote!(::core::option::Option::Some(self.#ident));
        let event_id = record::role(event.event_id.as_ref(), some);
        let correlation_id = record::role(event.correlation_id.as_ref(), |ident| quote!(self.#ident));
        quote! {
            impl ::cq_events::event::Viewed for #owned {
                type View<'a> = #ident<'a>;
            }

            impl ::cq_events::event::EventView for #ident<'_> {
                fn event_id(&self) -> ::core::option::Option<::cq_events::__private::uuid::Uuid> {
                    #event_id
                }

                fn correlation_id(&self) -> ::core::option::Option<&::core::primitive::str> {
                    #correlation_id
                }
            }
        }
    });
    quote! {
        #type_doc
        #[derive(Clone, #derived PartialEq)]
        pub struct #ident<'a> {
            #(#fields,)*
            #lifetime
        }

        #debug

        impl<'a> ::cq_events::codec::Decode<'a> for #ident<'a> {
            fn decode(input: &mut ::cq_events::codec::Decoder<'a>) -> Self {
                #reads
            }
        }

        impl #ident<'_> {
            /// The value, copied out of the message.
            pub fn to_owned(&self) -> #owned {
                #owned { #(#parts,)* }
            }
        }

        impl ::cq_events::codec::View<#owned> for #ident<'_> {
            fn to_owned(&self) -> #owned {
                self.to_owned()
            }
        }

        #own_view
        #event
    }
}

/// The view of a union of several types.
pub(super) fn of_union(module: &Module, ty: &TypeModel, union: &UnionModel) -> TokenStream {
    if !union.parts.borrows {
        return own_view(ty);
    }
    let (owned, ident) = (names::ident(&ty.ident), names::ident(&union.view));
    let type_doc = type_doc(ty);
    let variants = union.variants.iter().map(|variant| {
        let (ident, ty) = (names::ident(&variant.ident), field::rust_type(module, &variant.ty, Form::View));
        quote!(#ident(#ty))
    });
    let decode = super::union::decode(&quote!(#ident<'a>), union, Form::View);
    let parts = union.variants.iter().map(|variant| {
        let ident = names::ident(&variant.ident);
        quote!(Self::#ident(value) => #owned::#ident(::cq_events::codec::View::to_owned(value)))
    });
    quote! {
        #type_doc
        #[derive(Clone, Debug, PartialEq)]
        pub enum #ident<'a> {
            #(#variants,)*
        }

        #decode

        impl #ident<'_> {
            /// The value, copied out of the message.
            pub fn to_owned(&self) -> #owned {
                match self {
                    #(#parts,)*
                }
            }
        }

        impl ::cq_events::codec::View<#owned> for #ident<'_> {
            fn to_owned(&self) -> #owned {
                self.to_owned()
            }
        }
    }
}

/// Makes a type its own view, since nothing in it points anywhere.
pub(super) fn own_view(ty: &TypeModel) -> TokenStream {
    let ident = names::ident(&ty.ident);
    quote!(::cq_events::__private::own_view!(#ident);)
}

fn type_doc(ty: &TypeModel) -> TokenStream {
    let owned = ty.ident.trim_start_matches("r#");
    let text = format!(" A view of [`{owned}`]: its strings, bytes and fixed point into the message.");
    quote!(#[doc = #text])
}
