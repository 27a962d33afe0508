//! Everything that touches librdkafka: configuration, topics, offsets.

mod config;
pub(crate) mod connect;
pub(crate) mod error;
mod offsets;
mod topics;

pub use config::{
    Acks, AutoOffsetReset, Compression, ConfigError, ConfigProblem, KafkaConfig, KafkaConfigBuilder,
    SaslMechanism, SecurityProtocol,
};
pub use error::{KafkaError, TopicDifference};
pub use offsets::{PartitionLag, PartitionOffset, end_offsets, group_lag};
#[cfg(feature = "testing")]
pub(crate) use topics::legal as legal_topic;
pub(crate) use topics::require_topics;
pub use topics::{TopicReport, check_topics, create_topics};
