//! What is seen of producers and consumers from outside: metrics and correlation.

pub mod correlation;
mod metrics;

#[cfg_attr(not(feature = "kafka"), allow(unused_imports))] // producer and consumer need librdkafka
pub(crate) use metrics::{ConsumerCounters, ProducerCounters};
pub use metrics::{ConsumerMetrics, ProducerMetrics};
