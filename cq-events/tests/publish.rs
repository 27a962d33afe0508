//! The producer on the embedded broker.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod lamp;

use std::time::{Duration, Instant};

use cq_events::kafka::{KafkaConfig, KafkaConfigBuilder, KafkaError, end_offsets};
use cq_events::publish::{Producer, PublishError, StreamProducer, TryQueueError};
use cq_events::testing::EmbeddedBroker;
use lamp::{Gone, Lamp, Lit, PARTITIONS, TOPIC, lit, read};
use rust_decimal::Decimal;

const DEADLINE: Duration = Duration::from_secs(20);

fn broker() -> EmbeddedBroker {
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic(TOPIC, PARTITIONS).unwrap();
    broker
}

async fn connect(
    broker: &EmbeddedBroker,
    change: impl FnOnce(KafkaConfigBuilder) -> KafkaConfigBuilder,
) -> (Producer, StreamProducer<Lamp>) {
    let config = change(broker.config().to_builder()).build().unwrap();
    let producer = Producer::connect(config).await.unwrap();
    let stream = StreamProducer::new(&producer).await.unwrap();
    (producer, stream)
}

#[tokio::test]
async fn publish_returns_where_the_broker_put_the_event() {
    let broker = broker();
    let (producer, lamps) = connect(&broker, |config| config).await;
    let first = lamps.publish(lit("a", 1)).await.unwrap();
    let second = lamps.publish(Gone { lamp: "a".to_owned() }).await.unwrap();
    assert_eq!((first.topic, first.offset), (TOPIC, 0));
    assert_eq!((second.partition, second.offset), (first.partition, 1));
    producer.close(DEADLINE).await.unwrap();
    let messages = read(broker.bootstrap_servers(), 2);
    assert_eq!(messages[0].event, Lamp::from(lit("a", 1)));
    assert_eq!(messages[1].event, Lamp::from(Gone { lamp: "a".to_owned() }));
    assert_eq!(messages[1].key.as_deref(), Some(&b"a"[..]));
    let ends = end_offsets(&broker.config(), [TOPIC]).await.unwrap();
    assert_eq!(ends.len(), PARTITIONS as usize);
    assert_eq!(ends.iter().map(|end| end.offset).sum::<i64>(), 2);
}

#[tokio::test]
async fn one_key_goes_to_one_partition_and_to_the_one_that_java_chooses() {
    let broker = broker();
    let (_producer, lamps) = connect(&broker, |config| config).await;
    for key in ["a", "b", "c", "d"] {
        let mut partitions = Vec::new();
        for number in 0..10 {
            partitions.push(lamps.publish(lit(key, number)).await.unwrap().partition);
        }
        partitions.dedup();
        assert_eq!(partitions.len(), 1, "{key}");
    }
    // Java's `Utils.murmur2("21".getBytes())`, from Kafka's own tests.
    let murmur2: i32 = -973_932_308;
    let partition = lamps.publish(lit("21", 1)).await.unwrap().partition;
    assert_eq!(partition, (murmur2 & 0x7fff_ffff) % PARTITIONS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_waits_and_keeps_the_order() {
    let broker = broker();
    let (producer, lamps) = connect(&broker, |config| config.queue_messages(10)).await;
    let task = tokio::spawn(async move {
        let mut last = None;
        for number in 0..3_000 {
            last = Some(lamps.queue(lit("a", number)).await.unwrap());
        }
        last.unwrap().await.unwrap()
    });
    let last = tokio::time::timeout(DEADLINE, task).await.unwrap().unwrap();
    assert_eq!(last.offset, 2_999);
    assert_eq!(producer.metrics().messages_sent, 3_000);
    let numbers: Vec<i64> = read(broker.bootstrap_servers(), 3_000).iter().map(lamp::Plain::number).collect();
    assert!(numbers.iter().copied().eq(0..3_000));
}

#[tokio::test]
async fn a_queue_that_is_full_in_bytes_waits_and_keeps_the_order() {
    let broker = broker();
    let (_producer, lamps) =
        connect(&broker, |config| config.property("queue.buffering.max.kbytes", "1").linger(Duration::ZERO))
            .await;
    let name = "a".repeat(300);
    let mut receipts = Vec::new();
    for number in 0..100 {
        let queued = tokio::time::timeout(DEADLINE, lamps.queue(lit(&name, number))).await.unwrap();
        receipts.push(queued.unwrap());
    }
    for receipt in receipts {
        receipt.await.unwrap();
    }
    let numbers: Vec<i64> = read(broker.bootstrap_servers(), 100).iter().map(lamp::Plain::number).collect();
    assert!(numbers.iter().copied().eq(0..100), "{numbers:?}");
}

#[tokio::test]
async fn futures_that_wait_for_room_keep_their_order_too() {
    let broker = broker();
    let (_producer, lamps) = connect(&broker, |config| config.queue_messages(2)).await;
    let all = (0..200).map(|number| lamps.queue(lit("a", number)));
    let receipts = tokio::time::timeout(DEADLINE, futures_util::future::join_all(all)).await.unwrap();
    for receipt in receipts {
        receipt.unwrap().await.unwrap();
    }
    let numbers: Vec<i64> = read(broker.bootstrap_servers(), 200).iter().map(lamp::Plain::number).collect();
    assert!(numbers.iter().copied().eq(0..200), "{numbers:?}");
}

#[tokio::test]
async fn a_full_queue_gives_the_event_back() {
    let broker = broker();
    let (producer, lamps) = connect(&broker, |config| config.queue_messages(3)).await;
    broker.broker_down(None).unwrap();
    let receipts: Vec<_> = (0..3).map(|number| lamps.try_queue(lit("a", number)).unwrap()).collect();
    match lamps.try_queue(lit("a", 3)) {
        Err(TryQueueError::Full(event)) => assert_eq!(event, Lamp::from(lit("a", 3))),
        other => panic!("{other:?}"),
    }
    broker.broker_up(None).unwrap();
    for receipt in receipts {
        tokio::time::timeout(DEADLINE, receipt).await.unwrap().unwrap();
    }
    lamps.try_queue(lit("a", 3)).unwrap().await.unwrap();
    assert_eq!(producer.metrics().messages_sent, 4);
}

#[tokio::test]
async fn a_batch_reports_per_event_and_takes_a_key_function() {
    let broker = broker();
    let (_producer, lamps) = connect(&broker, |config| config).await;
    let mut events: Vec<Lamp> = (0..100).map(|number| lit("mine", number).into()).collect();
    events[50] = Lit { level: Decimal::new(12345, 3), ..lit("mine", 50) }.into();
    let results = lamps.publish_batch_keyed(events.clone(), |_| Some(b"theirs".to_vec())).await;
    assert_eq!(results.len(), 100);
    for (index, result) in results.iter().enumerate() {
        let offset = index as i64 - i64::from(index > 50);
        match result {
            Ok(published) => assert_eq!(published.offset, offset),
            Err(error) => {
                assert_eq!(index, 50, "{error}");
                assert!(
                    error.to_string().contains("cannot encode test.Lit for topic `test.lamp.events`"),
                    "{error}"
                );
            }
        }
    }
    assert!(results[50].is_err());
    let messages = read(broker.bootstrap_servers(), 99);
    assert!(messages.iter().all(|message| message.key.as_deref() == Some(b"theirs")));
    let results = lamps.publish_batch((0..3).map(|number| lit("other", number).into())).await;
    let offsets: Vec<i64> = results.into_iter().map(|result| result.unwrap().offset).collect();
    assert_eq!(offsets.windows(2).filter(|pair| pair[1] == pair[0] + 1).count(), 2);
}

#[tokio::test]
async fn closing_counts_what_was_not_delivered() {
    let broker = broker();
    let (producer, lamps) = connect(&broker, |config| config).await;
    lamps.publish(lit("a", 0)).await.unwrap();
    broker.broker_down(None).unwrap();
    let mut receipts = Vec::new();
    for number in 1..=7 {
        receipts.push(lamps.queue(lit("a", number)).await.unwrap());
    }
    let error = producer.close(Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(error.undelivered, 7);
    assert!(error.to_string().contains("7 messages were not acknowledged within 300 ms"), "{error}");
    for receipt in receipts {
        let outcome = tokio::time::timeout(DEADLINE, receipt).await.unwrap();
        assert!(matches!(outcome, Err(PublishError::NotDelivered { .. })), "{outcome:?}");
    }
    let metrics = producer.metrics();
    assert_eq!((metrics.messages_sent, metrics.messages_failed, metrics.is_started), (1, 7, false));
}

#[tokio::test]
async fn closing_delivers_what_lingers_and_ends_publishing() {
    let broker = broker();
    let (producer, lamps) = connect(&broker, |config| config.linger(Duration::from_secs(25))).await;
    let receipt = lamps.queue(lit("a", 0)).await.unwrap();
    let start = Instant::now();
    producer.close(DEADLINE).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(receipt.await.unwrap().offset, 0);
    assert!(matches!(lamps.publish(lit("a", 1)).await, Err(PublishError::Closed)));
    let refused = lamps.try_queue(lit("a", 1));
    assert!(matches!(refused, Err(TryQueueError::Publish(PublishError::Closed))), "{refused:?}");
    assert!(matches!(StreamProducer::<Lamp>::new(&producer).await, Err(PublishError::Closed)));
    producer.close(DEADLINE).await.unwrap();
}

#[tokio::test]
async fn closing_wakes_who_waits_for_room() {
    let broker = broker();
    let (producer, lamps) = connect(&broker, |config| config.queue_messages(1)).await;
    broker.broker_down(None).unwrap();
    drop(lamps.queue(lit("a", 0)).await.unwrap());
    let waiting = tokio::spawn(async move { lamps.queue(lit("a", 1)).await });
    // The waiting task takes its turn first: this one only yields.
    tokio::task::yield_now().await;
    assert_eq!(producer.close(Duration::from_millis(100)).await.unwrap_err().undelivered, 1);
    let outcome = tokio::time::timeout(DEADLINE, waiting).await.unwrap().unwrap();
    assert!(matches!(outcome, Err(PublishError::Closed)), "{outcome:?}");
}

#[tokio::test]
async fn no_broker_is_an_error_within_the_connect_timeout() {
    let builder = KafkaConfig::builder().bootstrap_servers("127.0.0.1:1");
    assert_eq!(builder.clone().build().unwrap().connect_timeout(), Duration::from_secs(10));
    let config = builder.connect_timeout(Duration::from_secs(2)).build().unwrap();
    let start = Instant::now();
    let error = Producer::connect(config).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
    assert!(matches!(error, PublishError::Kafka(KafkaError::NoBroker { .. })), "{error:?}");
    let text = error.to_string();
    for part in ["127.0.0.1:1 within 2 s", "Connection refused", "check KAFKA_BOOTSTRAP_SERVERS"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_broker_that_starts_late_is_waited_for() {
    let broker = broker();
    broker.broker_down(None).unwrap();
    let mut connecting = tokio::spawn(Producer::connect(broker.config()));
    let early = tokio::time::timeout(Duration::from_millis(500), &mut connecting).await;
    assert!(early.is_err(), "nobody is there yet: {early:?}");
    broker.broker_up(None).unwrap();
    tokio::time::timeout(DEADLINE, connecting).await.unwrap().unwrap().unwrap();
}

#[cfg(feature = "http")]
#[tokio::test]
async fn nothing_is_published_where_the_registry_does_not_answer() {
    let broker = broker();
    let registry = cq_events::registry::RegistryConfig::builder("http://127.0.0.1:9").build().unwrap();
    let config = broker.config().to_builder().registry(registry).build().unwrap();
    let producer = Producer::connect(config).await.unwrap();
    let error = StreamProducer::<Lamp>::new(&producer).await.unwrap_err().to_string();
    for part in ["-value", "the schema registry at http://127.0.0.1:9", "Connection refused"] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[tokio::test]
async fn metrics_count_messages_and_bytes() {
    let broker = broker();
    let (producer, lamps) = connect(&broker, |config| config).await;
    let before = producer.metrics();
    assert_eq!((before.messages_sent, before.total_bytes_sent, before.is_started), (0, 0, true));
    lamps.publish(lit("abc", 1)).await.unwrap();
    let wrong = Lit { level: Decimal::new(1_000_000, 2), ..lit("abc", 2) };
    assert!(matches!(lamps.publish(wrong).await, Err(PublishError::Encode { .. })));
    let after = producer.metrics();
    assert_eq!((after.messages_sent, after.messages_failed), (1, 1));
    // Key 3; wire header 5, branch 1, nullable string 1 + 1 + 3, long 1, decimal 1 + 1.
    assert_eq!(after.total_bytes_sent, 3 + 5 + 1 + 5 + 1 + 2);
}

#[tokio::test]
async fn headers_arrive_as_cloud_events() {
    let broker = broker();
    let (_producer, lamps) = connect(&broker, |config| config.service_name("fab")).await;
    let event = Lit {
        event_id: Some(uuid::Uuid::now_v7()),
        occurred_at: Some("2026-01-02T03:04:05.678Z".parse().unwrap()),
        correlation_id: Some("c-1".to_owned()),
        ..lit("a", 1)
    };
    lamps.publish(event.clone()).await.unwrap();
    let headers = read(broker.bootstrap_servers(), 1).remove(0).headers;
    let id = event.event_id.unwrap().to_string();
    let expected = [
        ("ce_specversion", "1.0"),
        ("ce_id", &id),
        ("ce_type", "test.Lit"),
        ("ce_source", "fab"),
        ("ce_time", "2026-01-02T03:04:05.678Z"),
        ("ce_correlationid", "c-1"),
    ];
    assert_eq!(headers, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_message_that_is_too_large_says_so_and_what_to_change() {
    let broker = broker();
    let (producer, lamps) = connect(&broker, |config| config).await;
    let error = lamps.publish(Gone { lamp: "x".repeat(1_200_000) }).await.unwrap_err();
    assert!(matches!(error, PublishError::TooLarge { limit: 1_000_000, .. }), "{error:?}");
    assert!(error.to_string().contains("KAFKA_PROPERTY_MESSAGE_MAX_BYTES"), "{error}");
    assert_eq!(producer.metrics().messages_failed, 1);
    lamps.publish(lit("a", 1)).await.unwrap();
}

#[tokio::test]
async fn a_refusal_of_the_broker_is_told_with_its_cause() {
    let broker = broker();
    let (_producer, lamps) = connect(&broker, |config| config).await;
    broker.refuse_produce(1).unwrap();
    let error = lamps.publish(lit("a", 1)).await.unwrap_err();
    assert!(matches!(error, PublishError::Rejected { topic: TOPIC, .. }), "{error:?}");
    assert!(error.to_string().contains("uthorization failed"), "{error}");
}

#[tokio::test]
async fn a_message_that_times_out_may_have_been_persisted() {
    let broker = broker();
    let (_producer, lamps) = connect(&broker, |config| config.message_timeout(Duration::from_secs(1))).await;
    broker.broker_down(None).unwrap();
    let error = tokio::time::timeout(DEADLINE, lamps.publish(lit("a", 1))).await.unwrap().unwrap_err();
    assert!(matches!(error, PublishError::TimedOut { .. }), "{error:?}");
    assert!(error.to_string().contains("within 1 s: the message may have been persisted"), "{error}");
}

#[tokio::test]
async fn the_producer_and_its_futures_may_change_threads() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    fn shared<T: Send + Sync>(_: &T) {}
    let broker = broker();
    shared(&broker);
    let (producer, lamps) = connect(&broker, |config| config).await;
    shared(&producer);
    shared(&lamps);
    send(lamps.publish(lit("a", 1))).await.unwrap();
    send(lamps.publish_batch(vec![lit("a", 2).into()])).await.pop().unwrap().unwrap();
    send(lamps.publish_batch_keyed(vec![lit("a", 2).into()], |_| None)).await.pop().unwrap().unwrap();
    send(producer.close(DEADLINE)).await.unwrap();
}

cq_events::__producer! {
    /// Publishes the events of [`Lamp`].
    pub struct LampProducer for Lamp {
        /// Publishes [`Lit`].
        fn publish_lit(Lit);
        /// Publishes [`Gone`].
        fn publish_gone(Gone);
    }
}

#[tokio::test]
async fn the_handle_of_a_stream_has_a_method_per_event() {
    let broker = broker();
    let (producer, _) = connect(&broker, |config| config).await;
    let lamps = LampProducer::new(&producer).await.unwrap();
    lamps.publish_lit(lit("a", 1)).await.unwrap();
    lamps.clone().publish_gone(Gone { lamp: "a".to_owned() }).await.unwrap();
    lamps.queue(lit("a", 2)).await.unwrap().await.unwrap();
    assert_eq!(producer.metrics().messages_sent, 3);
    assert!(format!("{lamps:?}").contains(TOPIC));
}
