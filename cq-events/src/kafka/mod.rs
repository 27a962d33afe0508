//! Everything that touches librdkafka: configuration, topics, offsets.

mod config;
pub(crate) mod connect;
pub(crate) mod dead_letters;
pub(crate) mod error;
mod lookup;
#[allow(unsafe_code, reason = "rust-rdkafka has no consumer that fetches in batches")]
pub(crate) mod native;
mod offsets;
mod topics;

pub use config::{
    Acks, AutoOffsetReset, Compression, ConfigError, ConfigProblem, GroupProtocol, KafkaConfig,
    KafkaConfigBuilder, SaslMechanism, SecurityProtocol,
};
pub use error::{KafkaError, TopicDifference};
#[cfg(feature = "testing")]
pub(crate) use lookup::legal as legal_topic;
pub(crate) use lookup::require_topics;
pub use offsets::{PartitionLag, PartitionOffset, end_offsets, group_lag};
pub use topics::{TopicReport, check_topics, create_topics};
