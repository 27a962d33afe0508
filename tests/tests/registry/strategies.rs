//! What a stream's subjects are, and that a message is written with the schema of its subject.

use std::sync::{Arc, Mutex};

use cq_events::codec::read_frame;
use cq_events::consume::Failure;
use cq_events::event::{StreamInfo, StreamSchema as _};
use cq_events::registry::{Registration, RegistryError, SchemaId, SchemaRegistry as _};
use cq_events::{Consumer, Producer};
use cq_events_tests::cluster::Cluster;
use cq_events_tests::raw;
use cq_events_tests::recorder::eventually;
use cq_events_tests::registries::Registry;
use subjects_events::STREAMS;
use subjects_events::meter::{MeterBroken, MeterRead, Unit};
use subjects_events::record::{RecordEvent, RecordEventProducer};
use subjects_events::topic_record::{TopicRecordEvent, TopicRecordEventProducer};
use subjects_events::union::{UnionEvent, UnionEventProducer};

use crate::lab::{Running, client, config};

against_each! {
    a_stream_has_the_subjects_of_its_strategy,
    an_event_is_written_with_the_schema_of_its_subject_and_read_again,
}

/// The events of each stream.
const EVENTS: [&str; 2] = ["home.meter.MeterRead", "home.meter.MeterBroken"];

/// Registers what the stream does not register by itself.
async fn register(registry: &Registry, stream: &StreamInfo) {
    for schema in stream.subjects() {
        client(registry).register(&schema.subject, &schema.schema).await.unwrap();
    }
}

async fn a_stream_has_the_subjects_of_its_strategy(registry: &mut Registry) {
    let client = client(registry);
    let union = client.register_stream(UnionEvent::STREAM).await.unwrap();
    assert_eq!(union.len(), 1);
    assert_eq!(union[0].0, "meter.union.events-value");
    assert_eq!(*client.schema_of(union[0].1).await.unwrap(), *UnionEvent::STREAM.schema);

    let records = client.register_stream(RecordEvent::STREAM).await.unwrap();
    for (((subject, id), event), name) in records.iter().zip(RecordEvent::STREAM.events).zip(EVENTS) {
        assert_eq!(subject, name);
        assert_eq!(
            *client.schema_of(*id).await.unwrap(),
            *event.schema.unwrap(),
            "the record alone, and whole"
        );
    }

    // The policy of this one is its own: nothing is registered by the way.
    let error = client.register_stream(TopicRecordEvent::STREAM).await.unwrap_err();
    let RegistryError::NotRegistered { subject, latest: None, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*subject, "meter.topic-record.events-home.meter.MeterRead");
    register(registry, TopicRecordEvent::STREAM).await;
    let of_topic = client.register_stream(TopicRecordEvent::STREAM).await.unwrap();
    let subjects: Vec<_> = of_topic.iter().map(|(subject, _)| subject.clone()).collect();
    assert_eq!(subjects, EVENTS.map(|name| format!("meter.topic-record.events-{name}")));
    let ids = |of: &[(String, SchemaId)]| of.iter().map(|(_, id)| *id).collect::<Vec<_>>();
    assert_eq!(ids(&of_topic), ids(&records), "a schema has one id, whatever its subjects");
    assert_eq!(client.subjects().await.unwrap().len(), 5);
}

async fn an_event_is_written_with_the_schema_of_its_subject_and_read_again(registry: &mut Registry) {
    let cluster = Cluster::embedded();
    cluster.create_topics(STREAMS).await;
    register(registry, TopicRecordEvent::STREAM).await;
    let config = config(&cluster, &registry.url(), Registration::IfAbsent);
    let producer = Producer::connect(config.clone()).await.unwrap();
    let read = MeterRead::builder().meter_id("M-1").unit(Unit::M3).value(-42).build();
    let broken = MeterBroken::builder().meter_id("M-1").last_unit(Unit::Kwh).build();
    macro_rules! publish {
        ($($producer:ident),*) => {$(
            let stream = $producer::new(&producer).await.unwrap();
            stream.publish_meter_read(read.clone()).await.unwrap();
            stream.publish_meter_broken(broken.clone()).await.unwrap();
        )*};
    }
    publish!(UnionEventProducer, RecordEventProducer, TopicRecordEventProducer);
    for stream in STREAMS {
        let written = raw::read(cluster.config().bootstrap_servers(), stream.topic).await;
        let id = |record: &raw::Record| read_frame(record.value.as_deref().unwrap()).unwrap().0;
        let ids = client(registry).register_stream(stream).await.unwrap();
        let expected: Vec<_> = ids.iter().map(|(_, id)| *id).cycle().take(2).collect();
        assert_eq!(written.iter().map(id).collect::<Vec<_>>(), expected, "{}", stream.name);
    }

    let handled = Arc::new(Mutex::new(Vec::new()));
    macro_rules! consume {
        ($builder:expr, $($event:ident),*) => {
            $builder$(.handle({
                let handled = Arc::clone(&handled);
                move |event: $event, _| {
                    handled.lock().unwrap().push(format!("{event:?}"));
                    async { Ok(()) }
                }
            })
            .on_unknown(|unknown, _| async move { Err(Failure::stop(format!("nobody sent {unknown:?}"))) }))*
        };
    }
    let consumer = consume!(Consumer::builder(config), UnionEvent, RecordEvent, TopicRecordEvent);
    let running = Running::of(consumer.build().await.unwrap());
    eventually("all are handled", || handled.lock().unwrap().len() >= 6).await;
    running.stop().await;
    let mut handled = handled.lock().unwrap().clone();
    handled.sort();
    let (read, broken) = (format!("MeterRead({read:?})"), format!("MeterBroken({broken:?})"));
    assert_eq!(handled.concat(), broken.repeat(3) + &read.repeat(3));
}
