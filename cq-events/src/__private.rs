//! What generated code calls. Not part of the public API: it changes with the generator.

pub use crate::codec::number::{cut_to_micros, cut_to_millis};
pub use crate::event::KeyField;
pub use jiff;
pub use rust_decimal;
pub use uuid;
