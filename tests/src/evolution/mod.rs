//! Programs of five generations write to one topic, and one that was built today reads it.

pub mod reader;
pub mod values;
mod writer;

pub use writer::write;
