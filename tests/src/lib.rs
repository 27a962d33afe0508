//! What the tests share.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

pub mod cluster;
pub mod evolution;
pub mod faults;
pub mod forms;
pub mod oracle;
pub mod recorder;
pub mod scenarios;
pub mod values;
