//! What the tests share: a cluster of its own for each, events that say how they end, and a look at what became of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chip_quality_events::inspection::{InspectionCreated, InspectionEvent, InspectionType};
use cq_events::KafkaConfig;
use cq_events::codec::{encode, write_frame};
use cq_events::consume::{ConsumeError, ConsumerHandle};
use cq_events::dead_letter::{DeadLetter, ErrorKind, Place, original, topic_name};
use cq_events::event::{Headers, StreamInfo, StreamSchema as _, TopicSpec};
use cq_events::kafka::{create_topics, group_lag};
use cq_events::registry::{LocalRegistry, SchemaId, SchemaRegistry as _};
use cq_events::{Consumer, EventHandler};
use cq_events_tests::cluster::Cluster;
use cq_events_tests::raw::{self, Record};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

/// The topic of all tests.
pub(crate) const TOPIC: &str = InspectionEvent::STREAM.topic;
pub(crate) const PARTITIONS: i32 = 6;
/// The group of most.
pub(crate) const GROUP: &str = "ward";
/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const MILLI: Duration = Duration::from_millis(1);

/// A cluster with the topic.
pub(crate) struct Lab(pub(crate) Cluster);

impl Lab {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Its topic has these settings.
    pub(crate) async fn with(settings: &'static [(&'static str, &'static str)]) -> Self {
        let cluster = tokio::task::spawn_blocking(Cluster::kafka).await.expect("no panic");
        let lab = Self(cluster);
        lab.create(TOPIC, PARTITIONS, settings).await;
        lab
    }

    /// Creates a topic.
    pub(crate) async fn create(
        &self,
        topic: &str,
        partitions: i32,
        settings: &'static [(&'static str, &'static str)],
    ) {
        create(&self.0.config(), topic, partitions, settings).await;
    }

    pub(crate) fn servers(&self) -> String {
        self.0.config().bootstrap_servers().to_owned()
    }

    /// The configuration of a group that hears soon of a member that is gone.
    pub(crate) fn group(&self, group: &str) -> KafkaConfig {
        let config = self.0.config().to_builder();
        config.group_id(group).session_timeout(Duration::from_secs(6)).build().expect("it is valid")
    }

    pub(crate) async fn send(&self, records: &mut [Record]) {
        raw::send(&self.servers(), TOPIC, records).await;
    }

    /// The dead letters of a group.
    pub(crate) async fn dead(&self, group: &str) -> Vec<Record> {
        raw::read(&self.servers(), &dead_letters(group)).await
    }

    /// The offset that the group has committed in a partition; 0, where it has none.
    pub(crate) async fn committed(&self, group: &str, partition: i32) -> i64 {
        let lag = group_lag(&self.0.config(), group, [TOPIC]).await.expect("the broker answers");
        let of = lag.iter().find(|lag| lag.partition == partition).and_then(|lag| lag.committed);
        of.unwrap_or_default()
    }

    /// The offsets that a group has committed, and how many messages it has left to do.
    pub(crate) async fn standing(&self, group: &str) -> (i64, i64) {
        let lag = group_lag(&self.0.config(), group, [TOPIC]).await.expect("the broker answers");
        let committed = lag.iter().filter_map(|partition| partition.committed).sum();
        (committed, lag.iter().map(|partition| partition.lag).sum())
    }
}

/// The topic of a group's dead letters.
pub(crate) fn dead_letters(group: &str) -> String {
    topic_name(TOPIC, group).expect("a legal name")
}

/// Creates a topic with the settings that a stream could have.
pub(crate) async fn create(
    config: &KafkaConfig,
    topic: &str,
    partitions: i32,
    settings: &'static [(&'static str, &'static str)],
) {
    let StreamInfo { name, schema, events, headers, .. } = InspectionEvent::STREAM;
    let spec = TopicSpec::new(partitions, None, settings);
    let topic = Box::leak(topic.to_owned().into_boxed_str());
    let stream: &'static StreamInfo =
        Box::leak(Box::new(StreamInfo::new(name, topic, schema, events, *headers, spec)));
    create_topics(config, [stream]).await.expect("the topic is created");
}

/// A consumer that runs.
pub(crate) struct Run {
    pub(crate) handle: ConsumerHandle,
    task: JoinHandle<Result<(), ConsumeError>>,
}

impl Run {
    pub(crate) fn of<H: EventHandler>(consumer: Consumer<H>) -> Self {
        Self::on(&Handle::current(), consumer)
    }

    /// One that runs on another runtime.
    pub(crate) fn on<H: EventHandler>(runtime: &Handle, consumer: Consumer<H>) -> Self {
        Self { handle: consumer.handle(), task: runtime.spawn(consumer.run(std::future::pending())) }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Ends it in order, which commits.
    pub(crate) async fn shut_down(self) {
        self.handle.shutdown();
        let ended = tokio::time::timeout(PATIENCE, self.task).await.expect("it ends");
        ended.expect("no panic").expect("an orderly end");
    }

    /// The error that it ends with by itself.
    pub(crate) async fn error(self) -> ConsumeError {
        let ended = tokio::time::timeout(PATIENCE, self.task).await.expect("it ends by itself");
        ended.expect("no panic").expect_err("it was not told to end")
    }

    /// Ends it as a crash does: nothing is awaited, nothing committed.
    pub(crate) async fn crash(self) {
        self.task.abort();
        let ended = self.task.await.expect_err("it was still running");
        assert!(ended.is_cancelled(), "{ended}");
    }
}

/// Polls until the consumer has done all that is in the topic, committed or not.
pub(crate) async fn caught_up(run: &Run) {
    let begun = Instant::now();
    loop {
        let lag = run.handle.lag().await.expect("the broker answers");
        let left: i64 = lag.iter().map(|partition| partition.lag).sum();
        if lag.len() == PARTITIONS as usize && left == 0 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{left} are left of {} partitions", lag.len());
        tokio::time::sleep(100 * MILLI).await;
    }
}

/// Polls until the group has done all that is in the topic.
pub(crate) async fn settled(lab: &Lab, group: &str) {
    let begun = Instant::now();
    loop {
        let (committed, lag) = lab.standing(group).await;
        if lag == 0 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{group} has committed {committed}, and is {lag} behind");
        tokio::time::sleep(100 * MILLI).await;
    }
}

/// An event whose chip says how its handler ends: see [`crate::ward`].
pub(crate) fn inspection(key: &str, id: impl Into<String>, fate: &str) -> InspectionEvent {
    let event = InspectionCreated::builder()
        .inspection_id(id.into())
        .batch_id(key)
        .chip_id(fate)
        .inspection_type(InspectionType::Visual)
        .build();
    event.into()
}

/// The id of this build's schema.
pub(crate) async fn own_id() -> SchemaId {
    static ID: OnceCell<SchemaId> = OnceCell::const_new();
    let compute = async || {
        let (stream, registry) = (InspectionEvent::STREAM, LocalRegistry::default());
        registry.id_of(&stream.subjects()[0]).await.expect("it has one")
    };
    *ID.get_or_init(compute).await
}

/// A value of the inspection topic.
pub(crate) fn value(schema: SchemaId, event: &InspectionEvent) -> Vec<u8> {
    let mut value = Vec::new();
    write_frame(schema, &mut value);
    encode(event, &mut value).expect("it can be encoded");
    value
}

/// A message with such an event. Its key alone decides about its partition.
pub(crate) async fn message(key: &str, id: impl Into<String>, fate: &str) -> Record {
    let value = value(own_id().await, &inspection(key, id, fate));
    Record { partition: partition(key), ..framed(key, value) }
}

/// A message with this value, in partition 0.
pub(crate) fn framed(key: &str, value: Vec<u8>) -> Record {
    Record { key: Some(key.as_bytes().to_vec()), value: Some(value), ..Record::default() }
}

fn partition(key: &str) -> i32 {
    let sum: u32 = key.bytes().map(u32::from).sum();
    i32::try_from(sum).expect("short") % PARTITIONS
}

/// Checks that a dead letter is that message, where it must lie, and what its headers say; and gives those.
pub(crate) fn check(dead: &Record, source: &Record, kind: ErrorKind, partitions: i32) -> DeadLetter {
    let place = Place { topic: TOPIC.to_owned(), partition: source.partition, offset: source.offset };
    assert_eq!(dead.partition, source.partition % partitions, "{place}");
    assert_eq!((&dead.key, &dead.value), (&source.key, &source.value), "{place}");
    let kept: Headers = original(&dead.headers).iter().cloned().collect();
    assert_eq!(kept, source.headers, "{place}");
    assert_eq!(dead.headers.len(), source.headers.len() + 15, "{place}: nothing but ours is added");
    let letter = DeadLetter::of(&dead.headers).expect("it has the headers of a dead letter");
    assert_eq!((letter.kind, &letter.first, &letter.last), (kind, &place, &place), "{}", letter.message);
    assert_eq!((letter.group.as_str(), letter.replays), (GROUP, 0), "{place}");
    let age = jiff::Timestamp::now().duration_since(letter.failed_at);
    assert!((0..300).contains(&age.as_secs()), "{place} failed at {}", letter.failed_at);
    letter
}

/// Dead letters by the places of their messages; several of one message are repeats.
pub(crate) fn by_source(dead: &[Record]) -> BTreeMap<(i32, i64), Vec<&Record>> {
    let mut all: BTreeMap<(i32, i64), Vec<&Record>> = BTreeMap::new();
    for record in dead {
        let letter = DeadLetter::of(&record.headers).expect("it has the headers of a dead letter");
        all.entry((letter.last.partition, letter.last.offset)).or_default().push(record);
    }
    all
}
