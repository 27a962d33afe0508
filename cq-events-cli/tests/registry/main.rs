//! `cq-events registry` and `cq-events dev` as processes of their own, on the registry in memory.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "it is all tests"
)]

mod bad_input;
mod check;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not every test needs all of it")]
mod common;
mod dev;
mod json;
mod pull;
mod register;
mod status;
mod support;
