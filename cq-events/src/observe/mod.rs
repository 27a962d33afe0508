//! What is seen of producers and consumers from outside: metrics and correlation.

pub mod correlation;
mod metrics;

#[cfg(feature = "kafka")]
pub(crate) use metrics::{ConsumerCounters, ProducerCounters};
pub use metrics::{ConsumerMetrics, ProducerMetrics};
