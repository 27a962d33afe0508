//! Programs in other languages read what we publish, and we read what they write: over a real Kafka, with each registry.
#![cfg(feature = "services")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

mod conversation;
mod go;
mod java;
mod keys;
mod python;
