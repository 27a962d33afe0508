//! The macros of cq-events.
