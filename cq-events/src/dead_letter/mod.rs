//! Dead letters: messages that could not be handled, kept as they were, and why.
//!
//! A consumer puts a message that it gives up into a topic of its group, [`topic_name`], and commits its offset only when
//! the broker has acknowledged that. Key and value are the message's own, byte for byte; its headers keep their order,
//! and after them come ours ([`header`]), which [`DeadLetter`] reads. The message lies in the partition of its own number,
//! or that number modulo the partitions of the topic.
//!
//! Whoever publishes a dead letter back to its topic appends where it came from and how often that was done
//! ([`replayed`]), so that a message that fails again keeps its first place, and the number of its replays.

mod kind;
mod letter;
mod name;

pub use kind::ErrorKind;
pub use letter::{Burial, DeadLetter, MAX_MESSAGE, Place, buried, original, replayed};
pub use name::{NameError, topic_name};

/// The names of a dead letter's headers; their values are UTF-8 text.
pub mod header {
    /// The name of the error's type.
    pub const EXCEPTION: &str = "__streams.errors.exception";
    /// The error's text and those of its causes, at most [`MAX_MESSAGE`](super::MAX_MESSAGE) bytes.
    pub const MESSAGE: &str = "__streams.errors.message";
    /// The topic where the message failed for the first time.
    pub const TOPIC: &str = "__streams.errors.topic";
    /// The partition where it failed for the first time.
    pub const PARTITION: &str = "__streams.errors.partition";
    /// The offset at which it failed for the first time.
    pub const OFFSET: &str = "__streams.errors.offset";
    /// The topic where it failed the last time.
    pub const DLQ_TOPIC: &str = "__dlq.errors.topic";
    /// The partition where it failed the last time.
    pub const DLQ_PARTITION: &str = "__dlq.errors.partition";
    /// The offset at which it failed the last time.
    pub const DLQ_OFFSET: &str = "__dlq.errors.offset";
    /// The consumer group that gave it up.
    pub const DLQ_GROUP: &str = "__dlq.errors.group";
    /// How often it was tried, which is how often its handler was run, where it could be read.
    pub const DLQ_DELIVERY_COUNT: &str = "__dlq.errors.delivery.count";
    /// As [`MESSAGE`].
    pub const DLQ_MESSAGE: &str = "__dlq.errors.message";
    /// What went wrong: an [`ErrorKind`](super::ErrorKind).
    pub const KIND: &str = "cq-error-kind";
    /// As [`DLQ_DELIVERY_COUNT`].
    pub const ATTEMPTS: &str = "cq-attempts";
    /// When it was given up (RFC 3339, UTC).
    pub const FAILED_AT: &str = "cq-failed-at";
    /// How often it was published back to its topic.
    pub const REPLAY_COUNT: &str = "cq-replay-count";
}
