//! Topics and offsets on the embedded broker, as far as it serves them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod lamp;

use std::time::{Duration, Instant};

use cq_events::event::{HeaderPolicy, StreamInfo, StreamSchema, TopicSpec};
use cq_events::kafka::{KafkaConfig, KafkaError, check_topics, create_topics, end_offsets, group_lag};
use cq_events::publish::{Producer, PublishError, StreamProducer};
use cq_events::testing::EmbeddedBroker;
use lamp::{Lamp, PARTITIONS, TOPIC, lit};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

static NARROW: StreamInfo =
    StreamInfo::new("narrow", "test.narrow", "{}", &[], HeaderPolicy::None, TopicSpec::new(2, Some(3), &[]));

#[tokio::test]
async fn topics_that_are_as_described_are_left_alone() {
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topics([Lamp::STREAM]).unwrap();
    let reports = create_topics(&broker.config(), [Lamp::STREAM, Lamp::STREAM]).await.unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].topic.as_str(), reports[0].created), (TOPIC, false));
    check_topics(&broker.config(), [Lamp::STREAM]).await.unwrap();
}

#[tokio::test]
async fn all_differences_of_all_topics_are_reported() {
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic(TOPIC, 3).unwrap();
    broker.create_topic(NARROW.topic, 1).unwrap();
    let error = check_topics(&broker.config(), [Lamp::STREAM, &NARROW]).await.unwrap_err();
    let text = error.to_string();
    for part in [
        "test.lamp.events: partitions is 3, expected 6",
        "test.narrow: partitions is 1, expected 2",
        "test.narrow: replication is 1, expected 3",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn checking_creates_nothing_and_names_all_missing_topics() {
    let broker = EmbeddedBroker::start().unwrap();
    for _ in 0..2 {
        let error = check_topics(&broker.config(), [Lamp::STREAM, &NARROW]).await.unwrap_err();
        match error {
            KafkaError::TopicMissing { topics, .. } => assert_eq!(topics, [TOPIC, NARROW.topic]),
            other => panic!("{other}"),
        }
    }
    let error = end_offsets(&broker.config(), [TOPIC]).await.unwrap_err();
    assert!(matches!(error, KafkaError::TopicMissing { .. }), "{error}");
    let error = end_offsets(&broker.config(), ["no topic"]).await.unwrap_err();
    assert!(matches!(error, KafkaError::TopicName { .. }), "{error}");
}

#[tokio::test]
async fn a_producer_waits_for_a_broker_that_creates_topics_by_itself() {
    let broker = EmbeddedBroker::start().unwrap();
    let producer = Producer::connect(broker.config()).await.unwrap();
    let lamps = StreamProducer::<Lamp>::new(&producer).await.unwrap();
    lamps.publish(lit("a", 1)).await.unwrap();
}

#[tokio::test]
async fn lag_counts_from_the_committed_offset_or_the_beginning() {
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topics([Lamp::STREAM]).unwrap();
    let producer = Producer::connect(broker.config()).await.unwrap();
    let lamps = StreamProducer::<Lamp>::new(&producer).await.unwrap();
    let mut partition = 0;
    for number in 0..10 {
        partition = lamps.publish(lit("a", number)).await.unwrap().partition;
    }
    let before = group_lag(&broker.config(), "g", [TOPIC]).await.unwrap();
    assert_eq!(before.len(), PARTITIONS as usize);
    assert!(before.iter().all(|lag| lag.committed.is_none()));
    assert_eq!(before.iter().map(|lag| lag.lag).sum::<i64>(), 10);

    commit(broker.bootstrap_servers(), partition, 7);
    let after = group_lag(&broker.config(), "g", [TOPIC]).await.unwrap();
    let found = after.iter().find(|lag| lag.partition == partition).unwrap();
    assert_eq!((found.committed, found.end, found.lag), (Some(7), 10, 3));
    let ends = end_offsets(&broker.config(), [TOPIC]).await.unwrap();
    assert_eq!(ends.iter().map(|end| end.offset).sum::<i64>(), 10);
    let other = group_lag(&broker.config(), "other", [TOPIC]).await.unwrap();
    assert!(other.iter().all(|lag| lag.committed.is_none()));
}

fn commit(servers: &str, partition: i32, offset: i64) {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", servers).set("group.id", "g").create().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(TOPIC, partition, Offset::Offset(offset)).unwrap();
    consumer.commit(&list, CommitMode::Sync).unwrap();
}

#[tokio::test]
async fn no_broker_is_an_error_that_names_the_setting() {
    let config = KafkaConfig::builder()
        .bootstrap_servers("127.0.0.1:1")
        .connect_timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    let start = Instant::now();
    let error = create_topics(&config, [Lamp::STREAM]).await.unwrap_err();
    assert!(matches!(error, KafkaError::NoBroker { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(9));
    let error = PublishError::from(error);
    assert!(error.to_string().contains("KAFKA_BOOTSTRAP_SERVERS"), "{error}");
}
