//! What the macros understand of their input. Everything keeps the tokens that it comes from, and their place.

use proc_macro2::Ident;
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
    /// The borrowed view of the record: `#[view(...)]`.
    pub(crate) view: Option<Path>,
    /// The variant's documentation.
    pub(crate) docs: Vec<&'a Attribute>,
}

/// A type with `#[derive(EventHandler)]`.
pub(crate) struct Handler<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// The streams of `#[handles(...)]`, in their order.
    pub(crate) streams: Vec<Named>,
}

/// What is named between two commas: `InspectionEvent`, `borrowed InspectionEvent`.
pub(crate) struct Named {
    pub(crate) is_borrowed: bool,
    pub(crate) path: Path,
}
