//! librdkafka's consumer: a member of a group whose rebalances are only recorded where they are called back, and
//! answered by the driver when the engine says so.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer, ConsumerContext, RebalanceProtocol, StreamConsumer,
};
use rdkafka::error::{KafkaError as NativeError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, Statistics, TopicPartitionList};
use tokio::sync::mpsc;

use super::engine::{Commit, TopicPartition};
use crate::event::StreamInfo;
use crate::kafka::KafkaConfig;
use crate::kafka::connect::{ClientEvents, client_error};
use crate::kafka::error::{KafkaError, words};

/// How long the end of a consumer may take: librdkafka's close can hang.
const CLOSE: Duration = Duration::from_secs(10);
/// How soon a commit is tried again.
pub(super) const RETRY: Duration = Duration::from_millis(100);

/// librdkafka's client.
pub(super) type Client = StreamConsumer<GroupEvents>;

/// What the group, or librdkafka, tells us.
#[derive(Debug)]
pub(super) enum Change {
    Assigned(Vec<TopicPartition>),
    Revoked(Vec<TopicPartition>),
    Lost(Vec<TopicPartition>),
}

/// Records what librdkafka calls back.
pub(super) struct GroupEvents {
    client: ClientEvents,
    changes: mpsc::UnboundedSender<Change>,
    topics: Vec<Arc<str>>,
    /// The rebalance that waits for its answer: whether it gives partitions or takes them, and which.
    unanswered: Mutex<Option<(bool, Vec<TopicPartition>)>>,
    /// Nobody listens any more: rebalances are answered at once, or the close would wait for ever.
    closing: AtomicBool,
}

impl ClientContext for GroupEvents {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.client.log(level, facility, message);
    }

    fn stats(&self, statistics: Statistics) {
        self.client.stats(statistics);
    }

    fn error(&self, error: NativeError, reason: &str) {
        self.client.error(error, reason);
    }
}

impl ConsumerContext for GroupEvents {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let assigned = kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::Acquire) {
            answer(consumer, assigned, list).unwrap_or_else(|error| {
                tracing::warn!("a rebalance at the end could not be answered: {}", words(&error));
            });
            return;
        }
        let partitions = self.partitions(list);
        *self.unanswered() = Some((assigned, partitions.clone()));
        let change = match kind {
            _ if assigned => Change::Assigned(partitions),
            _ if consumer.assignment_lost() => Change::Lost(partitions),
            _ => Change::Revoked(partitions),
        };
        // The receiver lives as long as the client; after it, `closing` is set.
        let _ = self.changes.send(change);
    }
}

impl GroupEvents {
    fn unanswered(&self) -> MutexGuard<'_, Option<(bool, Vec<TopicPartition>)>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn partitions(&self, list: &TopicPartitionList) -> Vec<TopicPartition> {
        let elements = list.elements();
        let partition = |topic: &str, partition| {
            let known = self.topics.iter().find(|known| &***known == topic);
            TopicPartition { topic: known.map_or_else(|| topic.into(), Arc::clone), partition }
        };
        elements.iter().map(|element| partition(element.topic(), element.partition())).collect()
    }
}

/// A member of a consumer group.
pub(super) struct Group {
    client: Option<Arc<Client>>,
    topics: Vec<Arc<str>>,
    name: String,
}

impl Group {
    /// A client that has not joined its group yet.
    pub(super) fn new(
        config: &KafkaConfig,
        group: &str,
        streams: &[&'static StreamInfo],
    ) -> Result<(Self, mpsc::UnboundedReceiver<Change>), KafkaError> {
        let (changes, receiver) = mpsc::unbounded_channel();
        let topics: Vec<Arc<str>> = streams.iter().map(|stream| stream.topic.into()).collect();
        let context = GroupEvents {
            client: ClientEvents::default(),
            changes,
            topics: topics.clone(),
            unanswered: Mutex::default(),
            closing: AtomicBool::new(false),
        };
        let client: Client = config
            .consumer_config(group)
            .create_with_context(context)
            .map_err(|error| client_error(config, &error))?;
        Ok((Self { client: Some(Arc::new(client)), topics, name: group.to_owned() }, receiver))
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// librdkafka's client: there until the close.
    pub(super) fn client(&self) -> Option<&Arc<Client>> {
        self.client.as_ref()
    }

    /// The topic with this name, shared.
    pub(super) fn topic(&self, name: &str) -> Arc<str> {
        self.topics.iter().find(|topic| &***topic == name).map_or_else(|| name.into(), Arc::clone)
    }

    pub(super) fn join(&self) -> KafkaResult<()> {
        let topics: Vec<&str> = self.topics.iter().map(|topic| &**topic).collect();
        self.with(|client| client.subscribe(&topics))
    }

    /// Answers a rebalance: takes what was given. A partition without a start is fetched from its beginning.
    pub(super) fn assign(&self, starts: &[(TopicPartition, Option<i64>)]) -> KafkaResult<()> {
        let mut list = TopicPartitionList::with_capacity(starts.len());
        for (place, start) in starts {
            let start = start.map_or(Offset::Beginning, Offset::Offset);
            list.add_partition_offset(&place.topic, place.partition, start)?;
        }
        self.with(|client| {
            client.context().unanswered().take();
            answer(&**client, true, &list)?;
            // A partition that was paused when it was given back may still be.
            client.resume(&list)
        })
    }

    /// Answers a rebalance: gives back what was taken.
    pub(super) fn unassign(&self, partitions: &[TopicPartition]) -> KafkaResult<()> {
        self.with(|client| {
            client.context().unanswered().take();
            answer(&**client, false, &list(partitions))
        })
    }

    pub(super) fn pause(&self, partition: &TopicPartition) -> KafkaResult<()> {
        self.with(|client| client.pause(&list(std::slice::from_ref(partition))))
    }

    pub(super) fn resume(&self, partition: &TopicPartition) -> KafkaResult<()> {
        self.with(|client| client.resume(&list(std::slice::from_ref(partition))))
    }

    /// Whether the assignment was taken away, so that a commit can only be refused.
    pub(super) fn lost(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.assignment_lost())
    }

    fn with(&self, call: impl FnOnce(&Arc<Client>) -> KafkaResult<()>) -> KafkaResult<()> {
        self.client.as_ref().map_or(Ok(()), call)
    }

    /// Closes the client, off the async runtime: the group takes its partitions back, which is answered at once, and
    /// lets us go. There is no unsubscribe before it: where librdkafka 2.12 is closed while an incremental unassign is
    /// still under way, it forgets to leave the group, and the others wait for the session to end.
    pub(super) async fn close(mut self) {
        let Some(client) = self.begin_close() else { return };
        let Some(client) = Arc::into_inner(client) else {
            return tracing::warn!(
                group = self.name,
                "the consumer still asks its broker something, and leaves its group only after the answer"
            );
        };
        let closed = tokio::task::spawn_blocking(move || drop(client));
        if tokio::time::timeout(CLOSE, closed).await.is_err() {
            tracing::warn!(
                group = self.name,
                "the consumer did not close within {CLOSE:?}; it was left to itself"
            );
        }
    }

    fn begin_close(&mut self) -> Option<Arc<Client>> {
        let client = self.client.take()?;
        client.context().closing.store(true, Ordering::Release);
        client.context().client.close();
        // The close would wait for this answer for ever.
        let unanswered = client.context().unanswered().take();
        if let Some((assigned, partitions)) = unanswered
            && let Err(error) = answer(&*client, assigned, &list(&partitions))
        {
            tracing::warn!("a rebalance at the end could not be answered: {}", words(&error));
        }
        Some(client)
    }
}

impl Drop for Group {
    /// A run that is dropped half-way must not block the async runtime with librdkafka's close.
    fn drop(&mut self) {
        if let Some(client) = self.begin_close() {
            let thread = std::thread::Builder::new().name("cq-events-close".to_owned());
            if let Err(error) = thread.spawn(move || drop(client)) {
                tracing::warn!("no thread to close the consumer: {error}");
            }
        }
    }
}

/// Fetches from these offsets, and blocks until that is so.
pub(super) fn seek(client: &Client, targets: &[(TopicPartition, i64)], timeout: Duration) -> KafkaResult<()> {
    let mut list = TopicPartitionList::with_capacity(targets.len());
    for (place, offset) in targets {
        list.add_partition_offset(&place.topic, place.partition, Offset::Offset(*offset))?;
    }
    let answer = client.seek_partitions(list, timeout)?;
    answer.elements().into_iter().try_for_each(|element| element.error())
}

/// Commits, and blocks until the broker has answered.
pub(super) fn commit(client: &Client, commits: &[Commit]) -> KafkaResult<()> {
    client.commit(&commit_list(commits)?, CommitMode::Sync)
}

/// Whether a commit may succeed a little later: a group that rebalances accepts none until the rebalance is over,
/// and then only by members of its new generation.
pub(super) fn is_deferred(error: &NativeError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(
        code,
        Some(
            RDKafkaErrorCode::RebalanceInProgress
                | RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::StaleMemberEpoch
                | RDKafkaErrorCode::CoordinatorLoadInProgress
                | RDKafkaErrorCode::CoordinatorNotAvailable
                | RDKafkaErrorCode::NotCoordinator
        )
    )
}

fn answer<C: Consumer<GroupEvents>>(
    consumer: &C,
    assigned: bool,
    list: &TopicPartitionList,
) -> KafkaResult<()> {
    match (consumer.rebalance_protocol(), assigned) {
        (RebalanceProtocol::Cooperative, true) => consumer.incremental_assign(list),
        (RebalanceProtocol::Cooperative, false) => consumer.incremental_unassign(list),
        (_, true) => consumer.assign(list),
        (_, false) => consumer.unassign(),
    }
}

pub(super) fn list(partitions: &[TopicPartition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        list.add_partition(&partition.topic, partition.partition);
    }
    list
}

fn commit_list(commits: &[Commit]) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(commits.len());
    for Commit { place, offset, finished } in commits {
        let mut element = list.add_partition(&place.topic, place.partition);
        element.set_offset(Offset::Offset(*offset))?;
        element.set_metadata(finished.to_metadata(*offset));
    }
    Ok(list)
}
