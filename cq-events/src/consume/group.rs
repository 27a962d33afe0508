//! librdkafka's consumer: a member of a group whose rebalances are only recorded where they are called back, and
//! answered by the driver when the engine says so.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as NativeError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{Offset, Statistics, TopicPartitionList};
use tokio::sync::{Notify, mpsc, oneshot};

use super::engine::{Commit, TopicPartition};
use crate::event::StreamInfo;
use crate::kafka::KafkaConfig;
use crate::kafka::connect::{ClientEvents, client_error};
use crate::kafka::error::{KafkaError, words};
use crate::kafka::native::{Callbacks, Handle, Polled, Rebalance};

/// How long the end of a consumer may take: librdkafka's close can hang.
pub(super) const CLOSE: Duration = Duration::from_secs(10);
/// How soon a commit is tried again.
pub(super) const RETRY: Duration = Duration::from_millis(100);

/// librdkafka's client.
pub(super) type Client = Handle<GroupEvents>;

/// What the group, or librdkafka, tells us.
#[derive(Debug)]
pub(super) enum Change {
    Assigned(Vec<TopicPartition>),
    Revoked(Vec<TopicPartition>),
    Lost(Vec<TopicPartition>),
    /// A topic or a partition seems to be gone.
    TopicMissed,
}

/// Records what librdkafka calls back.
pub(super) struct GroupEvents {
    client: ClientEvents,
    changes: mpsc::UnboundedSender<Change>,
    /// There is something to poll.
    woken: Notify,
    topics: Arc<[Arc<str>]>,
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
        if error.rdkafka_error_code().is_some_and(misses_topic) {
            let _ = self.changes.send(Change::TopicMissed);
        }
        self.client.error(error, reason);
    }
}

impl Callbacks for GroupEvents {
    fn rebalance(&self, rebalance: Rebalance<'_>) {
        if self.closing.load(Ordering::Acquire) {
            rebalance.answer().unwrap_or_else(|error| {
                tracing::warn!("a rebalance at the end could not be answered: {}", words(&error));
            });
            return;
        }
        let partitions: Vec<TopicPartition> =
            rebalance.partitions().into_iter().map(|place| self.place(place)).collect();
        *self.unanswered() = Some((rebalance.is_assign, partitions.clone()));
        let change = match rebalance.is_assign {
            true => Change::Assigned(partitions),
            false if rebalance.is_lost() => Change::Lost(partitions),
            false => Change::Revoked(partitions),
        };
        // The receiver lives as long as the client; after it, `closing` is set.
        let _ = self.changes.send(change);
    }

    fn wake(&self) {
        self.woken.notify_one();
    }
}

impl GroupEvents {
    fn unanswered(&self) -> MutexGuard<'_, Option<(bool, Vec<TopicPartition>)>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, (topic, partition): (String, i32)) -> TopicPartition {
        let known = self.topics.iter().find(|known| ***known == *topic);
        TopicPartition { topic: known.map_or_else(|| topic.into(), Arc::clone), partition }
    }
}

/// A member of a consumer group.
pub(super) struct Group {
    client: Option<Arc<Client>>,
    topics: Arc<[Arc<str>]>,
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
        let topics: Arc<[Arc<str>]> = streams.iter().map(|stream| stream.topic.into()).collect();
        let context = GroupEvents {
            client: ClientEvents::default(),
            changes,
            woken: Notify::new(),
            topics: Arc::clone(&topics),
            unanswered: Mutex::default(),
            closing: AtomicBool::new(false),
        };
        let client = Client::new(&config.consumer_config(group), context)
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

    pub(super) fn join(&self) -> KafkaResult<()> {
        self.with(|client| client.subscribe(&self.topics))
    }

    /// Completes when there is something to poll that was not there at the last poll.
    pub(super) async fn woken(&self) {
        match &self.client {
            Some(client) => client.context().woken.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Takes what is there, at most so many messages, and records rebalances. Does not wait.
    pub(super) fn poll(&self, most: usize) -> Polled {
        let client = self.client.as_ref().filter(|client| !client.context().closing.load(Ordering::Acquire));
        client.map(|client| client.poll(&self.topics, most)).unwrap_or_default()
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
            client.answer(true, &list)?;
            // A partition that was paused when it was given back may still be.
            client.resume(&list)
        })
    }

    /// Answers a rebalance: gives back what was taken.
    pub(super) fn unassign(&self, partitions: &[TopicPartition]) -> KafkaResult<()> {
        self.with(|client| {
            client.context().unanswered().take();
            client.answer(false, &list(partitions))
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
        self.client.as_ref().is_some_and(|client| client.is_lost())
    }

    fn with(&self, call: impl FnOnce(&Arc<Client>) -> KafkaResult<()>) -> KafkaResult<()> {
        self.client.as_ref().map_or(Ok(()), call)
    }

    /// Closes the client, off the async runtime: the group takes its partitions back, which is answered at once, and
    /// lets us go. There is no unsubscribe before it: where librdkafka 2.12 is closed while an incremental unassign is
    /// still under way, it forgets to leave the group, and the others wait for the session to end.
    pub(super) async fn close(mut self) {
        let Some(client) = self.begin_close() else { return };
        let left = leave_aside(client);
        if tokio::time::timeout(CLOSE, left).await.is_err() {
            tracing::warn!(
                group = self.name,
                "the consumer did not close within {CLOSE:?}; it was left to itself"
            );
        }
    }

    fn begin_close(&mut self) -> Option<Arc<Client>> {
        let client = self.client.take()?;
        begin_close(&client).then_some(client)
    }
}

impl Drop for Group {
    /// A run that is dropped half-way must not block the async runtime with librdkafka's close.
    fn drop(&mut self) {
        if let Some(client) = self.begin_close() {
            drop(leave_aside(client));
        }
    }
}

/// Ends a consumer whose driver does not come back.
pub(super) fn abandon(client: &Weak<Client>) {
    if let Some(client) = client.upgrade().filter(|client| begin_close(client)) {
        drop(leave_aside(client));
    }
}

/// From now on rebalances are answered at once, and so is the one that waits: the close would wait for it for ever. Says
/// whether this is the first time: a second close would not return.
fn begin_close(client: &Client) -> bool {
    if client.context().closing.swap(true, Ordering::AcqRel) {
        return false;
    }
    client.context().client.close();
    let unanswered = client.context().unanswered().take();
    if let Some((assigned, partitions)) = unanswered
        && let Err(error) = client.answer(assigned, &list(&partitions))
    {
        tracing::warn!("a rebalance at the end could not be answered: {}", words(&error));
    }
    true
}

fn leave_aside(client: Arc<Client>) -> oneshot::Receiver<()> {
    aside(move || {
        leave(&client);
        drop(client);
    })
}

/// Calls librdkafka on a thread of its own, and tells what came of it: one of the async runtime's would keep the program
/// from its end where librdkafka does not come back.
pub(super) fn aside<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<T> {
    let (sender, answer) = oneshot::channel();
    let thread = std::thread::Builder::new().name("cq-events-aside".to_owned());
    // Whoever does not wait any more need not know.
    if let Err(error) = thread.spawn(move || drop(sender.send(call()))) {
        tracing::warn!("no thread to talk to the broker: {error}");
    }
    answer
}

/// Leaves the group, and blocks until that is so. The client ends with the last message of it that is still held.
fn leave(client: &Client) {
    if let Err(error) = client.close() {
        tracing::warn!("the consumer did not leave its group: {}", words(&error));
    }
}

/// Fetches from these offsets, and blocks until that is so.
pub(super) fn seek(client: &Client, targets: &[(TopicPartition, i64)], timeout: Duration) -> KafkaResult<()> {
    let mut list = TopicPartitionList::with_capacity(targets.len());
    for (place, offset) in targets {
        list.add_partition_offset(&place.topic, place.partition, Offset::Offset(*offset))?;
    }
    client.seek(&list, timeout)
}

/// Commits, and blocks until the broker has answered.
pub(super) fn commit(client: &Client, commits: &[Commit]) -> KafkaResult<()> {
    client.commit(&commit_list(commits)?)
}

/// Whether a topic or a partition is not there, or not known yet.
pub(super) fn misses_topic(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownPartition
    )
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
