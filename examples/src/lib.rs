//! What the programs in `examples/` share, above all a production day of the chip-quality platform, in events.

pub mod day;
pub mod program;

/// The README's code, as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The code of a page of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../docs/changing-a-schema.md")]
pub struct ChangingASchema;
