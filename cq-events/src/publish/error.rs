use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::codec::EncodeError;
use crate::kafka::error::seconds;
use crate::kafka::{ConfigError, KafkaError};
use crate::registry::RegistryError;

/// Why an event was not published, or a producer not connected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// No broker answers, a topic does not exist, or the client cannot be made.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The registry has no id for the stream's schema.
    #[error("no schema id for subject `{subject}`: {source}")]
    Registry {
        /// The subject.
        subject: String,
        /// The registry's error.
        source: RegistryError,
    },
    /// The event has a value that its schema cannot hold. Nothing was sent.
    #[error("cannot encode {event} for topic `{topic}`: {source}")]
    Encode {
        /// The topic.
        topic: &'static str,
        /// The record's Avro fullname.
        event: &'static str,
        /// The value that does not fit.
        source: EncodeError,
    },
    /// The producer was closed. Nothing was sent.
    #[error("the producer is closed: publish before `Producer::close`, or connect another producer")]
    Closed,
    /// The message is larger than the producer or the topic allows. It was not persisted.
    #[error(
        "a message of {bytes} bytes is too large for topic `{topic}`: the producer's limit is {limit} bytes \
         (KAFKA_PROPERTY_MESSAGE_MAX_BYTES), and the topic has one of its own (max.message.bytes); raise them, or \
         publish a reference instead"
    )]
    TooLarge {
        /// The topic.
        topic: &'static str,
        /// Bytes of key and value.
        bytes: usize,
        /// The producer's limit in bytes, which counts headers and overhead as well.
        limit: usize,
    },
    /// The broker, or the client on its behalf, refused the message.
    #[error("topic `{topic}` does not take the message: {cause}")]
    Rejected {
        /// The topic.
        topic: &'static str,
        /// The broker's or librdkafka's words.
        cause: String,
    },
    /// No acknowledgement came in time.
    #[error(
        "no acknowledgement from topic `{topic}` within {}: the message may have been persisted nevertheless{}",
        seconds(*waited),
        causes(cause)
    )]
    TimedOut {
        /// The topic.
        topic: &'static str,
        /// How long a message may wait (`message_timeout`).
        waited: Duration,
        /// The last errors of the connections; empty where there were none.
        cause: String,
    },
    /// The producer was closed or dropped before an acknowledgement came.
    #[error(
        "the producer ended before topic `{topic}` acknowledged the message{}",
        if *sent { ": it was sent, so it may have been persisted nevertheless" } else { "; it was not sent" }
    )]
    NotDelivered {
        /// The topic.
        topic: &'static str,
        /// Whether it was on its way to the broker.
        sent: bool,
    },
}

fn causes(cause: &str) -> String {
    if cause.is_empty() { String::new() } else { format!(" ({cause})") }
}

/// Why an event was not queued at once.
#[non_exhaustive]
pub enum TryQueueError<S> {
    /// The queue is full, or others wait for room in it. The event comes back.
    Full(S),
    /// The event cannot be published at all.
    Publish(PublishError),
}

/// Without the event, whose values may be personal data.
impl<S> fmt::Debug for TryQueueError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("Full(..)"),
            Self::Publish(error) => f.debug_tuple("Publish").field(error).finish(),
        }
    }
}

impl<S> fmt::Display for TryQueueError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => {
                f.write_str("the producer's queue is full: wait for room with `queue`, or try later")
            }
            Self::Publish(error) => error.fmt(f),
        }
    }
}

impl<S> Error for TryQueueError<S> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Full(_) => None,
            Self::Publish(error) => error.source(),
        }
    }
}

/// A producer was closed with messages that were not acknowledged in time; their receipts say so too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{undelivered} messages were not acknowledged within {}, and were given up; those on their way may have been \
     persisted",
    seconds(*waited)
)]
#[non_exhaustive]
pub struct CloseError {
    /// How many messages.
    pub undelivered: usize,
    /// The deadline.
    pub waited: Duration,
}
