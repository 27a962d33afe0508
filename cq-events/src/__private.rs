//! What generated code calls. Not part of the public API: it changes with the generator.

pub use crate::codec::number::{cut_to_micros, cut_to_millis};
pub use crate::event::KeyField;
pub use jiff;
pub use rust_decimal;
pub use uuid;

/// What `#[derive(EventStream)]` emits for the producer of a stream. It is a macro of this crate, since a `cfg` in
/// emitted code would look at the features of the user's crate.
#[cfg(not(feature = "kafka"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __producer {
    ($($tokens:tt)*) => {};
}
