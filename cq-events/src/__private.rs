//! What generated code calls. Not part of the public API: it changes with the generator.

pub use jiff;
pub use rust_decimal;
pub use uuid;
