//! What happens when a handler fails: a consumer on an embedded broker, and a downstream that fails on demand.
//!
//! It is tried again, rejected, given up; a broken message is met; the downstream goes down altogether, and the circuit
//! breaker stops the consumer; the dead letters are looked at; and when all is well again, what was given up is replayed.
#![allow(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program, and not a library"
)]

mod archive;
mod letters;
mod sink;

use std::process::ExitCode;
use std::time::Duration;

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::{
    InspectionCreated, InspectionEvent, InspectionEventProducer, InspectionType,
};
use cq_events::consume::{ConsumeError, ConsumerHandle};
use cq_events::dead_letter::{DeadLetter, ErrorKind, topic_name};
use cq_events::event::{FailurePolicy, StreamSchema as _};
use cq_events::testing::EmbeddedBroker;
use cq_events::{Consumer, KafkaConfig, Producer};
use cq_events_examples::program::{self, Failure};
use rdkafka::message::Message as _;
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::task::JoinHandle;

use archive::{Archive, DELAY, RETRIES, Told};
use sink::Mood;

const GROUP: &str = "archive";
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> ExitCode {
    // What the library logs of each failure is told here in the program's own words.
    program::end("flaky_downstream", run().await)
}

async fn run() -> Result<String, Failure> {
    let broker = EmbeddedBroker::start()?;
    broker.create_topics(STREAMS)?;
    let config = broker.config();
    let producer = Producer::connect(config.clone()).await?;
    let inspections = InspectionEventProducer::new(&producer).await?;
    let (mood, told) = (Mood::default(), Told::new());
    let sink = sink::start(mood.clone()).await?;
    let archive = || Archive { sink, told: told.clone() };

    told.line("1. BATCH-91 fails twice, BATCH-92 is refused, BATCH-93 fails for ever; a message is broken.");
    told.line("   BATCH-94 is well, and does not wait for BATCH-93 of the same partition");
    mood.fail("BATCH-91", 503, 2);
    mood.fail("BATCH-92", 422, 1);
    mood.fail("BATCH-93", 503, usize::MAX);
    for (number, batch) in [91, 92, 93, 94, 91, 94].iter().enumerate() {
        publish(&inspections, &format!("BATCH-{batch}"), number).await?;
    }
    publish_broken(&config).await?;
    let (handle, running) = start(&config, archive()).await?;
    settled(&handle, 4, 3).await?;

    told.line("2. The archive refuses everything: after 3 in a row the circuit breaker opens");
    mood.fail_all(422);
    for number in 10..20 {
        publish(&inspections, "BATCH-95", number).await?;
    }
    let ended = tokio::time::timeout(PATIENCE, running).await.map_err(|_| "the consumer did not stop")?;
    let error = ended?.err().ok_or("the circuit breaker did not open")?;
    told.line(format!("the consumer ended: {error}"));

    let dead_letters = topic_name(InspectionEvent::STREAM.topic, GROUP)?;
    let buried = usize::try_from(handle.metrics().messages_dead_lettered)?;
    told.line(format!(
        "3. The {buried} dead letters, as they lie in {dead_letters} (and `cq-events dlq list` lists them)"
    ));
    let (client, topic) = (letters::client(&config), dead_letters.clone());
    let found = tokio::task::spawn_blocking(move || letters::read(&client, &topic, buried)).await??;
    let read = |message| Some((message, DeadLetter::of(&letters::headers(message))?));
    let found: Vec<_> = found.iter().filter_map(read).collect();
    for (message, letter) in &found {
        let key = String::from_utf8_lossy(message.key().unwrap_or_default());
        let DeadLetter { kind, attempts, message, last, .. } = letter;
        told.line(format!("   {key} {kind:8} attempts: {attempts}, from {last}: {message}"));
    }

    told.line("4. All is well again: what was given up is replayed by hand (`cq-events dlq replay` does it for you),");
    told.line("   and the backlog is handled");
    mood.recover();
    let client: FutureProducer = letters::client(&config).create()?;
    let mut back = 0;
    for (message, letter) in &found {
        // A broken message stays broken.
        if letter.kind != ErrorKind::Unframed {
            letters::replay(&client, message, letter).await?;
            back += 1;
        }
    }
    let (handle, running) = start(&config, archive()).await?;
    let left = 10 - (u64::try_from(found.len())? - 3) + back;
    settled(&handle, left, 0).await?;
    handle.shutdown();
    running.await??;
    producer.close(PATIENCE).await?;
    Ok(format!("Nothing was lost: {back} of {} dead letters were replayed and archived.", found.len()))
}

/// A consumer that runs.
async fn start(
    config: &KafkaConfig,
    archive: Archive,
) -> Result<(ConsumerHandle, JoinHandle<Result<(), ConsumeError>>), Failure> {
    let consumer = Consumer::builder(config.to_builder().group_id(GROUP).build()?)
        .handler(archive)
        .retries(RETRIES, DELAY)
        .failure_policy_of::<InspectionEvent>(FailurePolicy::new().breaker_in_a_row(3))
        .build()
        .await?;
    Ok((consumer.handle(), tokio::spawn(consumer.run(std::future::pending()))))
}

/// Waits until so many messages are handled, and so many given up.
async fn settled(handle: &ConsumerHandle, handled: u64, given_up: u64) -> Result<(), Failure> {
    let wait = async {
        let is_settled = || {
            let metrics = handle.metrics();
            (metrics.messages_processed, metrics.messages_dead_lettered) == (handled, given_up)
        };
        while !is_settled() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let settled = tokio::time::timeout(PATIENCE, wait).await;
    settled.map_err(|_| format!("not all is settled: {:?}", handle.metrics()).into())
}

async fn publish(producer: &InspectionEventProducer, batch: &str, number: usize) -> Result<(), Failure> {
    let event = InspectionCreated::builder()
        .inspection_id(format!("INS-{number:03}"))
        .batch_id(batch)
        .chip_id(format!("CHIP-{number:03}"))
        .inspection_type(InspectionType::Visual)
        .build();
    producer.publish_inspection_created(event).await?;
    Ok(())
}

/// What a program that knows nothing of Avro puts into the topic.
async fn publish_broken(config: &KafkaConfig) -> Result<(), Failure> {
    let client: FutureProducer = letters::client(config).create()?;
    let record = FutureRecord::to(InspectionEvent::STREAM.topic).key("BATCH-99").payload("{\"batch\": 99}");
    client.send(record, PATIENCE).await.map_err(|(error, _)| error)?;
    Ok(())
}
