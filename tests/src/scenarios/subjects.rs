//! Streams whose events have subjects of their own, beside one that has a subject for all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use apache_avro::types::Value;
use cq_events::codec::{self, SCHEMA_HEADER};
use cq_events::event::{Headers, StreamInfo, StreamSchema as _};
use cq_events::registry::{
    LocalRegistry, RegistryError, RegistryFuture, SchemaId, SchemaRegistry, SubjectSchema,
};
use cq_events::{Consumer, EventHandler, Failure, Handled, Message, Producer, Unknown};
use subjects_events::record::{RecordEvent, RecordEventHandler, RecordEventProducer};
use subjects_events::topic_record::{TopicRecordEvent, TopicRecordEventHandler, TopicRecordEventProducer};
use subjects_events::union::{UnionEvent, UnionEventHandler, UnionEventProducer};
use subjects_events::{STREAMS, meter};
use uuid::Uuid;

use crate::cluster::Cluster;
use crate::oracle::Oracle;
use crate::raw::{self, Record, header};
use crate::recorder::eventually;

/// A local registry that has GUIDs, too, and remembers what was asked for at starts.
#[derive(Debug, Default)]
struct Registry {
    local: LocalRegistry,
    guids: BTreeMap<Uuid, Arc<str>>,
    subjects: Mutex<Vec<String>>,
}

impl Registry {
    /// The subjects that were asked for since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.subjects.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SchemaRegistry for Registry {
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        let subject = schema.subject.clone().into_owned();
        self.subjects.lock().unwrap_or_else(PoisonError::into_inner).push(subject);
        self.local.id_of(schema)
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        self.local.schema_of(id)
    }

    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        let known = self.guids.get(&guid).cloned();
        let unknown = move || RegistryError::UnknownGuid { guid, registry: "the test".to_owned() };
        Box::pin(async move { known.ok_or_else(unknown) })
    }
}

/// Remembers what it was given, by topic and offset.
#[derive(Clone, Default, EventHandler)]
#[handles(UnionEvent, RecordEvent, TopicRecordEvent)]
struct Reader {
    read: Arc<Mutex<BTreeMap<(String, i64), String>>>,
}

impl Reader {
    fn read(&self) -> BTreeMap<(String, i64), String> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, what: &impl std::fmt::Debug, message: &Message) -> Handled {
        let place = (message.topic().to_owned(), message.offset());
        let before =
            self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(place, format!("{what:?}"));
        before.map_or(Ok(()), |before| Err(Failure::stop(format!("a second time: {before}"))))
    }
}

macro_rules! read {
    ($($trait:ident),*) => {$(
        impl $trait for Reader {
            async fn on_meter_read(&self, event: meter::MeterRead, message: &Message) -> Handled {
                self.keep(&event, message)
            }

            async fn on_meter_broken(&self, event: meter::MeterBroken, message: &Message) -> Handled {
                self.keep(&event, message)
            }

            async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
                self.keep(&unknown, message)
            }
        }
    )*};
}

read!(UnionEventHandler, RecordEventHandler, TopicRecordEventHandler);

fn meter_read() -> meter::MeterRead {
    meter::MeterRead::builder().meter_id("M-1").unit(meter::Unit::M3).value(-42).build()
}

fn meter_broken() -> meter::MeterBroken {
    meter::MeterBroken::builder().meter_id("M-1").last_unit(meter::Unit::Kwh).build()
}

/// The events are written as the strategy says, which apache-avro reads with the schema of the subject, and every stream
/// reads what any of them writes, and what a header says.
pub async fn events_are_written_by_the_subjects_of_their_stream_and_read_by_any_other(cluster: &Cluster) {
    cluster.create_topics(STREAMS).await;
    let [by_union, by_record] = [1, 2].map(Uuid::from_u128);
    let record_schema = RecordEvent::STREAM.events[1].schema.expect("it has its own");
    let guids =
        BTreeMap::from([(by_union, UnionEvent::STREAM.schema.into()), (by_record, record_schema.into())]);
    let registry = Arc::new(Registry { guids, ..Registry::default() });

    let producer =
        Producer::connect_with(cluster.config(), registry.clone()).await.expect("a broker answers");
    let union = UnionEventProducer::new(&producer).await.expect("the topic is there");
    assert_eq!(registry.asked(), ["meter.union.events-value"]);
    let record = RecordEventProducer::new(&producer).await.expect("the topic is there");
    assert_eq!(registry.asked(), ["home.meter.MeterRead", "home.meter.MeterBroken"]);
    let topic_record = TopicRecordEventProducer::new(&producer).await.expect("the topic is there");
    assert_eq!(
        registry.asked(),
        ["home.meter.MeterRead", "home.meter.MeterBroken"]
            .map(|name| format!("meter.topic-record.events-{name}"))
    );
    union.publish_meter_read(meter_read()).await.expect("published");
    union.publish_meter_broken(meter_broken()).await.expect("published");
    record.publish_meter_read(meter_read()).await.expect("published");
    record.publish_meter_broken(meter_broken()).await.expect("published");
    topic_record.publish_meter_read(meter_read()).await.expect("published");
    topic_record.publish_meter_broken(meter_broken()).await.expect("published");
    assert!(registry.asked().is_empty(), "nobody asks once it is known");

    let servers = cluster.config().bootstrap_servers().to_owned();
    let mut written = Vec::new();
    for stream in STREAMS {
        let records = raw::read(&servers, stream.topic).await;
        check(stream, &records, &registry).await;
        written.extend(records.into_iter().map(|record| record.value.expect("a value")));
    }
    let bare = |event: &UnionEvent| {
        let mut datum = Vec::new();
        codec::encode(event, &mut datum).expect("it fits");
        datum
    };
    let broken = UnionEvent::MeterBroken(meter_broken());
    for stream in STREAMS {
        // Each stream is given what all of them have written, and two bare data with GUIDs.
        let mut records: Vec<Record> = written
            .iter()
            .map(|value| Record { value: Some(value.clone()), ..Record::default() })
            .chain([with_guid(by_union, bare(&broken)), with_guid(by_record, bare(&broken).split_off(1))])
            .collect();
        raw::send(&servers, stream.topic, &mut records).await;
    }

    let reader = Reader::default();
    let builder =
        Consumer::builder(cluster.group("subjects")).registry(registry.clone()).handler(reader.clone());
    let consumer = builder.build().await.expect("it can be built");
    let handle = consumer.handle();
    let running = tokio::spawn(consumer.run(std::future::pending()));
    eventually("all is read", || reader.read().len() == STREAMS.len() * (2 + 6 + 2)).await;
    handle.shutdown();
    running.await.expect("no panic").expect("an orderly end");
    let (read, broken) = (format!("{:?}", meter_read()), format!("{:?}", meter_broken()));
    for ((topic, offset), event) in reader.read() {
        let expected = if offset < 8 && offset % 2 == 0 { &read } else { &broken };
        assert_eq!(event, *expected, "{topic} at {offset}");
    }
    let mut asked = registry.asked();
    asked.sort();
    let mut subjects: Vec<String> = STREAMS
        .iter()
        .flat_map(|stream| stream.subjects())
        .map(|subject| subject.subject.into_owned())
        .collect();
    subjects.sort();
    assert_eq!(asked, subjects, "a consumer asks once for each subject");
}

fn with_guid(guid: Uuid, datum: Vec<u8>) -> Record {
    let value = [&[1], &guid.as_bytes()[..]].concat();
    let headers: Headers =
        [header("ce_type", Some(b"any")), header(SCHEMA_HEADER, Some(&value))].into_iter().collect();
    Record { value: Some(datum), headers, ..Record::default() }
}

/// What a stream has written is, by its ids, the union or the records of its subjects.
async fn check(stream: &StreamInfo, records: &[Record], registry: &Registry) {
    assert_eq!(records.len(), 2);
    for (record, event) in records.iter().zip(stream.events) {
        let value = record.value.as_deref().expect("a value");
        let (id, datum) = codec::read_frame(value).expect("a wire header");
        let subjects = stream.subjects();
        let subject =
            subjects.iter().find(|subject| subjects.len() == 1 || subject.subject.ends_with(event.fullname));
        let subject = subject.expect("one for the event");
        assert_eq!(id, registry.local.id_of(subject).await.expect("it is known"));
        let read = Oracle::new(&subject.schema).decode(datum);
        let fields = match read {
            Value::Union(_, record) => *record,
            record => record,
        };
        let Value::Record(fields) = fields else { panic!("{fields:?}") };
        assert_eq!(fields[0], ("meter_id".to_owned(), Value::String("M-1".to_owned())));
    }
}
