//! A simulated process of the group: the real engine and handler, and a driver that does what the real one does.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::check::Place;
use super::intake::Intake;
use super::strain::Strain;
use super::work::{TOPIC, Worker};
use crate::consume::engine::finished::Finished;
use crate::consume::engine::{Commit, Engine, Generation, Policies, SeekId, Settings, Token, TopicPartition};
use crate::consume::reader::Reader;
use crate::consume::{Delivery, DeliveryError, EventHandler as _, Scratch};
use crate::event::{Failures, Message};

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
pub(super) const SETTINGS: Settings = Settings {
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
    wait_deadline: Duration::from_secs(5),
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
    /// Where messages that failed belong, until the engine has said what becomes of them.
    pub(super) failures: BTreeMap<(Generation, i64), Place>,
    /// Messages on their way to the dead letters.
    pub(super) burials: BTreeMap<u64, Burial>,
    /// What the engine should know, to check it.
    pub(super) intake: Intake,
    pub(super) inherited: BTreeMap<i32, Finished>,
    pub(super) sought: BTreeMap<i32, SeekId>,
    pub(super) strains: BTreeMap<Generation, Strain>,
    /// Since when the group wants back which partitions, and since when the consumer ends.
    pub(super) leaving: BTreeMap<i32, Duration>,
    pub(super) ending: Option<Duration>,
    /// How the breaker stood when a message's failure began the end.
    pub(super) last_strain: Option<Strain>,
    worker: Arc<Worker>,
    reader: Arc<Reader>,
    tasks: BTreeMap<u64, Task>,
    last: u64,
}

/// A partition that is fetched.
pub(super) struct Fetching {
    pub(super) assignment: u64,
    pub(super) position: i64,
    pub(super) is_paused: bool,
}

/// A message on its way to the dead letters.
pub(super) struct Burial {
    pub(super) token: Token,
    pub(super) place: Place,
    /// It is still here.
    pub(super) lingers: bool,
}

/// A handler at work.
pub(super) struct Task {
    pub(super) token: Token,
    pub(super) place: Place,
    pub(super) message: Message,
    future: Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send>>,
}

impl Member {
    pub(super) fn new(
        id: MemberId,
        (worker, reader): (Arc<Worker>, Arc<Reader>),
        (policy, seed): (Failures, u64),
        now: Instant,
    ) -> Self {
        let policies = Policies::from_iter([(TOPIC.to_owned(), policy)]);
        Self {
            id,
            engine: Engine::new(SETTINGS, policies, seed, now),
            fetching: BTreeMap::new(),
            question: 0,
            asked: Vec::new(),
            tick: None,
            seeks: VecDeque::new(),
            is_seeking: false,
            held_assign: None,
            old_commit: None,
            failures: BTreeMap::new(),
            burials: BTreeMap::new(),
            intake: Intake::default(),
            inherited: BTreeMap::new(),
            sought: BTreeMap::new(),
            strains: BTreeMap::new(),
            leaving: BTreeMap::new(),
            ending: None,
            last_strain: None,
            worker,
            reader,
            tasks: BTreeMap::new(),
            last: 0,
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
        self.last += 1;
        self.tasks.insert(self.last, Task { token, place, message, future });
        self.last
    }

    /// Goes on with a task, and returns it with its outcome if it ends.
    pub(super) fn poll(&mut self, number: u64) -> Option<(Task, Result<(), DeliveryError>)> {
        let task = self.tasks.get_mut(&number)?;
        let mut context = Context::from_waker(Waker::noop());
        // What the handler shares with others is whole whenever it panics.
        match catch_unwind(AssertUnwindSafe(|| task.future.as_mut().poll(&mut context))) {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(result)) => Some((self.tasks.remove(&number)?, result)),
            Err(_) => {
                let message = "as the seed says".to_owned();
                Some((self.tasks.remove(&number)?, Err(DeliveryError::Panic { message })))
            }
        }
    }

    /// Cuts a handler off.
    pub(super) fn cut_off(&mut self, number: u64) -> Option<Task> {
        self.tasks.remove(&number)
    }

    /// Whether one more message can be handled.
    pub(super) fn has_room(&self) -> bool {
        self.tasks.len() < SETTINGS.max_in_flight
    }

    /// What is being handled, or on its way to the dead letters.
    pub(super) fn under_way(&self) -> impl Iterator<Item = Place> + '_ {
        let at_work = self.tasks.values().map(|task| task.place);
        at_work.chain(self.burials.values().map(|burial| burial.place))
    }

    /// Begins to bury a message.
    pub(super) fn bury(&mut self, token: Token, place: Place) -> u64 {
        self.last += 1;
        self.burials.insert(self.last, Burial { token, place, lingers: true });
        self.last
    }
}
