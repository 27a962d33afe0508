//! Why a message was not handled, and what becomes of it.

use std::time::Duration;

use crate::codec::{DecodeError, FrameError, ResolveError};
use crate::consume::engine::Verdict;
use crate::consume::failure::chain;
use crate::consume::{Failure, Outcome};
use crate::dead_letter::ErrorKind;
use crate::registry::{RegistryError, SchemaRef};

/// Why a message was not handled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The message does not say with which schema it was written: neither in its headers nor in front of its value.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The datum is not what its schema says.
    #[error("cannot read {event} ({schema}): {error}")]
    Decode {
        /// The event's fullname, or the name of the stream where the event's branch cannot be read.
        event: String,
        /// The schema that the message says it was written with.
        schema: SchemaRef,
        /// What is wrong, and where.
        error: DecodeError,
    },
    /// The registry does not give the writer's schema.
    #[error("cannot look up the writer's schema: {0}")]
    Registry(RegistryError),
    /// The writer's schema cannot be compared with ours.
    #[error("cannot read what was written with {writer}: {reason}")]
    WriterSchema {
        /// The writer's schema.
        writer: SchemaRef,
        /// Why.
        reason: String,
    },
    /// This build cannot read what the writer has written.
    #[error("cannot read {event}, written with {writer}, by this build's {reader}: {error}")]
    Incompatible {
        /// The event's fullname.
        event: String,
        /// The writer's schema.
        writer: SchemaRef,
        /// This build's schema.
        reader: SchemaRef,
        /// Why: this value alone, or any value of the event.
        error: Box<ResolveError>,
    },
    /// The message is of no stream that the handler names.
    #[error("topic {topic} carries none of the handler's streams")]
    Unrouted {
        /// The message's topic.
        topic: String,
    },
    /// The handler failed.
    #[error("the handler failed: {0}")]
    Handler(Failure),
    /// The handler panicked.
    #[error("the handler panicked: {message}")]
    Panic {
        /// The panic's message.
        message: String,
    },
    /// The handler did not end in time, and was cut off.
    #[error("the handler did not end within its deadline of {after:?}, and was cut off")]
    TimedOut {
        /// The deadline.
        after: Duration,
    },
    /// The handler did not end in time, nor when it was cut off: it blocks its thread.
    #[error(
        "the handler did not end within its deadline of {after:?}, and cannot be cut off: it blocks its thread"
    )]
    Stuck {
        /// The deadline.
        after: Duration,
    },
    /// The handler was cut off: the async runtime shut down.
    #[error("the handler was cut off by the end of the async runtime")]
    Cancelled,
}

impl DeliveryError {
    /// What kind of error it is, where the message can become a dead letter by it.
    pub fn kind(&self) -> Option<ErrorKind> {
        Some(match self {
            Self::Frame(_) => ErrorKind::Unframed,
            Self::Registry(
                RegistryError::UnknownId { .. }
                | RegistryError::UnknownGuid { .. }
                | RegistryError::MissingReference { .. },
            ) => ErrorKind::UnknownSchema,
            Self::Decode { .. } => ErrorKind::Undecodable,
            Self::WriterSchema { .. }
            | Self::Incompatible { .. }
            | Self::Registry(RegistryError::Schema { .. } | RegistryError::SchemaType { .. }) => {
                ErrorKind::Unresolvable
            }
            Self::Handler(failure) => match failure.outcome() {
                Outcome::Retry => ErrorKind::Failed,
                Outcome::Reject => ErrorKind::Rejected,
                Outcome::Stop => return None,
            },
            Self::Panic { .. } => ErrorKind::Panicked,
            Self::TimedOut { .. } => ErrorKind::TimedOut,
            Self::Registry(_) | Self::Unrouted { .. } | Self::Stuck { .. } | Self::Cancelled => return None,
        })
    }

    /// What the engine is to make of it.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer asks"))]
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Handler(failure) => match failure.outcome() {
                Outcome::Retry => Verdict::Retry,
                Outcome::Reject => Verdict::Reject,
                Outcome::Stop => Verdict::Stop,
            },
            Self::TimedOut { .. } | Self::Cancelled => Verdict::Retry,
            // A registry may learn of a schema a little after its first message.
            Self::Registry(
                RegistryError::UnknownId { .. }
                | RegistryError::UnknownGuid { .. }
                | RegistryError::MissingReference { .. },
            ) => Verdict::Retry,
            Self::Registry(RegistryError::Schema { .. } | RegistryError::SchemaType { .. }) => {
                Verdict::Reject
            }
            Self::Registry(_) => Verdict::Wait,
            Self::Unrouted { .. } | Self::Stuck { .. } => Verdict::Stop,
            Self::Frame(_)
            | Self::Decode { .. }
            | Self::WriterSchema { .. }
            | Self::Incompatible { .. }
            | Self::Panic { .. } => Verdict::Reject,
        }
    }

    /// The name of the error's type, for a dead letter.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer asks"))]
    pub(crate) fn exception(&self) -> &'static str {
        match self {
            Self::Frame(_) => "cq_events::codec::FrameError",
            Self::Decode { .. } => "cq_events::codec::DecodeError",
            Self::Registry(_) => "cq_events::registry::RegistryError",
            Self::Incompatible { .. } => "cq_events::codec::ResolveError",
            Self::Handler(failure) => failure.exception(),
            Self::Panic { .. } => "panic",
            _ => "cq_events::consume::DeliveryError",
        }
    }

    /// The error's text and those of its causes.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer asks"))]
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Handler(failure) => chain(failure.cause()),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::SchemaId;

    #[test]
    fn what_a_registry_may_learn_of_later_is_tried_again_and_what_never_changes_is_not() {
        let (registry, origin) = (|| "the test".to_owned(), || "schema id 7".to_owned());
        let id = SchemaId::new(7);
        for (error, verdict, kind) in [
            (
                RegistryError::UnknownId { id, registry: registry() },
                Verdict::Retry,
                Some(ErrorKind::UnknownSchema),
            ),
            (
                RegistryError::MissingReference { origin: origin(), subject: "size".to_owned(), version: 1 },
                Verdict::Retry,
                Some(ErrorKind::UnknownSchema),
            ),
            (
                RegistryError::Schema { origin: origin(), reason: "no JSON".to_owned() },
                Verdict::Reject,
                Some(ErrorKind::Unresolvable),
            ),
            (
                RegistryError::Unavailable { registry: registry(), reason: "down".to_owned() },
                Verdict::Wait,
                None,
            ),
        ] {
            let error = DeliveryError::Registry(error);
            assert_eq!((error.verdict(), error.kind()), (verdict, kind), "{error}");
        }
    }
}
