//! Events that cannot be handled, on a real Kafka: those that are given up lie among the dead letters as they were, the
//! others go on, each key keeps its order, and whatever stands in the way of that stops the consumer with nothing lost.
#![cfg(feature = "services")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

mod command;
mod deadlines;
mod lab;
mod large;
mod patience;
mod poison;
mod registry;
mod remote;
mod replay;
mod restart;
mod rights;
mod topics;
mod versions;
mod ward;
