//! The consumer on the embedded broker, end to end.
//!
//! A group's first member waits about 3 s for others on that broker. Every wait has a deadline; nothing is assumed
//! to have happened after a while.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // helpers outside of test functions

mod failures;
mod forms;
mod group;
mod position;
mod pump;
mod shutdown;
mod start;
mod support;
