//! What the macros understand of their input. Everything keeps the tokens that it comes from, and their place.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Generics, Path, Type, Visibility};

/// A stream: an enum with `#[derive(EventStream)]`.
pub(crate) struct Stream<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    /// The variants that follow the rules, in their order.
    pub(crate) events: Vec<StreamEvent<'a>>,
}

/// One variant of a stream: an event.
pub(crate) struct StreamEvent<'a> {
    /// The variant's name, which is the event's.
    pub(crate) ident: &'a Ident,
    /// The record that the variant holds.
    pub(crate) record: &'a Type,
    /// The variant's documentation.
    pub(crate) docs: Vec<&'a Attribute>,
}

/// A type with `#[derive(EventHandler)]`.
pub(crate) struct Handler<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// The streams of `#[handles(...)]`, in their order.
    pub(crate) streams: Vec<Path>,
}

/// One entry of `#[handles(...)]`, between two commas.
pub(crate) struct Entry {
    /// The entry, where it reads as a path.
    pub(crate) path: Option<Path>,
    pub(crate) tokens: TokenStream,
}
