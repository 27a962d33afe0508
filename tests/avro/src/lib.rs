//! What the proofs share: random schemas and values, the oracles that judge them, and the crates made of them.
//!
//! A value crosses between languages in its JSON form (`oracle/oracle.py` says what that is). It starts as one, drawn
//! for a random schema or written by hand; three implementations encode it and read it back; and the generated type
//! must read the same bytes to the same form, and write them again.
#![allow(
    missing_docs,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

pub mod answer;
pub mod apache;
pub mod cases;
pub mod crates;
pub mod item;
pub mod known;
pub mod pair;
pub mod python;
pub mod rng;
pub mod schema;
pub mod verdict;
