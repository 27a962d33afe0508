//! The stream of the simulation, and what handles it: as users write them.
#![allow(dead_code, unreachable_pub, reason = "the producer that the derive emits")]

use std::borrow::Cow;
use std::panic::resume_unwind;

use jiff::Timestamp;
use uuid::Uuid;

use super::clock::Clock;
use super::courses::{Course, Courses, End};
use super::nature::Nature;
use crate::codec::{Decode, Decoder, Encode, Encoder, write_frame};
use crate::consume::{Failure, Handled};
use crate::event::{Event, EventInfo, HeaderPolicy, Message, StreamInfo, StreamSchema, TopicSpec, Unknown};
use crate::registry::SchemaId;

pub(super) const TOPIC: &str = "simulated.events";

/// Its id.
pub(super) const OWN: SchemaId = SchemaId::new(1);

/// An id that no registry knows.
pub(super) const NOBODYS: SchemaId = SchemaId::new(0);

/// The schema of this build.
pub(super) const SCHEMA: &str = r#"[{"type": "record", "name": "WorkSet", "namespace": "simulated", "fields": [
    {"name": "number", "type": "long"}, {"name": "ordeal", "type": "long"}]}]"#;

/// What newer programs write.
pub(super) const NEWER_SCHEMA: &str = r#"[{"type": "record", "name": "WorkSet", "namespace": "simulated", "fields": [
    {"name": "number", "type": "long"}, {"name": "note", "type": "string"}, {"name": "ordeal", "type": "long"}]}]"#;

/// The only event: some work is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkSet {
    /// The offset at which it was published, to tell it from others.
    pub(super) number: i64,
    /// How it is to fare ([`Nature`]).
    pub(super) ordeal: i64,
}

impl Encode for WorkSet {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.long(self.number);
        out.long(self.ordeal);
    }
}

impl Decode<'_> for WorkSet {
    fn decode(input: &mut Decoder<'_>) -> Self {
        Self { number: input.long(), ordeal: input.long() }
    }
}

impl Event for WorkSet {
    fn fullname(&self) -> &'static str {
        "simulated.WorkSet"
    }

    fn event_type(&self) -> &'static str {
        "WORK_SET"
    }

    fn key(&self) -> Option<Cow<'_, [u8]>> {
        None
    }

    fn event_id(&self) -> Option<Uuid> {
        None
    }

    fn occurred_at(&self) -> Option<Timestamp> {
        None
    }

    fn correlation_id(&self) -> Option<&str> {
        None
    }

    fn set_correlation_id(&mut self, _: String) {}
}

/// The stream.
#[derive(Clone, Debug, PartialEq, crate::EventStream)]
pub enum WorkEvent {
    /// Some work is to be done.
    WorkSet(WorkSet),
}

impl StreamSchema for WorkEvent {
    const STREAM: &'static StreamInfo = &StreamInfo::new(
        "work",
        TOPIC,
        SCHEMA,
        &[EventInfo::new("simulated.WorkSet", "WORK_SET")],
        HeaderPolicy::None,
        TopicSpec::new(1, None, &[]),
    );
}

/// The GUID of what has this id.
pub(super) fn guid(id: SchemaId) -> Uuid {
    Uuid::from_u128(u128::from(id.get()))
}

/// What a header says that names a schema by its GUID.
pub(super) fn guid_header(id: SchemaId) -> Vec<u8> {
    [&[1], &guid(id).as_bytes()[..]].concat()
}

/// The value of a message that was written with a schema.
pub(super) fn value(event: WorkSet, schema: SchemaId) -> Vec<u8> {
    let mut value = Vec::new();
    write_frame(schema, &mut value);
    let mut encoder = Encoder::new(&mut value);
    if schema == OWN {
        WorkEvent::from(event).encode(&mut encoder);
    } else {
        encoder.branch(0);
        encoder.long(event.number);
        encoder.string("new");
        encoder.long(event.ordeal);
    }
    value
}

/// The handler of a simulated consumer.
#[derive(crate::EventHandler)]
#[handles(WorkEvent)]
pub(super) struct Worker {
    pub(super) clock: Clock,
    pub(super) courses: Courses,
}

impl WorkEventHandler for Worker {
    async fn on_work_set(&self, event: WorkSet, message: &Message) -> Handled {
        if event.number != message.offset() {
            return Err(Failure::stop("this is another message's event"));
        }
        let Course { time, end } = self.courses.next(message, Nature::of_ordeal(event.ordeal));
        self.clock.sleep(time).await;
        match end {
            End::Success => Ok(()),
            End::Retry => Err(Failure::retry("as the seed says")),
            End::Reject => Err(Failure::reject("as the seed says")),
            End::Stop => Err(Failure::stop("as the seed says")),
            // Without the hook's words.
            End::Panic => resume_unwind(Box::new("as the seed says")),
        }
    }

    async fn on_unknown(&self, _: Unknown, _: &Message) -> Handled {
        Err(Failure::stop("all events of the simulation are known"))
    }
}
