//! The tests are in `tests/`. This is a stream for their cases that is written by hand: its events have views.

pub mod bell;
