//! What is seen of producers and consumers from outside: metrics and correlation.

pub(crate) mod correlation;
mod metrics;

#[allow(unused_imports)] // the consumer counts with them
pub(crate) use metrics::ConsumerCounters;
#[cfg(feature = "kafka")]
pub(crate) use metrics::ProducerCounters;
pub use metrics::{ConsumerMetrics, ProducerMetrics};
