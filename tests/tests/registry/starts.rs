//! What a program asks the registry at its start, and after: no more than it has to.

use std::time::Duration;

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::{InspectionEvent, InspectionEventProducer};
use cq_events::consume::ConsumeError;
use cq_events::event::StreamSchema as _;
use cq_events::publish::PublishError;
use cq_events::registry::{Level, Registration, RegistryError};
use cq_events::{Consumer, Producer};
use cq_events_tests::cluster::Cluster;
use cq_events_tests::recorder::{Recorder, eventually};
use cq_events_tests::registries::{Registry, Tap};
use cq_events_tests::scenarios::publish_inspections;

use crate::lab::{Running, client, config};

against_each! {
    a_producer_asks_once_for_each_stream,
    a_consumer_asks_once_for_each_stream_and_for_none_of_its_messages,
    a_producer_and_a_consumer_of_one_configuration_ask_once,
    a_consumer_of_an_older_build_starts_where_its_producer_may_not_write,
}

/// The subject of a stream as it stands in a path, which it does as it is.
fn subject() -> String {
    format!("{}-value", InspectionEvent::STREAM.topic)
}

async fn a_producer_asks_once_for_each_stream(registry: &mut Registry) {
    let cluster = Cluster::embedded();
    cluster.create_topics(STREAMS).await;
    let (tap, subject) = (Tap::on(&registry.url()).await, subject());
    let start = async |registration| {
        let producer = Producer::connect(config(&cluster, tap.url(), registration)).await.unwrap();
        let started = InspectionEventProducer::new(&producer).await.map(drop);
        if started.is_ok() {
            publish_inspections(&producer, 0..100).await;
            producer.close(Duration::from_secs(10)).await.unwrap();
        }
        (started.is_ok(), tap.asked())
    };
    let look_up = format!("POST /subjects/{subject}?normalize=true");
    let versions = format!("GET /subjects/{subject}/versions");
    let register = format!("POST /subjects/{subject}/versions?normalize=true");
    let latest = format!("GET /subjects/{subject}/versions/latest");

    assert_eq!(start(Registration::Exact).await, (false, vec![look_up.clone(), versions.clone()]));
    assert_eq!(start(Registration::Latest).await, (false, vec![latest.clone()]));
    assert_eq!(start(Registration::IfAbsent).await, (true, vec![look_up.clone(), versions, register]));
    assert_eq!(start(Registration::IfAbsent).await, (true, vec![look_up.clone()]));
    assert_eq!(start(Registration::Exact).await, (true, vec![look_up]));
    assert_eq!(start(Registration::Latest).await, (true, vec![latest]));
}

async fn a_consumer_asks_once_for_each_stream_and_for_none_of_its_messages(registry: &mut Registry) {
    let cluster = Cluster::embedded();
    cluster.create_topics(STREAMS).await;
    for stream in STREAMS {
        client(registry).register_stream(stream).await.unwrap();
    }
    let direct = config(&cluster, &registry.url(), Registration::Exact);
    publish_inspections(&Producer::connect(direct).await.unwrap(), 0..200).await;

    let (tap, recorder) = (Tap::on(&registry.url()).await, Recorder::default());
    let builder = Consumer::builder(config(&cluster, tap.url(), Registration::Exact));
    let running = Running::of(builder.handler(recorder.clone()).build().await.unwrap());
    eventually("all are handled", || recorder.handled().len() >= 200).await;
    running.stop().await;
    let mut asked = tap.asked();
    asked.sort();
    let mut expected =
        STREAMS.map(|stream| format!("POST /subjects/{}-value?normalize=true", stream.topic)).to_vec();
    expected.sort();
    assert_eq!(asked, expected);
}

async fn a_producer_and_a_consumer_of_one_configuration_ask_once(registry: &mut Registry) {
    let cluster = Cluster::embedded();
    cluster.create_topics(STREAMS).await;
    for stream in STREAMS {
        client(registry).register_stream(stream).await.unwrap();
    }
    let (tap, recorder) = (Tap::on(&registry.url()).await, Recorder::default());
    let config = config(&cluster, tap.url(), Registration::IfAbsent);
    let producer = Producer::connect(config.clone()).await.unwrap();
    publish_inspections(&producer, 0..10).await;
    assert_eq!(tap.asked().len(), 1, "for its one stream");
    let running = Running::of(Consumer::builder(config).handler(recorder.clone()).build().await.unwrap());
    eventually("all are handled", || recorder.handled().len() >= 10).await;
    running.stop().await;
    let asked = tap.asked();
    assert_eq!(asked.len(), STREAMS.len() - 1, "for the others: {asked:?}");
}

async fn a_consumer_of_an_older_build_starts_where_its_producer_may_not_write(registry: &mut Registry) {
    let cluster = Cluster::embedded();
    cluster.create_topics(STREAMS).await;
    for stream in STREAMS {
        client(registry).register_stream(stream).await.unwrap();
    }
    let direct = config(&cluster, &registry.url(), Registration::Exact);
    publish_inspections(&Producer::connect(direct).await.unwrap(), 0..10).await;
    let newer = r#"[{"type":"record","name":"home.Newer","fields":[{"name":"id","type":"string"}]}]"#;
    let registering = client(registry);
    registering.set_level(Some(&subject()), Level::None).await.unwrap();
    registering.register(&subject(), newer).await.unwrap();

    let latest = config(&cluster, &registry.url(), Registration::Latest);
    let producer = Producer::connect(latest.clone()).await.unwrap();
    let error = InspectionEventProducer::new(&producer).await.map(drop).unwrap_err();
    let PublishError::Registry { source, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(source, RegistryError::LatestDiffers { version: 2, .. }), "{error:?}");
    let recorder = Recorder::default();
    let running = Running::of(Consumer::builder(latest).handler(recorder.clone()).build().await.unwrap());
    eventually("all are handled", || recorder.handled().len() >= 10).await;
    running.stop().await;
}

/// Not even to read: it does not know which messages are written with its own schema.
#[tokio::test]
async fn a_consumer_whose_schema_is_not_registered_does_not_start() {
    let (cluster, registry) = (Cluster::embedded(), Registry::ours().await);
    cluster.create_topics(STREAMS).await;
    for stream in STREAMS {
        client(&registry).register(&format!("{}-value", stream.topic), "\"int\"").await.unwrap();
    }
    let latest = config(&cluster, &registry.url(), Registration::Latest);
    let error = Consumer::builder(latest).handler(Recorder::default()).build().await.map(drop).unwrap_err();
    let ConsumeError::Registry(RegistryError::LatestDiffers { version: 1, .. }) = &error else {
        panic!("{error:?}")
    };
}
