//! A user's type as the handler of the streams that it names.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Path, WhereClause};

use crate::model::{Handler, Named};

pub(crate) fn expand(handler: &Handler<'_>) -> TokenStream {
    let streams = &handler.streams;
    // The call and its await stand at the stream's name in the attribute: a handler trait that is not implemented
    // is then one error, and there. `streams` must not ask for it again, as rustc merges no errors of two functions:
    // that is what `Named` is for.
    let arms = streams.iter().enumerate().map(|(index, stream)| {
        let (path, dispatch) =
            (&stream.path, if stream.is_borrowed { "dispatch_borrowed" } else { "dispatch" });
        let dispatch = Ident::new(dispatch, path.span());
        let call = quote_spanned! {path.span()=>
            ::cq_events::consume::Delivery::#dispatch::<#path, Self>(delivery, self).await
        };
        quote!(#index => #call,)
    });
    let paths = paths(handler);
    let infos = quote!([#(::cq_events::consume::Named::<#paths>::STREAM),*]);
    let body = quote!(match stream { #(#arms)* _ => ::core::result::Result::Err(delivery.unrouted()) });
    implement(handler, &infos, &body, bounds(handler))
}

/// What stands in for the handler after a mistake, so that where it is used there is no second error.
pub(crate) fn stub(handler: &Handler<'_>) -> TokenStream {
    let paths = paths(handler);
    let body = quote! {
        let _ = stream;
        // A mention, so that their imports are not said to be unused.
        let _ = ::core::marker::PhantomData::<(#(#paths,)*)>;
        ::core::result::Result::Err(delivery.unrouted())
    };
    // Where rustc has an error, this is never evaluated; it is for an attribute that is another derive's after all.
    let infos = quote!({
        const { ::core::panic!("no `#[handles(...)]`: name the streams that are handled") };
        #[allow(unreachable_code)]
        []
    });
    implement(handler, &infos, &body, bounds_of_stub(handler))
}

fn paths<'a>(handler: &'a Handler<'_>) -> impl Iterator<Item = &'a Path> {
    handler.streams.iter().map(|stream| &stream.path)
}

fn implement(
    handler: &Handler<'_>,
    streams: &TokenStream,
    body: &TokenStream,
    bounds: Option<WhereClause>,
) -> TokenStream {
    let name = handler.ident;
    let (impl_generics, type_generics, where_clause) = handler.generics.split_for_impl();
    let where_clause = bounds.as_ref().or(where_clause);
    quote! {
        #[automatically_derived]
        impl #impl_generics ::cq_events::consume::EventHandler for #name #type_generics #where_clause {
            fn streams() -> ::std::vec::Vec<&'static ::cq_events::event::StreamInfo> {
                #[allow(unused_imports)]
                use ::cq_events::consume::NamedAmiss as _;
                ::std::vec::Vec::from(#streams)
            }

            async fn handle(
                &self,
                stream: usize,
                delivery: ::cq_events::consume::Delivery<'_>,
            ) -> ::core::result::Result<(), ::cq_events::consume::DeliveryError> {
                #body
            }
        }
    }
}

/// On a generic type the handler trait may be implemented under bounds that the type does not state, so they are
/// asked for rather than checked here.
fn bounds(handler: &Handler<'_>) -> Option<WhereClause> {
    let streams = &handler.streams;
    let name = handler.ident;
    let (_, type_generics, _) = handler.generics.split_for_impl();
    let dispatch = |stream: &Named| {
        let path = &stream.path;
        let to = if stream.is_borrowed { quote!(DispatchBorrowedTo) } else { quote!(DispatchTo) };
        quote!(#path: ::cq_events::consume::#to<#name #type_generics>)
    };
    with_bounds(handler, streams.iter().map(dispatch))
}

fn bounds_of_stub(handler: &Handler<'_>) -> Option<WhereClause> {
    with_bounds(handler, std::iter::empty())
}

fn with_bounds(handler: &Handler<'_>, bounds: impl Iterator<Item = TokenStream>) -> Option<WhereClause> {
    let is_generic = |parameter: &GenericParam| !matches!(parameter, GenericParam::Lifetime(_));
    if !handler.generics.params.iter().any(is_generic) {
        return None;
    }
    let name = handler.ident;
    let (_, type_generics, where_clause) = handler.generics.split_for_impl();
    let stated = where_clause.map(|clause| clause.predicates.to_token_stream()).unwrap_or_default();
    let comma = (!stated.is_empty() && !stated.to_string().ends_with(',')).then(|| quote!(,));
    let all = quote! {
        where
            #stated #comma
            #name #type_generics: ::core::marker::Send + ::core::marker::Sync + 'static,
            #(#bounds,)*
    };
    syn::parse2(all).ok()
}
