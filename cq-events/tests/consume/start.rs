//! What a consumer checks before its first message.

use std::time::{Duration, Instant};

use cq_events::consume::ConsumeError;
use cq_events::kafka::KafkaError;
use cq_events::testing::EmbeddedBroker;
use cq_events::{Consumer, KafkaConfig};

use crate::pump::TOPIC;
use crate::support::{Recorder, broker, config};

async fn refused(config: KafkaConfig) -> ConsumeError {
    Consumer::builder(config).handler(Recorder::succeeding()).build().await.unwrap_err()
}

#[tokio::test]
async fn a_missing_group_id_is_an_error_that_names_the_variable() {
    let broker = broker();
    let error = refused(broker.config()).await;
    assert!(matches!(error, ConsumeError::NoGroup), "{error:?}");
    assert!(error.to_string().contains("KAFKA_GROUP_ID"), "{error}");
}

#[tokio::test]
async fn a_missing_topic_is_an_error_within_seconds() {
    let broker = EmbeddedBroker::start().unwrap();
    let start = Instant::now();
    let error = refused(config(&broker, "no-topic")).await;
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(matches!(error, ConsumeError::Kafka(KafkaError::TopicMissing { .. })), "{error:?}");
    assert!(error.to_string().contains(TOPIC), "{error}");
}

#[tokio::test]
async fn no_broker_is_an_error_within_the_connect_timeout() {
    let config = KafkaConfig::builder()
        .bootstrap_servers("127.0.0.1:1")
        .group_id("no-broker")
        .connect_timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let start = Instant::now();
    let error = refused(config).await;
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
    assert!(matches!(error, ConsumeError::Kafka(KafkaError::NoBroker { .. })), "{error:?}");
}

#[tokio::test]
async fn two_handlers_of_one_stream_are_an_error() {
    let broker = broker();
    let builder = Consumer::builder(config(&broker, "two"));
    let builder = builder.handler(Recorder::succeeding()).handler(Recorder::succeeding());
    let error = builder.build().await.unwrap_err();
    assert!(matches!(error, ConsumeError::TwoHandlers { stream: "pump", .. }), "{error:?}");
}

/// The latest version is one that nobody can read, or lacks what it refers to: who only reads looks for its own.
#[cfg(feature = "http")]
#[tokio::test]
async fn a_latest_version_that_cannot_be_read_keeps_no_consumer_from_its_start() {
    use cq_events::event::StreamSchema as _;
    use cq_events::registry::{Registration, RegistryConfig};
    use cq_events::testing::{Fault, MemoryRegistry, RegistryServer};

    use crate::pump::PumpEvent;

    let broker = broker();
    let registry = MemoryRegistry::new();
    let server = RegistryServer::start(registry.clone()).await.unwrap();
    let start = async |latest: &serde_json::Value, lacks: &[&str]| {
        // Of a configuration of its own, so that nothing is known.
        let url = RegistryConfig::builder(server.url()).registration(Registration::Latest).build().unwrap();
        let config = config(&broker, "latest").to_builder().registry(url).build().unwrap();
        let before = server.requests().len();
        server.fail_next(1, Fault::answer(200, latest.to_string()));
        let started = Consumer::builder(config).handler(Recorder::succeeding()).build().await.map(drop);
        let asked = server.requests().split_off(before);
        let (first, last) =
            ("/subjects/pump.events-value/versions/latest", "/subjects/pump.events-value?normalize=true");
        let asked: Vec<_> = asked.iter().map(|(_, path)| &**path).collect();
        assert!(asked.starts_with(&[&[first], lacks, &[last]].concat()), "{asked:?}");
        started
    };
    let version = |more: serde_json::Value| {
        let mut version = serde_json::json!({ "subject": "pump.events-value", "version": 2, "id": 9 });
        version.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        version
    };
    let other = version(serde_json::json!({ "schemaType": "PROTOBUF", "schema": "message Pump {}" }));
    let none = version(serde_json::json!({ "schema": "{" }));
    let lacking = version(serde_json::json!({
        "schema": "[\"home.Pump\"]",
        "references": [{ "name": "home.Pump", "subject": "pump", "version": 3 }],
    }));
    let all = [(&other, &[][..]), (&none, &[]), (&lacking, &["/subjects/pump/versions/3?deleted=true"])];
    for (latest, lacks) in all {
        let error = start(latest, lacks).await.unwrap_err();
        let ConsumeError::Registry(error) = &error else { panic!("{error:?}") };
        assert!(error.is_of_schema(), "ours is not registered: {error:?}");
    }
    registry.register("pump.events-value", PumpEvent::STREAM.schema).unwrap();
    for (latest, lacks) in all {
        start(latest, lacks).await.unwrap();
    }
}
