//! What cannot be handled is tried again, put among the dead letters, or stops the consumer: nothing is skipped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use cq_events::codec::write_frame;
use cq_events::consume::{ConsumeError, ConsumerBuilder, DeliveryError};
use cq_events::dead_letter::{DeadLetter, ErrorKind, original};
use cq_events::event::{FailurePolicy, Header, Headers, StreamSchema};
use cq_events::registry::{
    LocalRegistry, RegistryError, RegistryFuture, SchemaId, SchemaRegistry, SubjectSchema,
};
use cq_events::testing::EmbeddedBroker;
use cq_events::{Consumer, Failure, Unknown};
use rdkafka::Message as _;
use rdkafka::message::{Headers as _, OwnedMessage};
use uuid::Uuid;

use crate::pump::{PumpEvent, TOPIC};
use crate::support::{
    Recorder, Run, Step, broker, committed, config, eventually, producer, publish, read, send_raw,
};

const MILLI: Duration = Duration::from_millis(1);

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
            (partition, offset, *error, text)
        }
        other => panic!("{other}"),
    }
}

fn headers(message: &OwnedMessage) -> Headers {
    let headers = message.headers().unwrap().iter();
    headers
        .map(|header| Header { key: header.key.to_owned(), value: header.value.map(<[u8]>::to_vec) })
        .collect()
}

fn letter(message: &OwnedMessage) -> DeadLetter {
    DeadLetter::of(&headers(message)).unwrap()
}

/// A consumer that runs with this policy.
async fn run(broker: &EmbeddedBroker, group: &str, recorder: &Recorder, policy: FailurePolicy) -> Run {
    let builder = Consumer::builder(config(broker, group)).handler(recorder.clone());
    Run::of(builder.failure_policy(policy).build().await.unwrap())
}

fn quick() -> FailurePolicy {
    FailurePolicy::new().retry_delay(20 * MILLI)
}

#[tokio::test]
async fn an_event_that_fails_is_tried_again_and_its_key_waits_while_others_go_on() {
    let broker = broker();
    publish(&producer(&broker).await, &["a", "b", "c"], 5).await;
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let recorder = Recorder::new(move |event, _| {
        let fails =
            event.pump_id == "a" && event.sequence == 2 && counted.fetch_add(1, Ordering::Relaxed) < 3;
        if fails { Step::Fail("busy") } else { Step::Succeed }
    });
    let run = run(&broker, "tried-again", &recorder, quick()).await;
    eventually("all are handled", || recorder.record.handled().len() == 15).await;
    let metrics = run.handle.metrics();
    run.shut_down().await.unwrap();
    assert_eq!(tries.load(Ordering::Relaxed), 4);
    for (pump, sequences) in recorder.record.by_pump() {
        assert_eq!(sequences, [0, 1, 2, 3, 4], "{pump}");
    }
    assert_eq!((metrics.messages_failed, metrics.messages_dead_lettered), (3, 0));
    assert_eq!(committed(&broker, "tried-again").await.values().sum::<i64>(), 15);
}

#[tokio::test]
async fn what_is_given_up_lies_among_the_dead_letters_as_it_was_and_the_rest_goes_on() {
    let broker = broker();
    let producer = producer(&broker).await;
    publish(&producer, &["a", "b", "c"], 4).await;
    send_raw(&broker, 2, Some(b"{\"pump_id\": \"a\"}")).await;
    let mut unknown = Vec::new();
    write_frame(SchemaId::new(4_711), &mut unknown);
    send_raw(&broker, 1, Some(&unknown)).await;
    let mut broken = Vec::new();
    let schema = cq_events::registry::LocalRegistry::default();
    write_frame(
        schema
            .id_of(&SubjectSchema::new("pump.events-value", <PumpEvent as StreamSchema>::STREAM.schema))
            .await
            .unwrap(),
        &mut broken,
    );
    broken.push(0x80);
    send_raw(&broker, 3, Some(&broken)).await;
    let recorder = Recorder::new(|event, _| match (event.pump_id.as_str(), event.sequence) {
        ("a", 1) => Step::Fail("no connection"),
        ("b", 2) => Step::Reject("no such pump"),
        ("c", 0) => Step::Panic,
        _ => Step::Succeed,
    });
    let run = run(&broker, "buried", &recorder, quick().max_retries(1)).await;
    let letters = read(&broker, "pump.events-buried-dlq", 6).await;
    eventually("all others are handled", || recorder.record.handled().len() == 9).await;
    eventually("all are counted", || run.handle.metrics().messages_dead_lettered == 6).await;
    run.shut_down().await.unwrap();

    let sources = read(&broker, TOPIC, 15).await;
    let mut kinds = Vec::new();
    for dead in &letters {
        let letter = letter(dead);
        let source = sources.iter().find(|source| {
            source.partition() == letter.last.partition && source.offset() == letter.last.offset
        });
        let source = source.unwrap();
        assert_eq!(
            (dead.key(), dead.payload(), dead.partition()),
            (source.key(), source.payload(), source.partition())
        );
        let all = headers(dead);
        let kept = source.headers().map_or(0, |headers| headers.count());
        assert_eq!(original(&all).len(), kept);
        assert!(kept == 0 || *original(&all) == *headers(source).as_slice());
        assert_eq!((&*letter.last.topic, &*letter.group, letter.replays), (TOPIC, "buried", 0));
        assert_eq!(letter.first, letter.last);
        kinds.push((letter.kind, letter.attempts, letter.exception, letter.message));
    }
    kinds.sort();
    let expected = [
        (ErrorKind::Unframed, 1, "cq_events::codec::FrameError", "not in the Confluent wire format"),
        (ErrorKind::UnknownSchema, 2, "cq_events::registry::RegistryError", "schema id 4711 is unknown"),
        (ErrorKind::Undecodable, 1, "cq_events::codec::DecodeError", "cannot read pump"),
        (ErrorKind::Failed, 2, "error", "no connection"),
        (ErrorKind::Rejected, 1, "error", "no such pump"),
        (ErrorKind::Panicked, 1, "panic", "the handler panicked: pump c exploded"),
    ];
    assert_eq!(kinds.len(), expected.len());
    for (found, expected) in kinds.iter().zip(expected) {
        assert_eq!((found.0, found.1, &*found.2), (expected.0, expected.1, expected.2), "{kinds:?}");
        assert!(found.3.contains(expected.3), "{found:?}");
    }
    assert_eq!(committed(&broker, "buried").await.values().sum::<i64>(), 15);
}

#[tokio::test]
async fn without_dead_letters_a_failure_stops_the_consumer_and_the_next_run_handles_the_event_again() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 5).await;
    let failing =
        Recorder::new(|event, _| if event.sequence == 3 { Step::Fail("disk full") } else { Step::Succeed });
    let run = run(&broker, "failure", &failing, quick().dead_letters(false).max_retries(2)).await;
    let handle = run.handle.clone();
    let (partition, offset, error, text) = message(run.ended().await);
    assert_eq!(offset, 3);
    assert!(matches!(error, DeliveryError::Handler(_)), "{error:?}");
    assert!(text.contains("the handler failed: disk full"), "{text}");
    assert!(!handle.is_running() && !handle.is_ready());
    assert_eq!((handle.metrics().messages_processed, handle.metrics().messages_failed), (3, 3));
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
async fn a_handler_may_stop_the_consumer() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 1).await;
    let run = run(&broker, "halt", &Recorder::new(|_, _| Step::Halt("no config")), quick()).await;
    let (partition, offset, _, text) = message(run.ended().await);
    assert_eq!(offset, 0);
    assert!(text.contains("the handler failed: no config"), "{text}");
    assert_eq!(committed(&broker, "halt").await.get(&partition), None);
}

#[tokio::test]
async fn a_dead_letter_that_is_refused_stops_the_consumer_before_the_commit() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 3).await;
    broker.refuse_produce(1).unwrap();
    let recorder = Recorder::new(|_, _| Step::Reject("no"));
    let run = run(&broker, "refused", &recorder, quick()).await;
    let error = run.ended().await.unwrap_err();
    let text = error.to_string();
    let ConsumeError::DeadLetterRefused { partition, offset: 0, dead_letters, .. } = error else {
        panic!("{text}")
    };
    assert_eq!(dead_letters, "pump.events-refused-dlq");
    assert!(text.contains("the handler failed: no; it cannot be put among the dead letters"), "{text}");
    assert_eq!(recorder.record.begun(), 1, "what is of its key waits");
    assert_eq!(committed(&broker, "refused").await.get(&partition), None);
}

#[tokio::test]
async fn the_circuit_breaker_stops_the_consumer_with_the_backlog_intact() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 9).await;
    let recorder = Recorder::new(|_, _| Step::Reject("no"));
    let run = run(&broker, "breaker", &recorder, quick().breaker_in_a_row(4)).await;
    let error = run.ended().await.unwrap_err();
    let ConsumeError::CircuitOpen { partition, offset: 3, .. } = error else { panic!("{error}") };
    assert!(error.to_string().contains("circuit breaker is open"), "{error}");
    assert_eq!(read(&broker, "pump.events-breaker-dlq", 3).await.len(), 3);
    assert_eq!(committed(&broker, "breaker").await.get(&partition), Some(&3));
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_cut_off_and_tried_again() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 2).await;
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let recorder = Recorder::new(move |event, _| match event.sequence {
        0 => Step::Hang,
        1 if counted.fetch_add(1, Ordering::Relaxed) == 0 => Step::Hang,
        _ => Step::Succeed,
    });
    let policy = quick().max_retries(1).handler_deadline(200 * MILLI);
    let run = run(&broker, "deadline", &recorder, policy).await;
    let letters = read(&broker, "pump.events-deadline-dlq", 1).await;
    let dead = letter(&letters[0]);
    assert_eq!((dead.kind, dead.attempts), (ErrorKind::TimedOut, 2));
    assert!(dead.message.contains("within its deadline of 200ms"), "{}", dead.message);
    eventually("the other is handled", || recorder.record.handled().len() == 1).await;
    run.shut_down().await.unwrap();
}

/// A registry that is down for a while: for what it is not asked at the start.
#[derive(Debug)]
struct Failing {
    local: LocalRegistry,
    is_up: AtomicBool,
    /// It says nothing at all, rather than that it is down.
    is_silent: bool,
}

impl SchemaRegistry for Failing {
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        self.local.id_of(schema)
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        let is_up = self.is_up.load(Ordering::Relaxed);
        Box::pin(async move {
            while self.is_silent && !self.is_up.load(Ordering::Relaxed) {
                tokio::time::sleep(10 * MILLI).await;
            }
            if is_up || self.is_silent {
                return self.local.schema_of(id).await;
            }
            Err(RegistryError::Unavailable { registry: "here".to_owned(), reason: "down".to_owned() })
        })
    }

    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        self.local.schema_of_guid(guid)
    }
}

/// A message of another writer, whom the registry knows, on the key `k`; and what others publish after it.
async fn with_other_writer(broker: &EmbeddedBroker, is_silent: bool) -> Arc<Failing> {
    let registry = Failing { local: LocalRegistry::default(), is_up: AtomicBool::new(false), is_silent };
    let schema = r#"[{"type":"record","name":"Strange","namespace":"pump","fields":[]}]"#;
    let id = registry.local.id_of(&SubjectSchema::new("other", schema)).await.unwrap();
    let mut value = Vec::new();
    write_frame(id, &mut value);
    value.push(0);
    send_raw(broker, 0, Some(&value)).await;
    send_raw(broker, 0, None).await;
    publish(&producer(broker).await, &["a", "b"], 5).await;
    Arc::new(registry)
}

fn patient(broker: &EmbeddedBroker, group: &str) -> ConsumerBuilder<cq_events::consume::NoHandler> {
    let policy = quick().max_retries(0).max_retry_delay(100 * MILLI);
    Consumer::builder(config(broker, group)).failure_policy(policy)
}

#[tokio::test]
async fn a_message_waits_in_order_for_a_registry_that_is_down() {
    let broker = broker();
    let registry = with_other_writer(&broker, false).await;
    let recorder = Recorder::succeeding();
    let builder = patient(&broker, "waits").registry(Arc::clone(&registry) as _).handler(recorder.clone());
    let run = Run::of(builder.build().await.unwrap());
    eventually("the others are handled", || recorder.record.handled().len() == 10).await;
    assert!(recorder.record.unknown().is_empty(), "it waits");
    registry.is_up.store(true, Ordering::Relaxed);
    eventually("it is handled", || recorder.record.unknown().len() == 2).await;
    assert!(
        matches!(&recorder.record.unknown()[..], [Unknown::Event { .. }, Unknown::Tombstone]),
        "in order"
    );
    assert_eq!(run.handle.metrics().messages_dead_lettered, 0);
    run.shut_down().await.unwrap();
}

/// The handler's deadline is not the registry's.
#[tokio::test]
async fn a_message_waits_for_a_registry_that_is_slow() {
    let broker = broker();
    let registry = with_other_writer(&broker, true).await;
    let recorder = Recorder::succeeding();
    let builder = patient(&broker, "slow").failure_policy(FailurePolicy::new().handler_deadline(200 * MILLI));
    let builder = builder.registry(Arc::clone(&registry) as _).handler(recorder.clone());
    let run = Run::of(builder.build().await.unwrap());
    eventually("the others are handled", || recorder.record.handled().len() == 10).await;
    // Several times as long as a handler may take.
    let since = std::time::Instant::now();
    eventually("it waits", || since.elapsed() > 1_000 * MILLI).await;
    assert!(recorder.record.unknown().is_empty(), "it waits");
    registry.is_up.store(true, Ordering::Relaxed);
    eventually("it is handled", || recorder.record.unknown().len() == 2).await;
    assert_eq!(run.handle.metrics().messages_dead_lettered, 0);
    run.shut_down().await.unwrap();
}

#[tokio::test]
async fn a_registry_that_stays_down_stops_the_consumer_at_the_deadline() {
    let broker = broker();
    let registry = with_other_writer(&broker, false).await;
    let recorder = Recorder::succeeding();
    let builder = patient(&broker, "given-up").registry(registry).registry_deadline(Duration::from_secs(1));
    let run = Run::of(builder.handler(recorder.clone()).build().await.unwrap());
    let error = run.ended().await.unwrap_err();
    let ConsumeError::RegistryDown { partition: 0, offset: 0, .. } = error else { panic!("{error}") };
    let text = error.to_string();
    assert!(
        text.contains("cannot look up the writer's schema: here does not answer: down; waited 1 s"),
        "{text}"
    );
    assert_eq!(committed(&broker, "given-up").await.get(&0).copied().unwrap_or_default(), 0);
}

#[tokio::test]
async fn a_group_that_gives_no_legal_topic_name_is_refused_at_the_start() {
    let broker = broker();
    let builder = || Consumer::builder(config(&broker, "team/a")).handler(Recorder::succeeding());
    let error = builder().build().await.map(drop).unwrap_err().to_string();
    assert!(error.contains("group `team/a` gives no legal name"), "{error}");
    let policy = FailurePolicy::new().dead_letters(false);
    builder().failure_policy_of::<PumpEvent>(policy).build().await.unwrap();
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
