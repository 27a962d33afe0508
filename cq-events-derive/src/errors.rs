//! Collects mistakes, so that one build reports all of them.

use std::fmt::Display;

use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
#[must_use]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds a mistake at these tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that has its place already.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    /// All mistakes as `compile_error!` invocations; nothing where there are none.
    pub(crate) fn into_compile_error(self) -> proc_macro2::TokenStream {
        self.0.map(|error| error.into_compile_error()).unwrap_or_default()
    }

    /// Whether no mistake was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}
