//! Planted bugs: consumers as they are often written, over rust-rdkafka alone. They handle events by the same handler,
//! in order per key and many at a time. Only what they commit is wrong, and the reader must find the loss.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chip_quality_events::inspection::InspectionEvent;
use cq_events::codec::{DecodeLimits, Decoder};
use cq_events::event::StreamSchema as _;
use cq_events::{EventStream as _, KafkaConfig, shutdown_signal};
use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::message::OwnedMessage;
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use tokio::sync::mpsc::{Sender, channel};

use super::record::Process;
use super::worker::{Effects, IN_FLIGHT, ends_with_its_parent};

/// How often a naive consumer commits.
const COMMIT: Duration = Duration::from_millis(500);

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// An offset is stored when its message is fetched, and committed by a timer, handled or not.
    AutoOffsetStore,
    /// The offset after the last message that is done is committed, whatever before it is not.
    CommitPastAGap,
}

impl Bug {
    /// Both, with their names.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::AutoOffsetStore, "auto-offset-store"), (Self::CommitPastAGap, "commit-past-a-gap")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(bug, _)| *bug == self).expect("both are there").1
    }
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bug = Self::ALL.iter().find(|(_, name)| *name == text).map(|(bug, _)| *bug);
        bug.ok_or_else(|| format!("--bug takes auto-offset-store or commit-past-a-gap, not {text}"))
    }
}

/// The offsets after the last message of each partition that is done.
type Done = Arc<Mutex<BTreeMap<i32, i64>>>;

/// Runs such a consumer until it is told to end.
pub async fn run(log: &Path, process: Process, bug: Bug) -> Result<(), String> {
    ends_with_its_parent();
    let config = KafkaConfig::from_env().map_err(|error| error.to_string())?;
    let is_auto = (bug == Bug::AutoOffsetStore).to_string();
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", config.bootstrap_servers())
        .set("group.id", config.group_id().unwrap_or_default())
        .set("session.timeout.ms", std::env::var("KAFKA_SESSION_TIMEOUT_MS").unwrap_or_default())
        .set("max.poll.interval.ms", config.max_poll_interval().as_millis().to_string())
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.offset.store", &is_auto)
        .set("enable.auto.commit", &is_auto)
        .set("auto.commit.interval.ms", COMMIT.as_millis().to_string())
        .create()
        .map_err(|error| error.to_string())?;
    let topic = InspectionEvent::STREAM.topic;
    consumer.subscribe(&[topic]).map_err(|error| error.to_string())?;
    let (effects, done) = (Arc::new(Effects::new(log, process)), Done::default());
    let lanes: Vec<_> = (0..IN_FLIGHT).map(|_| lane(&effects, &done)).collect();
    let mut shutdown = std::pin::pin!(shutdown_signal());
    let mut commits = tokio::time::interval(COMMIT);
    loop {
        tokio::select! {
            () = shutdown.as_mut() => return Ok(()),
            _ = commits.tick(), if bug == Bug::CommitPastAGap => commit(&consumer, topic, &done),
            received = consumer.recv() => if let Ok(message) = received {
                let mut hasher = DefaultHasher::new();
                message.key().hash(&mut hasher);
                let lane = usize::try_from(hasher.finish() % IN_FLIGHT as u64).expect("an index");
                lanes[lane].send(message.detach()).await.map_err(|_| "a lane has ended")?;
            },
        }
    }
}

fn commit(consumer: &StreamConsumer, topic: &str, done: &Done) {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in done.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).expect("an offset");
    }
    // A group in a rebalance refuses it; the next one has more.
    let _ = consumer.commit(&list, CommitMode::Async);
}

/// Handles the messages of some keys, one after the other.
fn lane(effects: &Arc<Effects>, done: &Done) -> Sender<OwnedMessage> {
    let (sender, mut messages) = channel::<OwnedMessage>(8);
    let (effects, done) = (Arc::clone(effects), Arc::clone(done));
    tokio::spawn(async move {
        while let Some(message) = messages.recv().await {
            let InspectionEvent::InspectionCreated(event) = decode(&message) else { continue };
            let (partition, offset) = (message.partition(), message.offset());
            effects.handle(&event, partition, offset).await.expect("an effect is logged");
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            let last = done.entry(partition).or_default();
            *last = (*last).max(offset + 1);
        }
    });
    sender
}

fn decode(message: &OwnedMessage) -> InspectionEvent {
    let value = message.payload().expect("no tombstones");
    // A zero and the schema's id come first.
    let mut input = Decoder::new(&value[5..], DecodeLimits::default());
    let branch = usize::try_from(input.long()).expect("a branch");
    InspectionEvent::decode_branch(branch, &mut input).expect("an event of the stream")
}
