//! One message on its way to a handler.

use tracing::{Instrument, Span};

use super::reader::{Branch, Reader};
use super::{DispatchBorrowedTo, DispatchTo, Failure, Handled};
use crate::codec::{DecodeError, Decoder, FrameError, read_frame};
use crate::event::{EventInfo, EventView, Message, StreamInfo, Unknown};
use crate::observe::correlation::{self, Source};
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
enum Found<'m> {
    Event(Undecoded<'m>),
    Unknown(Unknown),
}

/// An event of this build that is not decoded yet.
struct Undecoded<'m> {
    stream: &'static StreamInfo,
    branch: usize,
    schema_id: SchemaId,
    input: Decoder<'m>,
}

impl<'m> Undecoded<'m> {
    fn info(&self) -> Option<&'static EventInfo> {
        self.stream.events.get(self.branch)
    }

    fn decode<E>(
        mut self,
        decode_branch: impl FnOnce(usize, &mut Decoder<'m>) -> Option<E>,
    ) -> Result<E, DeliveryError> {
        let name = self.info().map_or(self.stream.name, |event| event.fullname);
        let failed =
            |error| DeliveryError::Decode { event: name.to_owned(), schema_id: self.schema_id, error };
        match decode_branch(self.branch, &mut self.input) {
            Some(event) => self.input.finish().map(|()| event).map_err(failed),
            None => Err(failed(self.input.no_such_branch(self.branch, self.stream.events.len()))),
        }
    }
}

impl<'a> Delivery<'a> {
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer makes them"))]
    pub(crate) fn new(message: &'a Message, reader: &'a Reader) -> Self {
        Self { message, reader }
    }

    /// The message.
    pub fn message(&self) -> &'a Message {
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
        self.hand_over(
            S::STREAM,
            S::decode_branch,
            |event: S, message| event.dispatch(handler, message),
            |unknown, message| S::dispatch_unknown(unknown, handler, message),
        )
        .await
    }

    /// [`dispatch`](Self::dispatch), for a handler that looks at the events where they lie in the message.
    ///
    /// # Errors
    /// As [`dispatch`](Self::dispatch).
    pub async fn dispatch_borrowed<S: DispatchBorrowedTo<H>, H>(
        self,
        handler: &H,
    ) -> Result<(), DeliveryError> {
        self.hand_over(
            S::STREAM,
            S::decode_branch_ref,
            |event: S::Ref<'a>, message| S::dispatch_ref(event, handler, message),
            |unknown, message| S::dispatch_unknown(unknown, handler, message),
        )
        .await
    }

    /// Decodes the message, and calls what handles it.
    pub(super) async fn hand_over<E: EventView, F, U>(
        self,
        stream: &'static StreamInfo,
        decode_branch: impl FnOnce(usize, &mut Decoder<'a>) -> Option<E>,
        on_event: impl FnOnce(E, &'a Message) -> F,
        on_unknown: impl FnOnce(Unknown, &'a Message) -> U,
    ) -> Result<(), DeliveryError>
    where
        F: Future<Output = Handled>,
        U: Future<Output = Handled>,
    {
        let message = self.message;
        let handled = match self.find(stream).await? {
            Found::Event(found) => {
                let info = found.info();
                let event = found.decode(decode_branch)?;
                let about = About::event(message, info, &event);
                about.surround(async move { on_event(event, message).await }).await
            }
            Found::Unknown(unknown) => {
                let about = About::unknown(message, &unknown);
                about.surround(async move { on_unknown(unknown, message).await }).await
            }
        };
        handled.map_err(DeliveryError::Handler)
    }

    /// Reads up to the event.
    async fn find(&self, stream: &'static StreamInfo) -> Result<Found<'a>, DeliveryError> {
        let Some(value) = self.message.value() else { return Ok(Found::Unknown(Unknown::Tombstone)) };
        let (schema_id, datum) = read_frame(value)?;
        let plan = self.reader.plan(stream, schema_id).await?;

        let mut input = Decoder::new(datum, self.reader.limits());
        let count = plan.branches(stream);
        let index = input.branch(count);
        // After an error there is no branch, whatever the index says.
        match plan.branch(index).filter(|_| !input.failed()) {
            Some(Branch::Ours(branch)) => Ok(Found::Event(Undecoded { stream, branch, schema_id, input })),
            Some(Branch::Unknown(fullname)) => Ok(Found::Unknown(Unknown::Event {
                fullname: fullname.to_owned(),
                schema_id,
                datum: input.rest().to_vec(),
            })),
            Some(Branch::Different(fullname)) => Err(DeliveryError::Incompatible {
                event: fullname.to_owned(),
                writer: schema_id,
                reader: self.reader.own_id(stream).unwrap_or(schema_id),
            }),
            None => Err(DeliveryError::Decode {
                event: stream.name.to_owned(),
                schema_id,
                error: input.no_such_branch(index, count),
            }),
        }
    }
}

/// What surrounds the handling of one message.
struct About {
    span: Span,
    correlation_id: Source,
}

impl About {
    fn event(message: &Message, info: Option<&EventInfo>, event: &impl EventView) -> Self {
        // Where it has no correlation id, its event id: so that what it causes can be traced to it.
        let correlation_id = match (event.correlation_id(), event.event_id()) {
            (Some(id), _) => Source::Id(id.into()),
            (None, Some(id)) => Source::Uuid(id),
            (None, None) => Source::None,
        };
        let span = span(message, info.map(|event| event.event_type));
        if !span.is_disabled() {
            span.record("event_id", event.event_id().map(tracing::field::display));
            match &correlation_id {
                Source::None => {}
                Source::Uuid(id) => drop(span.record("correlation_id", tracing::field::display(id))),
                Source::Id(id) => drop(span.record("correlation_id", id.as_str())),
            }
        }
        span.in_scope(|| tracing::debug!("handling an event"));
        Self { span, correlation_id }
    }

    fn unknown(message: &Message, unknown: &Unknown) -> Self {
        let event_type = match unknown {
            Unknown::Tombstone => "tombstone",
            Unknown::Event { fullname, .. } => fullname,
        };
        let span = span(message, Some(event_type));
        span.in_scope(|| tracing::debug!("handling what is no event of this build"));
        Self { span, correlation_id: Source::None }
    }

    async fn surround(self, handling: impl Future<Output = Handled>) -> Handled {
        correlation::scope_of(self.correlation_id, handling).instrument(self.span).await
    }
}

fn span(message: &Message, event_type: Option<&str>) -> Span {
    tracing::debug_span!(
        "handle",
        topic = message.topic(),
        partition = message.partition(),
        offset = message.offset(),
        event_type,
        event_id = tracing::field::Empty,
        correlation_id = tracing::field::Empty,
    )
}

#[cfg(test)]
mod tests;
