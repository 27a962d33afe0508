//! Programs of five generations write to one topic, and one that was built today reads it.

pub mod reader;
mod writer;

pub use writer::write;
