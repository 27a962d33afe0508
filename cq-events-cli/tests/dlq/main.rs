//! The command on the embedded broker, as a process of its own.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "it is all tests"
)]

mod bad_input;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test needs all of it")]
mod common;
mod json;
mod list;
mod many;
mod recovery;
mod registry;
mod replay;
mod show;
mod stats;
mod support;
mod whole;
