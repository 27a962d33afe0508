#![allow(dead_code, unreachable_pub)] // the producer that the derive emits

mod written;

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::codec::{Decode, DecodeLimits, Encode, Encoder, write_frame};
use crate::consume::Failure;
use crate::consume::{EventHandler, Handled};
use crate::event::{Event, HeaderPolicy, StreamSchema, TopicSpec, Viewed};
use crate::registry::{RegistryError, RegistryFuture, SchemaId, SchemaRegistry, SubjectSchema};

#[derive(Clone, Debug, PartialEq)]
struct DoorOpened {
    id: i64,
    by: Option<String>,
}

impl Encode for DoorOpened {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.long(self.id);
        out.optional(0, self.by.as_ref(), |out, by| out.string(by));
    }
}

impl Decode<'_> for DoorOpened {
    fn decode(input: &mut Decoder<'_>) -> Self {
        Self { id: input.long(), by: input.optional(0, Decoder::string) }
    }
}

impl Event for DoorOpened {
    fn fullname(&self) -> &'static str {
        "test.DoorOpened"
    }

    fn event_type(&self) -> &'static str {
        "DOOR_OPENED"
    }

    fn key(&self) -> Option<Cow<'_, [u8]>> {
        None
    }

    fn event_id(&self) -> Option<Uuid> {
        Some(Uuid::from_u128(7))
    }

    fn occurred_at(&self) -> Option<Timestamp> {
        None
    }

    fn correlation_id(&self) -> Option<&str> {
        self.by.as_deref()
    }

    fn set_correlation_id(&mut self, id: String) {
        self.by = Some(id);
    }
}

#[derive(Clone, Debug, PartialEq)]
struct DoorOpenedRef<'a> {
    id: i64,
    by: Option<&'a str>,
}

impl DoorOpenedRef<'_> {
    fn to_owned(&self) -> DoorOpened {
        DoorOpened { id: self.id, by: self.by.map(str::to_owned) }
    }
}

impl<'a> Decode<'a> for DoorOpenedRef<'a> {
    fn decode(input: &mut Decoder<'a>) -> Self {
        Self { id: input.long(), by: input.optional(0, text) }
    }
}

/// A string where it lies.
fn text<'a>(input: &mut Decoder<'a>) -> &'a str {
    let before = input.rest();
    let length = input.string().len();
    let read = &before[..before.len() - input.rest().len()];
    std::str::from_utf8(&read[read.len() - length..]).unwrap()
}

impl EventView for DoorOpenedRef<'_> {
    fn event_id(&self) -> Option<Uuid> {
        Some(Uuid::from_u128(7))
    }

    fn correlation_id(&self) -> Option<&str> {
        self.by
    }
}

impl Viewed for DoorOpened {
    type View<'a> = DoorOpenedRef<'a>;
}

#[derive(Clone, Debug, PartialEq, crate::EventStream)]
enum DoorEvent {
    #[view(DoorOpenedRef)]
    DoorOpened(DoorOpened),
}

impl StreamSchema for DoorEvent {
    const STREAM: &'static StreamInfo = &StreamInfo::new(
        "door",
        "door.events",
        r#"[{"type": "record", "name": "test.DoorOpened", "fields": [
            {"name": "id", "type": "long"}, {"name": "by", "type": ["null", "string"]}]}]"#,
        &[EventInfo::new("test.DoorOpened", "DOOR_OPENED")],
        HeaderPolicy::None,
        TopicSpec::new(1, None, &[]),
    );
}

/// Knows the schema of the stream, and at most one other.
#[derive(Debug)]
struct Schemas(Option<&'static str>);

const OWN: SchemaId = SchemaId::new(1);
const OTHER: SchemaId = SchemaId::new(2);

impl SchemaRegistry for Schemas {
    fn id_of<'a>(&'a self, _: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        Box::pin(async { Ok(OWN) })
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        let other = self.0.filter(|_| id == OTHER).map(Arc::from);
        Box::pin(async move {
            other.ok_or_else(|| RegistryError::UnknownId { id, registry: "the test".to_owned() })
        })
    }

    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        Box::pin(async move { Err(RegistryError::UnknownGuid { guid, registry: "the test".to_owned() }) })
    }
}

#[derive(Default, crate::EventHandler)]
#[handles(DoorEvent)]
struct Porter {
    seen: Mutex<Vec<String>>,
}

impl DoorEventHandler for Porter {
    async fn on_door_opened(&self, event: DoorOpened, _message: &Message) -> Handled {
        if event.id < 0 {
            return Err(Failure::retry("no such door"));
        }
        let correlation_id = correlation::current().map(|id| id.to_string()).unwrap_or_default();
        self.seen.lock().unwrap().push(format!("door {} for {correlation_id}", event.id));
        Ok(())
    }

    async fn on_unknown(&self, unknown: Unknown, _message: &Message) -> Handled {
        self.seen.lock().unwrap().push(format!("{unknown:?}"));
        Ok(())
    }
}

/// As [`Porter`], but looks at the events where they lie.
#[derive(Default, crate::EventHandler)]
#[handles(borrowed DoorEvent)]
struct Watchman {
    seen: Mutex<Vec<String>>,
}

impl DoorEventRefHandler for Watchman {
    async fn on_door_opened(&self, event: DoorOpenedRef<'_>, message: &Message) -> Handled {
        if event.id < 0 {
            return Err(Failure::retry("no such door"));
        }
        // What was written with another schema lies beside it.
        let value = message.value().unwrap();
        let points_into_it = value[4] != OWN.get() as u8
            || event.by.is_none_or(|by| value.as_ptr_range().contains(&by.as_ptr()));
        let correlation_id = correlation::current().map(|id| id.to_string()).unwrap_or_default();
        // A view may be held over an await.
        std::future::ready(()).await;
        self.seen.lock().unwrap().push(format!("door {} for {correlation_id}", event.id));
        assert!(
            points_into_it && event == DoorOpenedRef { id: event.id, by: event.to_owned().by.as_deref() }
        );
        Ok(())
    }

    async fn on_unknown(&self, unknown: Unknown, _message: &Message) -> Handled {
        self.seen.lock().unwrap().push(format!("{unknown:?}"));
        Ok(())
    }
}

#[derive(crate::EventHandler)]
#[handles(borrowed DoorEvent)]
struct Sleeper;

impl DoorEventRefHandler for Sleeper {
    crate::skip!(borrowed DoorOpened);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Err(Failure::retry("the sleeper was woken"))
    }
}

/// Polls a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

fn value(schema_id: SchemaId, id: i64, by: Option<&str>) -> Vec<u8> {
    let mut value = Vec::new();
    write_frame(schema_id, &mut value);
    let mut encoder = Encoder::new(&mut value);
    DoorEvent::DoorOpened(DoorOpened { id, by: by.map(str::to_owned) }).encode(&mut encoder);
    encoder.finish().unwrap();
    value
}

fn reader() -> Reader {
    reader_with(None)
}

/// A reader for which [`OTHER`] is the id of this schema.
fn reader_of(writer: &'static str) -> Reader {
    reader_with(Some(writer))
}

fn reader_with(other: Option<&'static str>) -> Reader {
    now(Reader::new(Arc::new(Schemas(other)), DecodeLimits::default(), &[DoorEvent::STREAM])).unwrap()
}

/// What the handlers make of a value: an owned one, and a borrowed one that must do the same.
fn deliver(value: Option<Vec<u8>>) -> (Result<(), DeliveryError>, Vec<String>) {
    let message = Message::new("door.events", 0, 0).value(value).build();
    let (reader, porter, watchman) = (reader(), Porter::default(), Watchman::default());
    let result = now(porter.handle(0, Delivery::new(&message, &reader, &Scratch::default())));
    let borrowed = now(watchman.handle(0, Delivery::new(&message, &reader, &Scratch::default())));
    assert_eq!(format!("{borrowed:?}"), format!("{result:?}"));
    let seen = porter.seen.into_inner().unwrap();
    assert_eq!(watchman.seen.into_inner().unwrap(), seen);
    (result, seen)
}

fn error_of(value: Vec<u8>) -> String {
    let (result, seen) = deliver(Some(value));
    assert_eq!(seen, Vec::<String>::new());
    result.unwrap_err().to_string()
}

#[test]
fn an_event_reaches_its_method_with_its_correlation_id() {
    let (result, seen) = deliver(Some(value(OWN, 5, Some("order-1"))));
    result.unwrap();
    assert_eq!(seen, ["door 5 for order-1"]);
}

#[test]
fn an_event_without_correlation_id_is_correlated_by_its_event_id() {
    let (result, seen) = deliver(Some(value(OWN, 5, None)));
    result.unwrap();
    assert_eq!(seen, [format!("door 5 for {}", Uuid::from_u128(7))]);
}

#[test]
fn a_closure_over_the_stream_is_called_as_a_handler_is() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (events, unknowns) = (Arc::clone(&seen), Arc::clone(&seen));
    let closure = crate::consume::handle(move |event: DoorEvent, message| {
        // Before its future is polled, a closure is at work for the event already.
        let correlation_id = correlation::current().map(|id| id.to_string()).unwrap_or_default();
        let events = Arc::clone(&events);
        async move {
            let DoorEvent::DoorOpened(event) = event;
            if event.id < 0 {
                return Err(Failure::retry("no such door"));
            }
            assert_eq!(correlation::current().as_deref(), Some(&*correlation_id));
            events.lock().unwrap().push(format!(
                "{}: door {} for {correlation_id}",
                message.topic(),
                event.id
            ));
            Ok(())
        }
    })
    .on_unknown(move |unknown, message| {
        let unknowns = Arc::clone(&unknowns);
        async move {
            unknowns.lock().unwrap().push(format!("{}: {unknown:?}", message.topic()));
            Ok(())
        }
    });
    let reader = reader();
    let deliver = |stream, value| {
        let message = Message::new("door.events", 0, 0).value(value).build();
        now(closure.handle(stream, Delivery::new(&message, &reader, &Scratch::default())))
    };
    deliver(0, Some(value(OWN, 5, Some("order-1")))).unwrap();
    deliver(0, None).unwrap();
    let error = deliver(0, Some(value(OWN, -1, None))).unwrap_err();
    assert_eq!(error.to_string(), "the handler failed: no such door");
    assert!(matches!(deliver(1, None), Err(DeliveryError::Unrouted { .. })));
    assert_eq!(*seen.lock().unwrap(), ["door.events: door 5 for order-1", "door.events: Tombstone"]);
}

#[test]
fn a_skipped_event_is_done_and_what_is_none_is_not_skipped() {
    let reader = reader();
    let message = |value| Message::new("door.events", 0, 0).value(value).build();
    now(Sleeper.handle(0, Delivery::new(&message(Some(value(OWN, 5, None))), &reader, &Scratch::default())))
        .unwrap();
    let error =
        now(Sleeper.handle(0, Delivery::new(&message(None), &reader, &Scratch::default()))).unwrap_err();
    assert_eq!(error.to_string(), "the handler failed: the sleeper was woken");
}

#[test]
fn a_view_of_a_stream_becomes_its_owned_event() {
    let value = value(OWN, 5, Some("order-1"));
    let view = crate::codec::decode_borrowed::<DoorEvent>(&value[5..], DecodeLimits::default()).unwrap();
    assert_eq!((view.event_id(), view.correlation_id()), (Some(Uuid::from_u128(7)), Some("order-1")));
    assert!(matches!(view.clone(), DoorEventRef::DoorOpened(opened) if opened.by == Some("order-1")));
    assert_eq!(view.to_owned(), crate::codec::decode(&value[5..], DecodeLimits::default()).unwrap());
}

#[test]
fn a_tombstone_goes_to_on_unknown() {
    let (result, seen) = deliver(None);
    result.unwrap();
    assert_eq!(seen, ["Tombstone"]);
}

#[test]
fn what_another_schema_says_is_resolved_and_what_the_build_does_not_know_goes_to_on_unknown() {
    let writer = r#"[
        {"type": "record", "name": "test.DoorClosed", "fields": [{"name": "id", "type": "long"}]},
        {"type": "record", "name": "test.DoorOpened", "fields": [
            {"name": "by", "type": ["null", "string"]},
            {"name": "key", "type": "bytes"},
            {"name": "id", "type": "int"}]}
    ]"#;
    let reader = reader_of(writer);
    let (porter, watchman) = (Porter::default(), Watchman::default());
    let deliver = |datum: &[u8]| {
        let value = [&[0, 0, 0, 0, 2], datum].concat();
        let message = Message::new("door.events", 0, 0).value(Some(value)).build();
        let result = now(porter.handle(0, Delivery::new(&message, &reader, &Scratch::default())));
        let borrowed = now(watchman.handle(0, Delivery::new(&message, &reader, &Scratch::default())));
        assert_eq!(format!("{borrowed:?}"), format!("{result:?}"));
        result
    };
    deliver(&[0, 42]).unwrap();
    // by "ab", key 1 byte, id 5
    deliver(&[2, 2, 4, b'a', b'b', 2, 9, 10]).unwrap();
    let unknown =
        Unknown::Event { fullname: "test.DoorClosed".to_owned(), schema: OTHER.into(), datum: vec![42] };
    let seen = porter.seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], format!("{unknown:?}"));
    assert_eq!(seen[1], "door 5 for ab");
    assert_eq!(*watchman.seen.lock().unwrap(), *seen);
    drop(seen);

    // An offset is that of the writer's datum, whatever a program made of it.
    let error = deliver(&[2, 2, 4, b'a', 0xFF, 2, 9, 10]).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot read test.DoorOpened (schema id 2): at byte 2 of the datum, DoorOpened.by: a string is not UTF-8"
    );
    let error = deliver(&[2, 2, 4, b'a', b'b', 4, 9]).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot read test.DoorOpened (schema id 2): at byte 5 of the datum, DoorOpened.key: a length of 2 with 1 bytes \
         left"
    );
}

#[test]
fn an_event_that_cannot_be_read_says_why_and_does_not_condemn_others() {
    let writer = r#"[
        {"type": "record", "name": "test.DoorOpened", "fields": [{"name": "by", "type": ["null", "string"]}]},
        {"type": "record", "name": "test.DoorClosed", "fields": []}
    ]"#;
    let reader = reader_of(writer);
    let porter = Porter::default();
    let deliver = |datum: &[u8]| {
        let value = [&[0, 0, 0, 0, 2], datum].concat();
        let message = Message::new("door.events", 0, 0).value(Some(value)).build();
        now(porter.handle(0, Delivery::new(&message, &reader, &Scratch::default())))
    };
    assert_eq!(
        deliver(&[0, 0]).unwrap_err().to_string(),
        "cannot read test.DoorOpened, written with schema id 2, by this build's schema id 1: test.DoorOpened cannot be \
         read as this build has it: DoorOpened.id: the writer's `test.DoorOpened` has no field `id`, and it has no \
         default here: give it one, or name the writer's field in its \"aliases\" [missing-field-without-default]"
    );
    deliver(&[2]).unwrap();
}

#[test]
fn what_cannot_be_decoded_says_what_and_where() {
    let whole = value(OWN, 5, None);
    let mut too_long = whole.clone();
    too_long.push(0);
    assert_eq!(
        error_of(too_long),
        "cannot read test.DoorOpened (schema id 1): at byte 3 of the datum: 1 bytes are left over after the event"
    );
    assert_eq!(
        error_of(whole[..whole.len() - 1].to_vec()),
        "cannot read test.DoorOpened (schema id 1): at byte 2 of the datum, DoorOpened.by: the datum ends within a value"
    );
    assert_eq!(
        error_of(vec![0, 0, 0, 0, 1, 2]),
        "cannot read door (schema id 1): at byte 0 of the datum: branch 1 of a union with 1 branches"
    );
    assert!(error_of(b"{}".to_vec()).contains("first byte is 0x7b"));
}

#[test]
fn an_unknown_schema_id_is_an_error() {
    assert_eq!(
        error_of(value(OTHER, 5, None)),
        "cannot look up the writer's schema: schema id 2 is unknown to the test"
    );
}

#[test]
fn a_failure_of_the_handler_keeps_its_cause() {
    assert_eq!(error_of(value(OWN, -1, None)), "the handler failed: no such door");
}
