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
