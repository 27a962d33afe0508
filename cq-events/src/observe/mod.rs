//! What is seen from outside: metrics and correlation.

pub mod correlation;
