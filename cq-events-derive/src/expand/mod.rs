//! From a checked model to tokens.

mod borrowed;
mod dispatch;
mod event;
mod handler;
mod handler_trait;
mod producer;
mod skip;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::check;
use crate::errors::Errors;
use crate::model::Stream;

pub(crate) use skip::skip;

/// `#[derive(EventStream)]`.
pub(crate) fn stream(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let stream = check::stream(input, &mut errors);
    // A mistake must not bring others with it: the parts that do follow the rules are emitted all the same, and
    // an arm that is never reached makes the matches over the enum complete.
    let other_arm = (!errors.is_empty()).then(|| quote!(_ => ::core::unreachable!(),));
    let expanded = stream.map(|stream| {
        let event = event::expand(&stream, other_arm.as_ref());
        let handler_trait = handler_trait::expand(&stream);
        let dispatch = dispatch::expand(&stream, other_arm.as_ref());
        let producer = producer::expand(&stream);
        let borrowed = borrowed(&stream);
        quote!(#event #handler_trait #dispatch #producer #borrowed)
    });
    let errors = errors.into_compile_error();
    quote!(#errors #expanded)
}

/// What a stream has besides where its events have views.
fn borrowed(stream: &Stream<'_>) -> Option<TokenStream> {
    borrowed::views(stream).next()?;
    let views = borrowed::expand(stream);
    let handler_trait = handler_trait::expand_borrowed(stream);
    let dispatch = dispatch::expand_borrowed(stream);
    Some(quote!(#views #handler_trait #dispatch))
}

/// `#[derive(EventHandler)]`.
pub(crate) fn handler(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let handler = check::handler(input, &mut errors);
    let is_right = errors.is_empty() && !handler.streams.is_empty();
    let expanded = if is_right { handler::expand(&handler) } else { handler::stub(&handler) };
    let errors = errors.into_compile_error();
    quote!(#errors #expanded)
}
