//! One message on its way to a handler.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::{Instrument, Span};

use super::engine::Verdict;
use super::failure::chain;
use super::reader::{Plan, Reader};
use super::{DispatchBorrowedTo, DispatchTo, Failure, Handled, Outcome};
use crate::codec::{DecodeError, DecodeLimits, Decoder, Found, FrameError, ResolveError, read_frame};
use crate::dead_letter::ErrorKind;
use crate::event::{EventInfo, EventView, Message, StreamInfo, Unknown};
use crate::observe::correlation::{self, Source};
use crate::registry::{RegistryError, SchemaId};

/// A message that is about to be handled, and what it is read with.
#[derive(Debug)]
pub struct Delivery<'a> {
    message: &'a Message,
    reader: &'a Reader,
    scratch: &'a Scratch,
}

/// Where a record lies that was not written as this build has it: views point into it as they do into a message.
#[derive(Debug, Default)]
pub(crate) struct Scratch(OnceLock<Vec<u8>>);

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
    /// This build cannot read what the writer has written.
    #[error(
        "cannot read {event}, written with schema id {writer}, by this build's schema id {reader}: {error}"
    )]
    Incompatible {
        /// The event's fullname.
        event: String,
        /// The writer's schema.
        writer: SchemaId,
        /// This build's schema.
        reader: SchemaId,
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
            Self::Registry(RegistryError::UnknownId { .. } | RegistryError::UnknownGuid { .. }) => {
                ErrorKind::UnknownSchema
            }
            Self::Decode { .. } => ErrorKind::Undecodable,
            Self::WriterSchema { .. }
            | Self::Incompatible { .. }
            | Self::Registry(RegistryError::Schema { .. }) => ErrorKind::Unresolvable,
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
            Self::Registry(RegistryError::UnknownId { .. } | RegistryError::UnknownGuid { .. }) => {
                Verdict::Retry
            }
            Self::Registry(RegistryError::Schema { .. }) => Verdict::Reject,
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

/// What a message turned out to be.
enum Content<'m> {
    Event(Undecoded<'m>),
    Unknown(Unknown),
}

/// An event of this build that is not decoded yet.
struct Undecoded<'m> {
    stream: &'static StreamInfo,
    branch: usize,
    schema_id: SchemaId,
    input: Decoder<'m>,
    plan: Arc<Plan>,
    /// Which program has made it of the datum.
    entry: Option<usize>,
    datum: &'m [u8],
    limits: DecodeLimits,
}

impl<'m> Undecoded<'m> {
    fn info(&self) -> Option<&'static EventInfo> {
        self.stream.events.get(self.branch)
    }

    fn decode<E>(
        mut self,
        decode_branch: impl FnOnce(usize, &mut Decoder<'m>) -> Option<E>,
    ) -> Result<E, DeliveryError> {
        let info = self.info();
        let error = match decode_branch(self.branch, &mut self.input) {
            Some(event) => match self.input.finish() {
                Ok(()) => return Ok(event),
                Err(error) => error,
            },
            None => self.input.no_such_branch(self.branch, self.stream.events.len()),
        };
        let error = match &*self.plan {
            Plan::Own(places) => error.placed(places, self.datum),
            Plan::Other(resolution) => resolution.explain(error, self.entry, self.datum, self.limits),
        };
        let event = info.map_or(self.stream.name, |event| event.fullname).to_owned();
        Err(DeliveryError::Decode { event, schema_id: self.schema_id, error })
    }
}

impl<'a> Delivery<'a> {
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer makes them"))]
    pub(crate) fn new(message: &'a Message, reader: &'a Reader, scratch: &'a Scratch) -> Self {
        Self { message, reader, scratch }
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
            Content::Event(found) => {
                let info = found.info();
                let event = found.decode(decode_branch)?;
                let about = About::event(message, info, &event);
                about.surround(async move { on_event(event, message).await }).await
            }
            Content::Unknown(unknown) => {
                let about = About::unknown(message, &unknown);
                about.surround(async move { on_unknown(unknown, message).await }).await
            }
        };
        handled.map_err(DeliveryError::Handler)
    }

    /// Reads up to the event.
    async fn find(&self, stream: &'static StreamInfo) -> Result<Content<'a>, DeliveryError> {
        let Some(value) = self.message.value() else { return Ok(Content::Unknown(Unknown::Tombstone)) };
        let (schema_id, datum) = read_frame(value)?;
        let plan = self.reader.plan(stream, schema_id).await?;
        let limits = self.reader.limits();

        let (branch, input, entry) = match &*plan {
            Plan::Own(places) => {
                let mut input = Decoder::new(datum, limits);
                let branch = input.branch(stream.events.len());
                if input.failed() {
                    let event = stream.name.to_owned();
                    let error = input.no_such_branch(branch, stream.events.len()).placed(places, datum);
                    return Err(DeliveryError::Decode { event, schema_id, error });
                }
                (branch, input, None)
            }
            Plan::Other(resolution) => {
                let refuse = |branch| move |error| self.refusal(stream, schema_id, branch, error);
                match resolution.find(datum, limits).map_err(refuse(None))? {
                    Found::Event { branch, input } => (branch, input, None),
                    Found::Program { branch, entry, rest } => {
                        let mut record = Vec::with_capacity(datum.len());
                        let run = resolution.run(entry, (datum, rest), limits, &mut record);
                        run.map_err(refuse(Some(branch)))?;
                        let record = self.scratch.0.get_or_init(|| record);
                        (branch, Decoder::new(record, limits), Some(entry))
                    }
                    Found::Unknown { fullname, datum } => {
                        let (fullname, datum) = (fullname.to_owned(), datum.to_vec());
                        return Ok(Content::Unknown(Unknown::Event { fullname, schema_id, datum }));
                    }
                }
            }
        };
        Ok(Content::Event(Undecoded { stream, branch, schema_id, input, plan, entry, datum, limits }))
    }

    /// What was written with another schema cannot be read.
    fn refusal(
        &self,
        stream: &StreamInfo,
        writer: SchemaId,
        branch: Option<usize>,
        error: ResolveError,
    ) -> DeliveryError {
        let ours = branch.and_then(|branch| stream.events.get(branch)).map(|event| event.fullname);
        let event = match &error {
            ResolveError::Incompatible { event, .. } => event.clone(),
            _ => ours.unwrap_or(stream.name).to_owned(),
        };
        match error {
            ResolveError::Decode(error) => DeliveryError::Decode { event, schema_id: writer, error },
            error => {
                let reader = self.reader.own_id(stream).unwrap_or(writer);
                DeliveryError::Incompatible { event, writer, reader, error: Box::new(error) }
            }
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
