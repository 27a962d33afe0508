//! The stream of the simulation, and what handles it: as users write them.
#![allow(dead_code, unreachable_pub, reason = "the producer that the derive emits")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::clock::Clock;
use super::random::Random;
use crate::codec::{Decode, Decoder, Encode, Encoder, write_frame};
use crate::consume::{Failure, Handled};
use crate::event::{Event, EventInfo, HeaderPolicy, Message, StreamInfo, StreamSchema, TopicSpec, Unknown};
use crate::registry::{RegistryError, RegistryFuture, SchemaId, SchemaRegistry};

pub(super) const TOPIC: &str = "simulated.events";

/// The only event: some work is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkSet {
    /// The offset at which it was published, to tell it from others.
    number: i64,
}

impl Encode for WorkSet {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.long(self.number);
    }
}

impl Decode<'_> for WorkSet {
    fn decode(input: &mut Decoder<'_>) -> Self {
        Self { number: input.long() }
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
        "[]",
        &[EventInfo::new("simulated.WorkSet", "WORK_SET")],
        HeaderPolicy::None,
        TopicSpec::new(1, None, &[]),
    );
}

const SCHEMA: SchemaId = SchemaId::new(1);

/// Knows the schema of the stream.
#[derive(Debug)]
pub(super) struct OneSchema;

impl SchemaRegistry for OneSchema {
    fn id_of<'a>(&'a self, _subject: &'a str, _schema: &'a str) -> RegistryFuture<'a, SchemaId> {
        Box::pin(async { Ok(SCHEMA) })
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        Box::pin(async move { Err(RegistryError::UnknownId { id, registry: "the simulation".to_owned() }) })
    }
}

/// The value of the message at an offset.
pub(super) fn value(offset: i64) -> Vec<u8> {
    let mut value = Vec::new();
    write_frame(SCHEMA, &mut value);
    let mut encoder = Encoder::new(&mut value);
    WorkEvent::from(WorkSet { number: offset }).encode(&mut encoder);
    value
}

/// What handling a message will be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    pub(super) time: Duration,
    pub(super) fails: bool,
}

/// Decides how each message is handled: a message that was trouble twice is no more.
#[derive(Clone)]
pub(super) struct Courses(Arc<Mutex<State>>);

struct State {
    random: Random,
    attempts: BTreeMap<(i32, i64), u32>,
    is_calm: bool,
}

impl Courses {
    pub(super) fn new(random: Random) -> Self {
        Self(Arc::new(Mutex::new(State { random, attempts: BTreeMap::new(), is_calm: false })))
    }

    /// From now on all goes well.
    pub(super) fn calm(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_calm = true;
    }

    fn next(&self, message: &Message) -> Course {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let attempts = state.attempts.entry((message.partition(), message.offset())).or_default();
        *attempts += 1;
        let is_tame = *attempts > 2 || state.is_calm;
        let (kind, random) = (state.random.below(1_000), &mut state.random);
        let time = match kind {
            0..300 => Duration::ZERO,
            300..900 => random.millis(1..60),
            900..996 => random.millis(100..1_500),
            // Longer than every deadline.
            _ if is_tame => random.millis(1..60),
            _ => Duration::from_secs(1_000),
        };
        Course { time, fails: !is_tame && random.one_in(400) }
    }
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
            return Err(Failure::retry("this is another message's event"));
        }
        let course = self.courses.next(message);
        self.clock.sleep(course.time).await;
        if course.fails { Err(Failure::retry("as the seed says")) } else { Ok(()) }
    }

    async fn on_unknown(&self, _: Unknown, _: &Message) -> Handled {
        Err(Failure::retry("all events of the simulation are known"))
    }
}
