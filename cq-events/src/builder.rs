//! What the builders of generated records are made of.
//!
//! A builder has one type parameter per required field: [`Missing`] before the field is set, [`Set`] after it.
//! `build()` asks for [`Given`], so a record with a required field left out does not compile, and the error names
//! the field; each setter asks for [`Unset`], so a field set twice does not compile either.

use std::marker::PhantomData;

/// A required field that is not set. `Field` is a type with the field's name.
pub struct Missing<Field>(PhantomData<Field>);

impl<Field> Missing<Field> {
    /// For generated code.
    #[doc(hidden)]
    #[allow(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A required field with its value.
pub struct Set<T>(
    /// The value.
    pub T,
);

/// A field that has a value of type `T`.
#[diagnostic::on_unimplemented(
    message = "a required field is not set: `{Self}`",
    label = "this record is not complete",
    note = "call the builder's method of that name before `build()`; only fields with a default or a role may be left out"
)]
pub trait Given<T> {
    /// The value.
    fn given(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> Given<T> for Set<T> {
    fn given(self) -> T {
        self.0
    }
}

/// A required field that may still be set.
#[diagnostic::on_unimplemented(
    message = "this required field is set twice",
    label = "it has a value already",
    note = "remove one of the two calls"
)]
pub trait Unset {}

#[diagnostic::do_not_recommend]
impl<Field> Unset for Missing<Field> {}
