//! A simulated process of the group: the real engine and handler, and a driver that does what the real one does.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::check::Place;
use super::work::Worker;
use crate::consume::engine::{Commit, Engine, Policies, SeekId, Settings, Token, TopicPartition};
use crate::consume::reader::Reader;
use crate::consume::{Delivery, DeliveryError, EventHandler as _, Scratch};
use crate::event::Message;

/// A process: its place among the others, and which life it lives there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MemberId {
    pub(super) slot: usize,
    pub(super) life: u32,
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "consumer {}.{}", self.slot, self.life)
    }
}

/// The engine's settings, with times that are short beside a run.
const SETTINGS: Settings = Settings {
    max_in_flight: 6,
    commit_interval: Duration::from_millis(700),
    revoke_deadline: Duration::from_secs(3),
    shutdown_deadline: Duration::from_secs(4),
    commit_deadline: Duration::from_secs(1),
    high_messages: 12,
    low_messages: 4,
    high_bytes: 1 << 20,
    low_bytes: 1 << 18,
    most_open: 60,
    most_parked_bytes: 1 << 20,
    wait_deadline: Duration::from_secs(300),
    pause_after: Duration::from_millis(40),
};

pub(super) struct Member {
    pub(super) id: MemberId,
    pub(super) engine: Engine,
    pub(super) fetching: BTreeMap<i32, Fetching>,
    /// Which question for offsets counts, and for which partitions it was.
    pub(super) question: u64,
    pub(super) asked: Vec<i32>,
    /// When the engine wants to know the time.
    pub(super) tick: Option<Duration>,
    /// Seeks wait for each other, and an assignment for them, as in the real driver.
    pub(super) seeks: VecDeque<(SeekId, Vec<(TopicPartition, i64)>)>,
    pub(super) is_seeking: bool,
    pub(super) held_assign: Option<Vec<(TopicPartition, Option<i64>)>>,
    /// An earlier commit, for the bug that repeats it.
    pub(super) old_commit: Option<Vec<Commit>>,
    worker: Arc<Worker>,
    reader: Arc<Reader>,
    tasks: BTreeMap<u64, Task>,
    last_task: u64,
}

/// A partition that is fetched.
pub(super) struct Fetching {
    pub(super) assignment: u64,
    pub(super) position: i64,
    pub(super) is_paused: bool,
}

/// A handler at work.
pub(super) struct Task {
    pub(super) token: Token,
    pub(super) place: Place,
    pub(super) message: Message,
    future: Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send>>,
}

impl Member {
    pub(super) fn new(id: MemberId, worker: Arc<Worker>, reader: Arc<Reader>, now: Instant) -> Self {
        Self {
            id,
            engine: Engine::new(SETTINGS, Policies::default(), 7, now),
            fetching: BTreeMap::new(),
            question: 0,
            asked: Vec::new(),
            tick: None,
            seeks: VecDeque::new(),
            is_seeking: false,
            held_assign: None,
            old_commit: None,
            worker,
            reader,
            tasks: BTreeMap::new(),
            last_task: 0,
        }
    }

    /// Begins to handle a message; [`Member::poll`] goes on with it.
    pub(super) fn begin(&mut self, token: Token, place: Place, message: Message) -> u64 {
        let (worker, reader) = (Arc::clone(&self.worker), Arc::clone(&self.reader));
        let handled = message.clone();
        let future = Box::pin(async move {
            let scratch = Scratch::default();
            worker.handle(0, Delivery::new(&handled, &reader, &scratch)).await
        });
        self.last_task += 1;
        self.tasks.insert(self.last_task, Task { token, place, message, future });
        self.last_task
    }

    /// Goes on with a task, and returns it with its outcome if it ends.
    pub(super) fn poll(&mut self, number: u64) -> Option<(Task, Result<(), DeliveryError>)> {
        let task = self.tasks.get_mut(&number)?;
        match task.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some((self.tasks.remove(&number)?, result)),
            Poll::Pending => None,
        }
    }

    /// What is at work, which ends with the process.
    pub(super) fn into_places(self) -> impl Iterator<Item = Place> {
        self.tasks.into_values().map(|task| task.place)
    }
}
