//! The consumer, as users see it.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::builder::ConsumerBuilder;
use super::burial::Graveyard;
use super::engine::Settings;
use super::group::{Change, Group};
use super::handlers::NoHandler;
use super::reader::Reader;
use super::start::StartAt;
use super::status::{PartitionStatus, PositionLag, Question, Questions};
use super::supervisor::supervise;
use super::{ConsumeError, EventHandler};
use crate::event::{Failures, StreamInfo};
use crate::kafka::{KafkaConfig, KafkaError, end_offsets};
use crate::observe::{ConsumerCounters, ConsumerMetrics};

/// A driver that has made no turn for so long hangs.
const HANGS: Duration = Duration::from_secs(10);

/// Hands the events of its group's partitions to handlers.
///
/// Events of one key are handled one at a time and in order, as are those of a partition that have no key; all others
/// in parallel ([`ConsumerBuilder::max_in_flight`]). An event's offset is committed only after its handler and those of
/// all events before it in the partition succeeded, at the latest 5 s after that, at a rebalance and at the shutdown.
/// What succeeded above an event that is still being handled is told in the commit's metadata, so that it is not handled
/// again by whoever has the partition next. After a crash, what was handled since the last commit is handled once more.
///
/// An event that fails is tried again, as its stream's [`FailurePolicy`](crate::event::FailurePolicy) says; its key waits
/// meanwhile, and no other. What is given up, what panics and what cannot be read goes to the
/// [dead letters](crate::dead_letter), and is committed once the broker has acknowledged that. Where there is no safe place
/// for a message, the consumer stops with its offset uncommitted: nothing is skipped.
///
/// ```no_run
/// # async fn run(analytics: impl cq_events::EventHandler) -> Result<(), Box<dyn std::error::Error>> {
/// use cq_events::{Consumer, KafkaConfig, shutdown_signal};
///
/// let consumer = Consumer::builder(KafkaConfig::from_env()?).handler(analytics).build().await?;
/// consumer.run(shutdown_signal()).await?;
/// # Ok(())
/// # }
/// ```
pub struct Consumer<H> {
    pub(super) group: Group,
    pub(super) changes: mpsc::UnboundedReceiver<Change>,
    pub(super) config: KafkaConfig,
    pub(super) settings: Settings,
    pub(super) start_at: StartAt,
    pub(super) handlers: H,
    pub(super) reader: Arc<Reader>,
    pub(super) streams: Vec<&'static StreamInfo>,
    /// What becomes of the messages of each stream that fail.
    pub(super) failures: Vec<Failures>,
    pub(super) graveyard: Graveyard,
    pub(super) shared: Arc<Shared>,
    pub(super) questions: Questions,
}

impl Consumer<NoHandler> {
    /// A builder, which needs a handler at least.
    pub fn builder(config: KafkaConfig) -> ConsumerBuilder<NoHandler> {
        ConsumerBuilder::new(config)
    }
}

impl<H: EventHandler> Consumer<H> {
    /// A handle that stays valid while the consumer runs, and after it.
    pub fn handle(&self) -> ConsumerHandle {
        ConsumerHandle { shared: Arc::clone(&self.shared), config: self.config.clone() }
    }

    /// Joins the group and handles events, until `shutdown` completes or [`ConsumerHandle::shutdown`] is called.
    /// Then it takes no more events in, waits for those in flight (30 s at most, unless
    /// [set](ConsumerBuilder::shutdown_deadline)), commits and leaves the group.
    ///
    /// It runs as a task of its own. A handler is first polled in that task, so that one that needs not wait costs
    /// little; one that computes for long is better off with `tokio::task::spawn_blocking`, as everywhere in async code.
    /// One that blocks its thread for good cannot be cut off: the run ends without it after the time that a shutdown
    /// waits, and leaves the group.
    ///
    /// Dropping the future ends the consumer too, but without waiting for anything: handlers are cut off where
    /// they wait, and what was not committed is handled again.
    ///
    /// # Errors
    /// The message that could not be handled, with its coordinates; or why the consumer cannot go on. It never
    /// ends without an error unless it was told to shut down, and did so cleanly.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ConsumeError> {
        let running = Running::begin(Arc::clone(&self.shared));
        let result = supervise(self, shutdown).await;
        drop(running);
        if let Err(error) = &result {
            tracing::error!("the consumer ended: {error}");
        }
        result
    }
}

impl<H> fmt::Debug for Consumer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topics: Vec<&str> = self.streams.iter().map(|stream| stream.topic).collect();
        f.debug_struct("Consumer")
            .field("group", &self.group.name())
            .field("topics", &topics)
            .finish_non_exhaustive()
    }
}

/// Watches a [`Consumer`], and can end it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ConsumerHandle {
    shared: Arc<Shared>,
    config: KafkaConfig,
}

impl ConsumerHandle {
    /// What the consumer has done since it was built.
    pub fn metrics(&self) -> ConsumerMetrics {
        self.shared.counters.snapshot()
    }

    /// Whether it runs: from the call of [`Consumer::run`] to its end.
    pub fn is_running(&self) -> bool {
        self.metrics().is_running
    }

    /// Whether it is a member of its group and takes events in: for readiness probes. False again from the moment
    /// in which it begins to shut down, and while a handler has held it up for 10 s by blocking its thread.
    pub fn is_ready(&self) -> bool {
        self.shared.ready.load(Ordering::Relaxed) && !self.shared.hangs()
    }

    /// How its partitions stand: none where it does not run, or where a handler holds it up by blocking its thread.
    pub async fn partitions(&self) -> Vec<PartitionStatus> {
        let (question, answer) = oneshot::channel();
        if !self.is_running() || self.shared.questions.send(Question::Partitions(question)).is_err() {
            return Vec::new();
        }
        // It may end instead of answering.
        tokio::time::timeout(HANGS, answer).await.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// How far it is behind in each of its partitions, by what the broker says of their ends: also while a partition is
    /// paused or idle. [`group_lag`](crate::kafka::group_lag) tells it of a whole group, by what is committed. Connects
    /// for each call.
    ///
    /// # Errors
    /// When no broker answers.
    pub async fn lag(&self) -> Result<Vec<PositionLag>, KafkaError> {
        // Positions first: an end that is read later is never behind them.
        let partitions = self.partitions().await;
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let topics: BTreeSet<&str> = partitions.iter().map(|partition| partition.topic.as_str()).collect();
        let ends = end_offsets(&self.config, topics).await?;
        let lag = |status: PartitionStatus| {
            let PartitionStatus { topic, partition, position, .. } = status;
            let end = ends.iter().find(|end| end.topic == topic && end.partition == partition)?.offset;
            let position = position?;
            Some(PositionLag { lag: (end - position).max(0), topic, partition, position, end })
        };
        Ok(partitions.into_iter().filter_map(lag).collect())
    }

    /// Moves the consumer's partitions to other offsets, such as to a time from which on a state is to be built anew:
    /// the events from there on are handled, again or for the first time. What is being handled goes on to its end, but
    /// counts no more. The new offsets are committed. Of [`StartAt::Offsets`], only the partitions that are named move.
    ///
    /// Only the partitions that this consumer has now are moved, whatever other members of its group have: how many.
    ///
    /// # Errors
    /// When a partition does not have the offset, or when no broker answers: nothing has moved then.
    pub async fn seek(&self, to: StartAt) -> Result<usize, ConsumeError> {
        let (question, answer) = oneshot::channel();
        if !self.is_running() || self.shared.questions.send(Question::Seek(to, question)).is_err() {
            return Ok(0);
        }
        // It may end instead of answering.
        answer.await.unwrap_or(Ok(0))
    }

    /// Tells the consumer to shut down, as its shutdown future does. [`Consumer::run`] returns when it has.
    pub fn shutdown(&self) {
        self.shared.stop.send_replace(true);
    }
}

/// What a consumer and its handles have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) counters: ConsumerCounters,
    pub(super) ready: AtomicBool,
    pub(super) stop: watch::Sender<bool>,
    /// The run has ended, but the driver has not: a handler blocks its thread.
    pub(super) abandoned: AtomicBool,
    /// Wakes the driver, from outside of the async runtime.
    pub(super) nudge: Notify,
    /// How many messages were being handled when the last ones were begun.
    pub(super) in_flight: AtomicUsize,
    /// How many turns the driver has made, and when the last one was, in milliseconds since `built`.
    turns: AtomicU64,
    turned: AtomicU64,
    built: Instant,
    questions: mpsc::UnboundedSender<Question>,
}

impl Shared {
    pub(super) fn new() -> (Arc<Self>, Questions) {
        let (questions, receiver) = mpsc::unbounded_channel();
        let shared = Self {
            counters: ConsumerCounters::default(),
            ready: AtomicBool::new(false),
            stop: watch::Sender::new(false),
            abandoned: AtomicBool::new(false),
            nudge: Notify::new(),
            in_flight: AtomicUsize::new(0),
            turns: AtomicU64::new(0),
            turned: AtomicU64::new(0),
            built: Instant::now(),
            questions,
        };
        (Arc::new(shared), receiver)
    }

    /// The driver is alive: it says so several times in a second.
    pub(super) fn turn(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.turned.store(self.millis(), Ordering::Relaxed);
    }

    pub(super) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    fn hangs(&self) -> bool {
        let silent = self.millis().saturating_sub(self.turned.load(Ordering::Relaxed));
        u128::from(silent) > HANGS.as_millis()
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.built.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Says that the consumer runs, until it is dropped: also with a run that is dropped half-way.
struct Running(Arc<Shared>);

impl Running {
    fn begin(shared: Arc<Shared>) -> Self {
        shared.counters.set_running(true);
        Self(shared)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.ready.store(false, Ordering::Relaxed);
        self.0.counters.set_running(false);
    }
}
