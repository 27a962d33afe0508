//! What an event and a stream are.
//!
//! An *event* is what a user publishes and handles: an Avro record with an identity. A *stream* is the set of
//! events of one topic: a generated enum with one variant per branch of the topic's root union.

mod headers;
mod info;
mod key;
mod message;
mod policy;
mod unknown;

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

pub use headers::{Header, HeaderPolicy, Headers};
pub use info::{EventInfo, StreamInfo, TopicSpec};
#[doc(hidden)]
pub use key::KeyField;
#[cfg(feature = "kafka")]
pub(crate) use message::{Carrier, Outline};
pub use message::{Message, MessageBuilder};
pub use policy::FailurePolicy;
pub(crate) use policy::Failures;
pub use unknown::Unknown;

use crate::codec::{Decoder, Encode, View};

/// An event: a record of a stream, or the stream's enum over all of them.
///
/// Implemented by generated code. What the methods return comes from the schema: the names from the record,
/// the rest from the fields that `cq.key` and `cq.role` name.
pub trait Event: Send + Sync + 'static {
    /// The record's Avro fullname, for example `chip_quality.inspection.InspectionCreated`.
    fn fullname(&self) -> &'static str;

    /// The name of the event for people and metrics, for example `INSPECTION_CREATED`.
    fn event_type(&self) -> &'static str;

    /// The bytes of the message key: the text of a string or UUID, an integer in decimal. None where the record
    /// has no `cq.key`, or where the key field is null.
    fn key(&self) -> Option<Cow<'_, [u8]>>;

    /// The value of the field with the role `event_id`.
    fn event_id(&self) -> Option<Uuid>;

    /// The value of the field with the role `occurred_at`.
    fn occurred_at(&self) -> Option<Timestamp>;

    /// The value of the field with the role `correlation_id`.
    fn correlation_id(&self) -> Option<&str>;

    /// Sets the field with the role `correlation_id`; does nothing where the record has none.
    fn set_correlation_id(&mut self, id: String);
}

/// What is read of an event, or of a borrowed view of one, whose strings and bytes point into the message.
///
/// Implemented for every event, and by generated code for the views of records and for the enum over those of a
/// stream.
pub trait EventView: Send + Sync {
    /// The value of the field with the role `event_id`.
    fn event_id(&self) -> Option<Uuid>;

    /// The value of the field with the role `correlation_id`.
    fn correlation_id(&self) -> Option<&str>;
}

impl<E: Event> EventView for E {
    fn event_id(&self) -> Option<Uuid> {
        Event::event_id(self)
    }

    fn correlation_id(&self) -> Option<&str> {
        Event::correlation_id(self)
    }
}

/// An event that can be looked at without being copied out of the message.
///
/// Implemented by generated code, for records.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event with a borrowed view",
    label = "not an event",
    note = "events are the records that `cq-events-build` generates for the branches of a stream"
)]
pub trait Viewed {
    /// The event's view.
    type View<'a>: EventView;
}

/// What the schemas say of a stream. Emitted by `cq-events-build`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event stream",
    label = "not a stream's enum",
    note = "streams are the enums that `cq-events-build` generates, such as `InspectionEvent`"
)]
pub trait StreamSchema {
    /// Topic, schema and events of the stream.
    const STREAM: &'static StreamInfo;
}

/// The events of one topic: the generated enum, with `#[derive(EventStream)]`.
///
/// Its [`Encode`] appends the datum: the index of the branch, then the record (Avro 1.12, "Unions").
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event stream",
    label = "`{Self}` is not a stream's enum",
    note = "streams are the enums that `cq-events-build` generates, such as `InspectionEvent`"
)]
pub trait EventStream: StreamSchema + Event + Encode + Sized {
    /// The index of the event's branch in this build's schema, and the record by itself: what is written where each event
    /// has a subject of its own.
    fn record(&self) -> (usize, &dyn Encode);

    /// Reads the record of the branch at `branch` in this build's schema, or None where there is no such branch.
    ///
    /// The decoder remembers its first error and yields zero values after it, so the result counts only if
    /// [`Decoder::finish`] succeeds.
    fn decode_branch(branch: usize, input: &mut Decoder<'_>) -> Option<Self>;
}

/// A stream whose events can be looked at without being copied out of the message.
pub trait BorrowedStream: EventStream {
    /// The enum over the views of the stream's events.
    type Ref<'a>: EventView + View<Self>;

    /// As [`EventStream::decode_branch`], for a view.
    fn decode_branch_ref<'a>(branch: usize, input: &mut Decoder<'a>) -> Option<Self::Ref<'a>>;
}
