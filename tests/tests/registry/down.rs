//! A registry that is down: at the start, and while events flow.

use std::time::{Duration, Instant};

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::{
    InspectionCreated, InspectionEvent, InspectionEventProducer, InspectionType,
};
use cq_events::codec::{encode, write_frame};
use cq_events::consume::ConsumeError;
use cq_events::event::StreamSchema as _;
use cq_events::publish::PublishError;
use cq_events::registry::{
    HttpRegistry, Registration, RegistryConfig, RegistryError, SchemaId, SchemaRegistry as _,
};
use cq_events::{Consumer, KafkaConfig, Producer};
use cq_events_tests::cluster::Cluster;
use cq_events_tests::raw::{self, Record};
use cq_events_tests::recorder::{Recorder, eventually, eventually_async};
use cq_events_tests::registries::{Registry, Tap};
use cq_events_tests::scenarios::publish_inspections;

use crate::lab::{Running, client, config_within, order};

against_each! {
    a_program_does_not_start_while_the_registry_is_down,
    a_registry_that_answers_nothing_is_given_up_in_time,
    known_schemas_are_published_and_others_wait_while_the_registry_is_down,
}

const TOPIC: &str = InspectionEvent::STREAM.topic;

/// Soon given up, so that it does not take long.
fn impatient(cluster: &Cluster, url: &str) -> KafkaConfig {
    config_within(cluster, url, Registration::IfAbsent, Duration::from_secs(2))
}

async fn a_program_does_not_start_while_the_registry_is_down(registry: &mut Registry) {
    let cluster = Cluster::embedded();
    cluster.create_topics(STREAMS).await;
    let config = impatient(&cluster, &registry.url());
    registry.stop().await;
    let begun = Instant::now();
    let producer = Producer::connect(config.clone()).await.unwrap();
    let error = InspectionEventProducer::new(&producer).await.unwrap_err();
    let PublishError::Registry { subject, source: RegistryError::Unavailable { .. } } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*subject, format!("{TOPIC}-value"));
    assert!(error.to_string().contains(&registry.url()), "{error}");
    let consumer = async || Consumer::builder(config.clone()).handler(Recorder::default()).build().await;
    let error = consumer().await.map(drop).unwrap_err();
    assert!(matches!(&error, ConsumeError::Registry(RegistryError::Unavailable { .. })), "{error:?}");
    assert!(error.to_string().contains(&registry.url()), "{error}");
    println!("{}: two starts failed within {:?}: {error}", registry.name(), begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(40), "four time-outs each at most, which are 16 s");

    registry.start_again().await;
    InspectionEventProducer::new(&producer).await.expect("no failure is remembered");
    consumer().await.expect("no failure is remembered");
}

async fn a_registry_that_answers_nothing_is_given_up_in_time(registry: &mut Registry) {
    // A registry that has just been started takes its time.
    let id = self::client(registry).register("orders-value", &order()).await.unwrap();
    let config = RegistryConfig::builder(registry.url()).timeout(Duration::from_millis(500));
    let client = HttpRegistry::new(config.build().unwrap()).unwrap();
    registry.hang();
    let begun = Instant::now();
    let error = client.schema_of(id).await.unwrap_err();
    let RegistryError::Unavailable { registry: named, reason } = &error else { panic!("{error:?}") };
    assert!(named.contains(&registry.url()) && reason.contains("no answer within"), "{error}");
    // Four time-outs make two seconds; without one it would never end.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    registry.go_on();
    eventually_async("it answers again", async || client.schema_of(id).await.is_ok()).await;
    assert_eq!(*client.schema_of(id).await.unwrap(), *order());
}

async fn known_schemas_are_published_and_others_wait_while_the_registry_is_down(registry: &mut Registry) {
    let cluster = Cluster::embedded();
    cluster.create_topics(STREAMS).await;
    let tap = Tap::on(&registry.url()).await;
    let config = impatient(&cluster, tap.url());
    let producer = Producer::connect(config.clone()).await.unwrap();
    let inspections = InspectionEventProducer::new(&producer).await.unwrap();
    let recorder = Recorder::default();
    let running = Running::of(Consumer::builder(config).handler(recorder.clone()).build().await.unwrap());
    // What another program registers, and writes: the same events, with a tag.
    let tagged =
        InspectionEvent::STREAM.schema.replacen("{\"type\"", "{\"confluent:tags\":[\"X\"],\"type\"", 1);
    let other = client(registry).register(&format!("{TOPIC}-value"), &tagged).await.unwrap();
    publish_inspections(&producer, 0..10).await;
    eventually("the first are handled", || recorder.handled().len() == 10).await;

    registry.stop().await;
    tap.asked();
    let mut records: Vec<Record> = (0..5).map(|number| written(other, number)).collect();
    raw::send(cluster.config().bootstrap_servers(), TOPIC, &mut records).await;
    for number in 10..40 {
        inspections.publish(inspection("known", number)).await.expect("its schema is known");
    }
    eventually("what is known is handled", || recorder.handled().len() >= 40).await;
    // One look-up tries four times.
    let mut asked = 0;
    eventually("it is looked up again", || {
        asked += tap.asked().len();
        asked > 4
    })
    .await;
    assert_eq!(of_key(&recorder, "waiting"), Vec::<String>::new(), "they wait");

    registry.start_again().await;
    eventually("the others are handled", || recorder.handled().len() >= 45).await;
    running.stop().await;
    assert_eq!(
        of_key(&recorder, "waiting"),
        (0..5).map(|number| format!("INS-{number}")).collect::<Vec<_>>()
    );
    assert_eq!(
        of_key(&recorder, "known"),
        (10..40).map(|number| format!("INS-{number}")).collect::<Vec<_>>()
    );
    assert_eq!(recorder.handled().len(), 45, "each once");
}

fn inspection(batch: &str, number: u32) -> InspectionEvent {
    let event = InspectionCreated::builder()
        .inspection_id(format!("INS-{number}"))
        .batch_id(batch)
        .chip_id("C-1")
        .inspection_type(InspectionType::Visual)
        .build();
    event.into()
}

/// An event of a key of its own, in one partition with others.
fn written(id: SchemaId, number: u32) -> Record {
    let mut value = Vec::new();
    write_frame(id, &mut value);
    encode(&inspection("waiting", number), &mut value).unwrap();
    Record { key: Some(b"waiting".to_vec()), value: Some(value), ..Record::default() }
}

/// The inspections of a key, in the order in which they were handled.
fn of_key(recorder: &Recorder, key: &str) -> Vec<String> {
    let handled = recorder.handled();
    let of_key = handled.iter().filter(|event| event.message.key() == Some(key.as_bytes()));
    of_key
        .map(|event| {
            let (_, rest) = event.debug.split_once("inspection_id: \"").expect("it has one");
            rest.split('"').next().unwrap_or_default().to_owned()
        })
        .collect()
}
