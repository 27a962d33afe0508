//! What others may do to a producer and a consumer: other tools that write the group's offsets, administrators that
//! withdraw rights and replace topics, events that are too large, and handlers that panic or never end. Nothing of it
//! may pass silently, and nothing may be lost.
#![cfg(feature = "services")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

mod forged;
mod handlers;
mod offset_commit;
mod offsets;
mod rights;
mod topics;

use std::collections::BTreeSet;
use std::time::Duration;

use chip_quality_events::inspection::{InspectionCreated, InspectionEvent, InspectionType};
use cq_events::consume::{ConsumeError, ConsumerHandle};
use cq_events::event::StreamSchema as _;
use cq_events::kafka::KafkaConfig;
use cq_events::{Consumer, Producer};
use cq_events_tests::cluster::Cluster;
use cq_events_tests::recorder::Recorder;
use cq_events_tests::scenarios::publish_inspections;
use tokio::task::JoinHandle;
use uuid::Uuid;

const TOPIC: &str = InspectionEvent::STREAM.topic;

/// How long a consumer may take to notice.
const PATIENCE: Duration = Duration::from_secs(60);

type Run = JoinHandle<Result<(), ConsumeError>>;

async fn run(config: KafkaConfig, recorder: &Recorder) -> (ConsumerHandle, Run) {
    let consumer =
        Consumer::builder(config).handler(recorder.clone()).build().await.expect("it can be built");
    (consumer.handle(), tokio::spawn(consumer.run(std::future::pending())))
}

/// The error that a run ends with by itself.
async fn error_of(run: Run) -> ConsumeError {
    let ended = tokio::time::timeout(PATIENCE, run).await.expect("it ends by itself").expect("no panic");
    ended.expect_err("it was not told to end")
}

/// The ids of what was handled, each of which must be there once.
fn ids(recorders: &[&Recorder]) -> BTreeSet<Uuid> {
    let all: Vec<Uuid> =
        recorders.iter().flat_map(|recorder| recorder.handled()).map(|event| event.event_id).collect();
    let distinct: BTreeSet<Uuid> = all.iter().copied().collect();
    assert_eq!(distinct.len(), all.len(), "nothing is handled twice");
    distinct
}

fn distinct(recorders: &[Recorder]) -> usize {
    let all = recorders.iter().flat_map(Recorder::handled);
    all.map(|event| event.event_id).collect::<BTreeSet<Uuid>>().len()
}

/// A cluster with the platform's topics and so many inspections.
async fn with_inspections(count: u32) -> Cluster {
    let cluster = Cluster::kafka();
    cluster.create_topics(chip_quality_events::STREAMS).await;
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    publish_inspections(&producer, 0..count).await;
    cluster
}

/// An inspection with this id.
fn inspection(id: impl Into<String>) -> InspectionCreated {
    InspectionCreated::builder()
        .inspection_id(id.into())
        .batch_id("BATCH-1")
        .chip_id("CHIP-1")
        .inspection_type(InspectionType::Visual)
        .build()
}
