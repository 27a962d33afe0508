//! What cannot be handled stops the consumer, with its coordinates and its offset uncommitted.

use cq_events::codec::{FRAME_BYTES, write_frame};
use cq_events::consume::{ConsumeError, DeliveryError};
use cq_events::registry::SchemaId;
use cq_events::{Failure, Unknown};

use crate::pump::TOPIC;
use crate::support::{
    Recorder, Run, Step, broker, committed, config, eventually, producer, publish, send_raw,
};

/// The parts of the error of one message.
fn message(result: Result<(), ConsumeError>) -> (i32, i64, DeliveryError, String) {
    let error = result.unwrap_err();
    let text = error.to_string();
    match error {
        ConsumeError::Message { topic, partition, offset, error } => {
            assert_eq!(topic, TOPIC);
            assert!(text.starts_with(&format!("{TOPIC}/{partition} at offset {offset}: ")), "{text}");
            assert!(
                text.ends_with("was not committed, so the next run handles this message again"),
                "{text}"
            );
            (partition, offset, error, text)
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_failure_stops_the_consumer_and_the_event_is_handled_again_by_the_next_run() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 5).await;
    let failing =
        Recorder::new(|event, _| if event.sequence == 3 { Step::Fail("disk full") } else { Step::Succeed });
    let run = Run::start(config(&broker, "failure"), failing.clone()).await;
    let handle = run.handle.clone();
    let (partition, offset, error, text) = message(run.ended().await);
    assert_eq!(offset, 3);
    assert!(matches!(error, DeliveryError::Handler(_)), "{error:?}");
    assert!(text.contains("the handler failed: disk full"), "{text}");
    assert!(!handle.is_running() && !handle.is_ready());
    assert_eq!((handle.metrics().messages_processed, handle.metrics().messages_failed), (3, 1));
    assert_eq!(failing.record.by_pump().get("a"), Some(&vec![0, 1, 2]));
    assert_eq!(committed(&broker, "failure").await.get(&partition), Some(&3));

    let healed = Recorder::succeeding();
    let run = Run::ready(config(&broker, "failure"), healed.clone()).await;
    eventually("handled again", || healed.record.handled().len() >= 2).await;
    run.shut_down().await.unwrap();
    assert_eq!(healed.record.by_pump().get("a"), Some(&vec![3, 4]));
    assert_eq!(committed(&broker, "failure").await.get(&partition), Some(&5));
}

#[tokio::test]
async fn a_panic_stops_the_consumer_with_its_message() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 1).await;
    let run = Run::start(config(&broker, "panic"), Recorder::new(|_, _| Step::Panic)).await;
    let (partition, offset, error, text) = message(run.ended().await);
    assert_eq!(offset, 0);
    assert!(matches!(error, DeliveryError::Panic { .. }), "{error:?}");
    assert!(text.contains("the handler panicked: pump a exploded"), "{text}");
    assert_eq!(committed(&broker, "panic").await.get(&partition), None);
}

#[tokio::test]
async fn an_undecodable_message_stops_the_consumer() {
    let broker = broker();
    send_raw(&broker, 2, Some(b"{\"pump_id\": \"a\"}")).await;
    let run = Run::start(config(&broker, "undecodable"), Recorder::succeeding()).await;
    let (partition, offset, error, text) = message(run.ended().await);
    assert_eq!((partition, offset), (2, 0));
    assert!(matches!(error, DeliveryError::Frame(_)), "{error:?}");
    assert!(text.contains("not in the Confluent wire format"), "{text}");
    assert_eq!(committed(&broker, "undecodable").await.get(&2), None);
}

#[tokio::test]
async fn an_unknown_schema_id_stops_the_consumer() {
    let broker = broker();
    let mut value = Vec::with_capacity(FRAME_BYTES);
    write_frame(SchemaId::new(4_711), &mut value);
    send_raw(&broker, 1, Some(&value)).await;
    let run = Run::start(config(&broker, "unknown-id"), Recorder::succeeding()).await;
    let (partition, _, error, text) = message(run.ended().await);
    assert_eq!(partition, 1);
    assert!(matches!(error, DeliveryError::Registry(_)), "{error:?}");
    assert!(text.contains("schema id 4711 is unknown"), "{text}");
}

#[tokio::test]
async fn a_tombstone_goes_to_on_unknown_and_is_done() {
    let broker = broker();
    send_raw(&broker, 3, None).await;
    let recorder = Recorder::succeeding();
    let run = Run::ready(config(&broker, "tombstone"), recorder.clone()).await;
    eventually("handled", || !recorder.record.unknown().is_empty()).await;
    run.shut_down().await.unwrap();
    assert_eq!(recorder.record.unknown(), [Unknown::Tombstone]);
    assert_eq!(committed(&broker, "tombstone").await.get(&3), Some(&1));
}

#[tokio::test]
async fn what_a_handler_publishes_carries_the_handled_event_on() {
    let broker = broker();
    let producer = producer(&broker).await;
    let mut correlated = crate::pump::PumpStarted::new("a", 0);
    correlated.correlation_id = Some("order-7".to_owned());
    let plain = crate::pump::PumpStarted::new("b", 0);
    let plain_id = plain.event_id.to_string();
    producer.publish(correlated).await.unwrap();
    producer.publish(plain).await.unwrap();
    let recorder = Recorder::new(move |_, _| Step::Stop(producer.clone()));
    let run = Run::ready(config(&broker, "correlation"), recorder.clone()).await;
    eventually("both stopped", || recorder.record.stopped().len() == 2).await;
    run.shut_down().await.unwrap();
    let correlation_id_of = |pump: &str| {
        let stopped = recorder.record.stopped();
        stopped.into_iter().find(|event| event.pump_id == pump).and_then(|event| event.correlation_id)
    };
    assert_eq!(correlation_id_of("a").as_deref(), Some("order-7"));
    assert_eq!(correlation_id_of("b"), Some(plain_id));
}

#[test]
fn any_error_is_a_failure_and_keeps_its_words() {
    let failure: Failure = std::io::Error::other("disk full").into();
    assert_eq!(failure.to_string(), "disk full");
}
