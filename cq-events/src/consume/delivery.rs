//! One message on its way to a handler.

use std::sync::Arc;

use tracing::Instrument;

use super::reader::{Branch, Reader};
use super::{DispatchTo, Failure};
use crate::codec::{DecodeError, DecodeErrorKind, Decoder, FrameError, read_frame};
use crate::event::{Event, EventStream, Message, StreamInfo, Unknown};
use crate::observe::correlation;
use crate::registry::{RegistryError, SchemaId};

/// A message that is about to be handled, and what it is read with.
#[derive(Debug)]
pub struct Delivery<'a> {
    message: &'a Message,
    reader: &'a Reader,
}

/// Why a message was not handled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// A header of the message has a key that is not UTF-8.
    #[error("the message has a header whose key is not UTF-8; its producer must write another")]
    Headers,
    /// The value does not begin with a wire header.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The datum is not what its schema says.
    #[error("cannot read {event} (schema id {schema_id}): {error}")]
    Decode {
        /// The event's fullname, or the name of the stream where the event's branch cannot be read.
        event: String,
        /// The schema that the message says it was written with.
        schema_id: SchemaId,
        /// What is wrong, and where.
        error: DecodeError,
    },
    /// The registry does not give the writer's schema.
    #[error("cannot look up the writer's schema: {0}")]
    Registry(RegistryError),
    /// The writer's schema cannot be compared with ours.
    #[error("cannot read what was written with schema id {writer}: {reason}")]
    WriterSchema {
        /// The writer's schema.
        writer: SchemaId,
        /// Why.
        reason: String,
    },
    /// The writer has the event in another shape than this build.
    #[error(
        "{event} was written with schema id {writer}, where it differs from this build's schema id {reader}; \
         deploy a build with the writer's version of the event"
    )]
    Incompatible {
        /// The event's fullname.
        event: String,
        /// The writer's schema.
        writer: SchemaId,
        /// This build's schema.
        reader: SchemaId,
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
    /// The handler was cut off: the async runtime shut down.
    #[error("the handler was cut off by the end of the async runtime")]
    Cancelled,
}

/// What a message turned out to be.
enum Decoded<S> {
    Event(S),
    Unknown(Unknown),
}

impl<'a> Delivery<'a> {
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer makes them"))]
    pub(crate) fn new(message: &'a Message, reader: &'a Reader) -> Self {
        Self { message, reader }
    }

    /// The message.
    pub fn message(&self) -> &Message {
        self.message
    }

    /// For generated code: the message is of no stream of the handler.
    #[doc(hidden)]
    #[must_use]
    pub fn unrouted(&self) -> DeliveryError {
        DeliveryError::Unrouted { topic: self.message.topic().to_owned() }
    }

    /// Decodes the message as an event of the stream `S` and hands it to `handler`.
    ///
    /// What is none of the stream's events goes to the handler's `on_unknown`.
    ///
    /// # Errors
    /// When the message cannot be decoded, or when the handler fails.
    pub async fn dispatch<S: DispatchTo<H>, H>(self, handler: &H) -> Result<(), DeliveryError> {
        let message = self.message;
        let handled = match self.decode::<S>().await? {
            Decoded::Event(event) => {
                let correlation_id = correlation_id(&event);
                let span = tracing::debug_span!(
                    "handle",
                    topic = message.topic(),
                    partition = message.partition(),
                    offset = message.offset(),
                    event_type = event.event_type(),
                    event_id = event.event_id().map(tracing::field::display),
                    correlation_id = correlation_id.as_deref(),
                );
                span.in_scope(|| tracing::debug!("handling an event"));
                correlation::scope(correlation_id, event.dispatch(handler, message)).instrument(span).await
            }
            Decoded::Unknown(unknown) => {
                let span = tracing::debug_span!(
                    "handle",
                    topic = message.topic(),
                    partition = message.partition(),
                    offset = message.offset(),
                    event_type = unknown_type(&unknown),
                );
                span.in_scope(|| tracing::debug!("handling what is no event of this build"));
                S::dispatch_unknown(unknown, handler, message).instrument(span).await
            }
        };
        handled.map_err(DeliveryError::Handler)
    }

    async fn decode<S: EventStream>(&self) -> Result<Decoded<S>, DeliveryError> {
        let stream = S::STREAM;
        if self.message.headers_unreadable() {
            return Err(DeliveryError::Headers);
        }
        let Some(value) = self.message.value() else {
            return Ok(Decoded::Unknown(Unknown::Tombstone));
        };
        let (schema_id, datum) = read_frame(value)?;
        let plan = self.reader.plan(stream, schema_id).await?;
        let failed = |event: &str, error| DeliveryError::Decode { event: event.to_owned(), schema_id, error };

        let mut input = Decoder::new(datum, self.reader.limits());
        let count = plan.branches(stream);
        let index = input.branch(count);
        let no_branch =
            || DecodeError { offset: 0, kind: DecodeErrorKind::Branch { index: index as i64, count } };
        if input.failed() {
            return Err(failed(stream.name, input.finish().err().unwrap_or_else(no_branch)));
        }
        match plan.branch(index) {
            Some(Branch::Ours(ours)) => {
                let event = S::decode_branch(ours, &mut input);
                input.finish().map_err(|error| failed(fullname(stream, ours), error))?;
                event.map(Decoded::Event).ok_or_else(|| failed(stream.name, no_branch()))
            }
            Some(Branch::Unknown(fullname)) => Ok(Decoded::Unknown(Unknown::Event {
                fullname: fullname.to_owned(),
                schema_id,
                datum: input.rest().to_vec(),
            })),
            Some(Branch::Different(fullname)) => Err(DeliveryError::Incompatible {
                event: fullname.to_owned(),
                writer: schema_id,
                reader: self.reader.own_id(stream).unwrap_or(schema_id),
            }),
            None => Err(failed(stream.name, no_branch())),
        }
    }
}

/// The event's correlation id; where it has none, its event id, so that what it causes can be traced to it.
fn correlation_id(event: &impl Event) -> Option<Arc<str>> {
    match event.correlation_id() {
        Some(id) => Some(id.into()),
        None => event.event_id().map(|id| id.to_string().into()),
    }
}

fn fullname(stream: &StreamInfo, branch: usize) -> &'static str {
    stream.events.get(branch).map_or("an event", |event| event.fullname)
}

fn unknown_type(unknown: &Unknown) -> &str {
    match unknown {
        Unknown::Tombstone => "tombstone",
        Unknown::Event { fullname, .. } => fullname,
    }
}

#[cfg(test)]
mod tests;
