use std::time::Duration;

use super::DeliveryError;
use crate::dead_letter::NameError;
use crate::kafka::error::seconds;
use crate::kafka::{ConfigError, KafkaError};
use crate::registry::RegistryError;

/// Why a consumer could not be built, or why it ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsumeError {
    /// No consumer group is configured.
    #[error("no consumer group: set KAFKA_GROUP_ID, or `group_id` of the configuration")]
    NoGroup,
    /// Two handlers, or one handler twice, name one stream.
    #[error(
        "stream `{stream}` (topic {topic}) has two handlers, but a message is handled once: name it in one \
         `#[handles(...)]` only, or run two consumers in groups of their own"
    )]
    TwoHandlers {
        /// The stream.
        stream: &'static str,
        /// Its topic.
        topic: &'static str,
    },
    /// The configuration names a registry that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The broker does not answer, or a topic does not exist.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The registry does not accept this build's schemas.
    #[error("cannot look up this build's schemas: {0}")]
    Registry(RegistryError),
    /// The consumer group gives no legal name to a topic of dead letters.
    #[error(transparent)]
    DeadLetterName(#[from] NameError),
    /// A message could not be handled, and its stream has no dead letters, or its handler says that the consumer must not
    /// go on.
    #[error(
        "{topic}/{partition} at offset {offset}: {error}; the offset was not committed, so the next run handles \
         this message again"
    )]
    Message {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The message's offset.
        offset: i64,
        /// What is wrong with the message, or what the handler says.
        error: Box<DeliveryError>,
    },
    /// A message was given up, and the dead letters did not take it.
    #[error(
        "{topic}/{partition} at offset {offset}: {error}; it cannot be put among the dead letters in {dead_letters}: \
         {cause}; the offset was not committed, so the next run handles this message again"
    )]
    DeadLetterRefused {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The message's offset.
        offset: i64,
        /// Why it was given up.
        error: Box<DeliveryError>,
        /// The topic of the dead letters.
        dead_letters: String,
        /// Why that did not take it.
        cause: String,
    },
    /// So many messages of a partition were given up that it is rather the handler, or what it needs, that is in trouble.
    #[error(
        "{topic}/{partition} at offset {offset}: {error}; so many messages of the partition were given up that the circuit \
         breaker is open: this one and those after it were left where they are, and the next run goes on with them; \
         see `FailurePolicy::breaker_in_a_row` and `breaker_ratio`"
    )]
    CircuitOpen {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The message's offset.
        offset: i64,
        /// Why it could not be handled.
        error: Box<DeliveryError>,
    },
    /// What is needed to read a message could not be had for too long: the registry does not answer.
    #[error(
        "{topic}/{partition} at offset {offset}: {error}; waited {} for that; the offset was not committed, so the next \
         run handles this message again",
        seconds(*waited)
    )]
    RegistryDown {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The message's offset.
        offset: i64,
        /// What is missing.
        error: Box<DeliveryError>,
        /// How long it is waited for.
        waited: Duration,
    },
    /// The broker refuses what the consumer needs to do.
    #[error(
        "group {group} may not read: {cause}; the consumer needs READ on its topics and on its group, and valid \
         credentials"
    )]
    Denied {
        /// The consumer group.
        group: String,
        /// The broker's words.
        cause: String,
    },
    /// Where the group stands, or is told to start, there is no message any more, or none yet.
    #[error(
        "{topic}/{partition}: group {group} is at offset {offset}, but the partition has {low} to {high}: {}; the \
         consumer skips nothing by itself: set the group's offset with kafka-consumer-groups --reset-offsets, or use \
         another group",
        missing(*offset, *low)
    )]
    OutOfRange {
        /// The consumer group.
        group: String,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that is not there.
        offset: i64,
        /// The partition's oldest offset.
        low: i64,
        /// One past its newest.
        high: i64,
    },
    /// librdkafka cannot go on.
    #[error("the consumer of group {group} cannot go on: {cause}")]
    Fatal {
        /// The consumer group.
        group: String,
        /// librdkafka's words.
        cause: String,
    },
    /// Handlers did not end within the time that a shutdown waits for them.
    #[error(
        "{messages} messages were still being handled {} after the shutdown began; their offsets were not \
         committed, so the next run handles them again",
        seconds(*waited)
    )]
    Unfinished {
        /// How many; at most so many, where a handler blocks its thread.
        messages: usize,
        /// How long was waited.
        waited: Duration,
    },
}

/// What is gone of a partition.
fn missing(offset: i64, low: i64) -> String {
    match low.checked_sub(offset) {
        Some(gone @ 1..) => format!(
            "{gone} offsets were deleted before they were read, of messages or of transactions' marks"
        ),
        _ => "the topic was made anew, or lost its end".to_owned(),
    }
}
