//! Programs in other languages that read and write our events: what is said to them, and what is expected of them.
//!
//! An event crosses in its JSON form (`cq_events::json`). It is made of random data of the schema, and its form is what
//! apache-avro reads in that data: none of our codec's words. The program decodes what we published to the form, and
//! encodes the form for us to read.

pub mod lab;
pub mod program;
pub mod samples;

pub use lab::{Lab, Received};
pub use program::{Outgoing, Program, Seen, Subject};
pub use samples::{Sample, Samples};
