//! One message on its way to a handler.

mod error;
mod read;

use std::sync::OnceLock;

use tracing::{Instrument, Span};

pub use self::error::DeliveryError;
use self::read::Content;
use super::reader::Reader;
use super::{DispatchBorrowedTo, DispatchTo, Handled};
use crate::codec::Decoder;
use crate::event::{EventInfo, EventView, Message, StreamInfo, Unknown};
use crate::observe::correlation::{self, Source};

/// A message that is about to be handled, and what it is read with.
#[derive(Debug)]
pub struct Delivery<'a> {
    message: &'a Message,
    reader: &'a Reader,
    scratch: &'a Scratch,
}

/// Where a record lies that was not written as this build has it: views point into it as they do into a message.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Of what the front of the value says.
    by_front: OnceLock<Vec<u8>>,
    /// Of what the headers say.
    by_headers: OnceLock<Vec<u8>>,
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
        decode_branch: impl Fn(usize, &mut Decoder<'a>) -> Option<E>,
        on_event: impl FnOnce(E, &'a Message) -> F,
        on_unknown: impl FnOnce(Unknown, &'a Message) -> U,
    ) -> Result<(), DeliveryError>
    where
        F: Future<Output = Handled>,
        U: Future<Output = Handled>,
    {
        let message = self.message;
        let handled = match self.read(stream, decode_branch).await? {
            Content::Event(event, info) => {
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
