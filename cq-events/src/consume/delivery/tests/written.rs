//! With which schema a message was written: in front of its value or in a header, for the whole stream or for one event.

use std::collections::HashMap;

use super::*;
use crate::codec::SCHEMA_HEADER;
use crate::dead_letter::ErrorKind;
use crate::event::{Header, Headers};
use crate::registry::{SchemaRef, SubjectStrategy};

const OPENED: &str = r#"{"type": "record", "name": "test.DoorOpened", "fields": [
    {"name": "id", "type": "long"}, {"name": "by", "type": ["null", "string"]}]}"#;

/// Older ones, one with its fields the other way round.
const SWAPPED: &str = r#"{"type": "record", "name": "test.DoorOpened", "fields": [
    {"name": "by", "type": ["null", "string"]}, {"name": "id", "type": "long"}]}"#;
const NUMBERED: &str =
    r#"{"type": "record", "name": "test.DoorOpened", "fields": [{"name": "id", "type": "int"}]}"#;
const CLOSED: &str =
    r#"{"type": "record", "name": "test.DoorClosed", "fields": [{"name": "id", "type": "long"}]}"#;

/// The events of [`DoorEvent`], each with a subject of its own.
#[derive(Clone, Debug, PartialEq, crate::EventStream)]
enum GateEvent {
    #[view(DoorOpenedRef)]
    DoorOpened(DoorOpened),
}

impl StreamSchema for GateEvent {
    const STREAM: &'static StreamInfo = &StreamInfo::new(
        "gate",
        "gate.events",
        DoorEvent::STREAM.schema,
        &[EventInfo::new("test.DoorOpened", "DOOR_OPENED").with_schema(OPENED)],
        HeaderPolicy::None,
        TopicSpec::new(1, None, &[]),
    )
    .with_subjects(SubjectStrategy::Record);
}

#[derive(Default, crate::EventHandler)]
#[handles(DoorEvent, GateEvent)]
struct Guard {
    seen: Mutex<Vec<String>>,
}

impl DoorEventHandler for Guard {
    async fn on_door_opened(&self, event: DoorOpened, _: &Message) -> Handled {
        self.seen.lock().unwrap().push(format!("door {} by {:?}", event.id, event.by));
        Ok(())
    }

    async fn on_unknown(&self, unknown: Unknown, _: &Message) -> Handled {
        self.seen.lock().unwrap().push(format!("{unknown:?}"));
        Ok(())
    }
}

impl GateEventHandler for Guard {
    async fn on_door_opened(&self, event: DoorOpened, _: &Message) -> Handled {
        self.seen.lock().unwrap().push(format!("gate {} by {:?}", event.id, event.by));
        Ok(())
    }

    async fn on_unknown(&self, unknown: Unknown, _: &Message) -> Handled {
        self.seen.lock().unwrap().push(format!("{unknown:?}"));
        Ok(())
    }
}

/// The ids of what the two streams are written with.
const UNION: SchemaId = SchemaId::new(1);
const RECORD: SchemaId = SchemaId::new(2);

/// Knows what it is given, and the two streams by their subjects.
#[derive(Debug)]
struct Book(HashMap<SchemaRef, &'static str>);

impl Book {
    fn find(&self, schema: SchemaRef) -> Option<Arc<str>> {
        self.0.get(&schema).copied().map(Arc::from)
    }
}

impl SchemaRegistry for Book {
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        let id = match &*schema.subject {
            "door.events-value" => UNION,
            "test.DoorOpened" => RECORD,
            other => panic!("the subject {other}"),
        };
        Box::pin(async move { Ok(id) })
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        let unknown = move || RegistryError::UnknownId { id, registry: "the test".to_owned() };
        Box::pin(async move { self.find(id.into()).ok_or_else(unknown) })
    }

    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        let unknown = move || RegistryError::UnknownGuid { guid, registry: "the test".to_owned() };
        Box::pin(async move { self.find(guid.into()).ok_or_else(unknown) })
    }
}

/// What is read with what a registry knows.
struct Lodge {
    reader: Reader,
    guard: Guard,
}

impl Lodge {
    fn new<const N: usize>(schemas: [(SchemaRef, &'static str); N]) -> Self {
        let registry = Arc::new(Book(schemas.into_iter().collect()));
        let streams = [DoorEvent::STREAM, GateEvent::STREAM];
        let reader = now(Reader::new(registry, DecodeLimits::default(), &streams)).unwrap();
        Self { reader, guard: Guard::default() }
    }

    /// What is made of a message of one of the streams, with a header that names its schema.
    fn read(&self, stream: usize, header: Option<&[u8]>, value: &[u8]) -> Result<String, DeliveryError> {
        let topic = [DoorEvent::STREAM, GateEvent::STREAM][stream].topic;
        let header =
            header.map(|value| Header { key: SCHEMA_HEADER.to_owned(), value: Some(value.to_vec()) });
        let headers: Headers = header.into_iter().collect();
        let message = Message::new(topic, 0, 0).headers(headers).value(Some(value.to_vec())).build();
        now(self.guard.handle(stream, Delivery::new(&message, &self.reader, &Scratch::default())))?;
        Ok(self.guard.seen.lock().unwrap().pop().unwrap())
    }
}

const DOOR: usize = 0;
const GATE: usize = 1;

fn guid(number: u128) -> (Uuid, Vec<u8>) {
    let guid = Uuid::from_u128(number);
    (guid, [&[1], &guid.as_bytes()[..]].concat())
}

fn framed(id: SchemaId, datum: &[u8]) -> Vec<u8> {
    let mut value = Vec::new();
    write_frame(id, &mut value);
    value.extend_from_slice(datum);
    value
}

/// Door 5 by "ab", as the union, as the record alone, and as the record with its fields the other way round.
const AS_UNION: &[u8] = &[0, 10, 2, 4, b'a', b'b'];
const AS_RECORD: &[u8] = &[10, 2, 4, b'a', b'b'];
const AS_SWAPPED: &[u8] = &[2, 4, b'a', b'b', 10];

#[test]
fn an_event_with_a_subject_of_its_own_is_read_without_asking_for_its_schema() {
    let lodge = Lodge::new([]);
    assert_eq!(lodge.read(GATE, None, &framed(RECORD, AS_RECORD)).unwrap(), "gate 5 by Some(\"ab\")");
    let error = lodge.read(GATE, None, &framed(RECORD, &AS_RECORD[..4])).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot read test.DoorOpened (schema id 2): at byte 2 of the datum, DoorOpened.by: a length of 2 with 1 bytes left"
    );
}

#[test]
fn a_stream_reads_unions_and_records_whatever_it_writes_itself() {
    let lodge = Lodge::new([(RECORD.into(), OPENED), (UNION.into(), DoorEvent::STREAM.schema)]);
    assert_eq!(lodge.read(DOOR, None, &framed(UNION, AS_UNION)).unwrap(), "door 5 by Some(\"ab\")");
    assert_eq!(lodge.read(DOOR, None, &framed(RECORD, AS_RECORD)).unwrap(), "door 5 by Some(\"ab\")");
    assert_eq!(lodge.read(GATE, None, &framed(UNION, AS_UNION)).unwrap(), "gate 5 by Some(\"ab\")");
}

#[test]
fn a_record_of_another_version_is_resolved_and_one_of_no_event_goes_to_on_unknown() {
    let [swapped, numbered, closed] = [7, 8, 9].map(SchemaId::new);
    let lodge = Lodge::new([(swapped.into(), SWAPPED), (numbered.into(), NUMBERED), (closed.into(), CLOSED)]);
    for (stream, name, ours) in [(DOOR, "door", 1), (GATE, "gate", 2)] {
        let read = |id, datum| lodge.read(stream, None, &framed(id, datum));
        assert_eq!(read(swapped, AS_SWAPPED).unwrap(), format!("{name} 5 by Some(\"ab\")"));
        let unknown =
            Unknown::Event { fullname: "test.DoorClosed".to_owned(), schema: closed.into(), datum: vec![42] };
        assert_eq!(read(closed, &[42]).unwrap(), format!("{unknown:?}"));
        let error = read(numbered, &[10]).unwrap_err().to_string();
        let expected = format!(
            "cannot read test.DoorOpened, written with schema id 8, by this build's schema id {ours}: "
        );
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn a_guid_in_the_header_says_how_the_whole_value_is_read() {
    let ((swapped, header), (union, of_union)) = (guid(7), guid(8));
    let lodge = Lodge::new([(swapped.into(), SWAPPED), (union.into(), DoorEvent::STREAM.schema)]);
    for (stream, name) in [(DOOR, "door"), (GATE, "gate")] {
        let expected = format!("{name} 5 by Some(\"ab\")");
        assert_eq!(lodge.read(stream, Some(&header), AS_SWAPPED).unwrap(), expected);
        // The plans of two GUIDs are two.
        assert_eq!(lodge.read(stream, Some(&of_union), AS_UNION).unwrap(), expected);
        assert_eq!(lodge.read(stream, Some(&header), AS_SWAPPED).unwrap(), expected);
    }
}

#[test]
fn an_id_in_the_header_is_read_as_one_in_front_of_the_value() {
    let lodge = Lodge::new([]);
    assert_eq!(lodge.read(DOOR, Some(&[0, 0, 0, 0, 1]), AS_UNION).unwrap(), "door 5 by Some(\"ab\")");
    assert_eq!(lodge.read(GATE, Some(&[0, 0, 0, 0, 2]), AS_RECORD).unwrap(), "gate 5 by Some(\"ab\")");
}

#[test]
fn a_header_counts_before_the_front_of_a_value_that_looks_like_a_wire_header() {
    // By the header: five bytes of nothing, and door 5. By its front: schema id 1, and no event.
    let writer = r#"{"type": "record", "name": "test.DoorOpened", "fields": [
        {"name": "ignored", "type": {"type": "fixed", "name": "F", "size": 5}},
        {"name": "by", "type": ["null", "string"]}, {"name": "id", "type": "long"}]}"#;
    let (schema, header) = guid(7);
    let lodge = Lodge::new([(schema.into(), writer)]);
    let value = framed(UNION, AS_SWAPPED);
    assert_eq!(lodge.read(DOOR, Some(&header), &value).unwrap(), "door 5 by Some(\"ab\")");
    assert!(lodge.read(DOOR, None, &value).is_err());
}

#[test]
fn what_a_program_has_made_by_the_front_of_a_value_is_not_read_by_its_header() {
    let writer = r#"{"type": "record", "name": "test.DoorOpened", "fields": [
        {"name": "ignored", "type": {"type": "fixed", "name": "F", "size": 8}},
        {"name": "by", "type": ["null", "string"]}, {"name": "id", "type": "long"}]}"#;
    let ((schema, header), swapped) = (guid(7), SchemaId::new(9));
    let lodge = Lodge::new([(schema.into(), writer), (swapped.into(), SWAPPED)]);
    let known = lodge.read(DOOR, None, &framed(swapped, &[0, 14])).unwrap();
    assert_eq!(known, "door 7 by None");
    // By its front, a string of five bytes that a program copies, and that is no UTF-8.
    let value = framed(swapped, &[&[2, 10, 0xFF], AS_SWAPPED].concat());
    let error = lodge.read(DOOR, None, &value).unwrap_err();
    assert!(error.to_string().ends_with("DoorOpened.by: a string is not UTF-8"), "{error}");
    assert_eq!(lodge.read(DOOR, Some(&header), &value).unwrap(), "door 5 by Some(\"ab\")");
}

#[test]
fn what_goes_to_on_unknown_says_its_guid() {
    let (schema, header) = guid(7);
    let lodge = Lodge::new([(schema.into(), CLOSED)]);
    let unknown =
        Unknown::Event { fullname: "test.DoorClosed".to_owned(), schema: schema.into(), datum: vec![0] };
    assert_eq!(lodge.read(GATE, Some(&header), &[0]).unwrap(), format!("{unknown:?}"));
}

#[test]
fn a_guid_that_nobody_knows_and_a_header_that_names_nothing_are_errors_that_say_so() {
    let lodge = Lodge::new([]);
    let (_, header) = guid(7);
    let error = lodge.read(DOOR, Some(&header), AS_UNION).unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::UnknownSchema));
    assert!(error.to_string().contains("GUID 00000000-0000-0000-0000-000000000007"), "{error}");

    for bad in [&[][..], &[0, 1], &[2; 17], &header[..16]] {
        // Also where the front of the value is a wire header, but not all of an event.
        for value in [AS_UNION.to_vec(), framed(UNION, &AS_UNION[..4])] {
            let error = lodge.read(DOOR, Some(bad), &value).unwrap_err();
            assert_eq!(error.kind(), Some(ErrorKind::Unframed));
            let expected = format!("`__value_schema_id` names no schema: it has {} bytes", bad.len());
            assert!(error.to_string().contains(&expected), "{error}");
        }
    }
}

#[test]
fn what_is_an_event_to_its_last_byte_by_an_id_that_is_known_is_one_without_a_look_at_its_headers() {
    let lodge = Lodge::new([]);
    let (_, header) = guid(7);
    let value = framed(UNION, AS_UNION);
    assert_eq!(lodge.read(DOOR, Some(&header), &value).unwrap(), "door 5 by Some(\"ab\")");
}
