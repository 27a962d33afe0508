//! What the consumer decides, as a plain state machine: no clock, no network, no tasks.
//!
//! The driver tells it what happened ([`Input`]) and when, and carries out what it answers ([`Output`]), in order.
//! Within a partition one message is handled at a time, partitions are handled in parallel. The rules:
//!
//! - An offset is committed only when its message and all before it in the partition are done.
//! - What belongs to an assignment that has ended no longer counts: every assignment of a partition has a
//!   generation, and an outcome of another generation changes nothing.
//! - A partition that is taken away is first drained and committed, within a deadline. One that is lost is not
//!   committed: it is somebody else's already.
//! - A failure ends the intake, lets the others finish, commits what is done, and stops.

mod lane;
mod ledger;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lane::Lane;

use crate::event::Message;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TopicPartition {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
}

/// One dispatched message: where it is from, and in which assignment of its partition it was dispatched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Token {
    pub(crate) partition: TopicPartition,
    pub(crate) generation: u64,
    pub(crate) offset: i64,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// The group gave us partitions. Where the start offset is known, what lies before it is dropped.
    Assigned(Vec<(TopicPartition, Option<i64>)>),
    /// The group wants partitions back, and waits for us.
    Revoked(Vec<TopicPartition>),
    /// The group took partitions away without waiting.
    Lost(Vec<TopicPartition>),
    /// A message arrived.
    Fetched(Message),
    /// A message was handled.
    Done(Token),
    /// A message could not be handled.
    Failed(Token),
    /// A commit that [`Output::Commit`] asked to wait for is answered, or was given up.
    Committed(CommitId),
    /// Such a commit was refused for now, since the group rebalances: what is still ours is committed again.
    CommitDeferred(CommitId),
    /// A commit was refused: what it held is committed again by the next one.
    CommitRefused,
    /// The consumer is to end, with what is in flight.
    Shutdown,
    /// Time passed.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Output {
    /// Handle the message, and answer with [`Input::Done`] or [`Input::Failed`].
    Dispatch(Token, Message),
    /// Fetch no more of this partition for now.
    Pause(TopicPartition),
    /// Fetch again.
    Resume(TopicPartition),
    /// Commit these offsets: of each partition the next to be read. With an id: await the answer, and tell it with
    /// [`Input::Committed`] or [`Input::CommitDeferred`].
    Commit(Vec<(TopicPartition, i64)>, Option<CommitId>),
    /// Complete a rebalance: take what was given.
    Assign(Vec<TopicPartition>),
    /// Complete a rebalance: give back what was taken.
    Unassign(Vec<TopicPartition>),
    /// The consumer has ended: leave the group.
    Stop(StopReason),
}

/// Tells awaited commits apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CommitId(u64);

/// Why the consumer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// It was told to. What was in flight is done, or (`unfinished` messages of it) was given up after the deadline.
    Shutdown { unfinished: usize },
    /// This message failed.
    Failure(Token),
}

/// The engine's settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How often offsets are committed.
    pub(crate) commit_interval: Duration,
    /// How long a revoke waits for what is in flight.
    pub(crate) revoke_deadline: Duration,
    /// How long a shutdown waits for what is in flight.
    pub(crate) shutdown_deadline: Duration,
    /// How long an awaited commit is awaited.
    pub(crate) commit_deadline: Duration,
    /// A partition is paused when so many messages of it wait, and resumed at the lower mark.
    pub(crate) high_messages: usize,
    pub(crate) low_messages: usize,
    /// The same in bytes of keys and values.
    pub(crate) high_bytes: usize,
    pub(crate) low_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            commit_interval: Duration::from_secs(5),
            revoke_deadline: Duration::from_secs(25),
            shutdown_deadline: Duration::from_secs(30),
            commit_deadline: Duration::from_secs(10),
            high_messages: 256,
            low_messages: 64,
            high_bytes: 4 << 20,
            low_bytes: 1 << 20,
        }
    }
}

/// The state machine.
#[derive(Debug)]
pub(crate) struct Engine {
    settings: Settings,
    /// What is assigned to us. Ordered, so that a run can be replayed.
    lanes: BTreeMap<TopicPartition, Lane>,
    /// How many handlers still run for assignments that have ended. A partition that comes back waits for its own.
    orphans: BTreeMap<TopicPartition, usize>,
    /// The partitions that the group wants back, on their way out. librdkafka asks for one revoke at a time.
    revoke: Option<Revoke>,
    stop: Option<Stop>,
    stopped: bool,
    next_commit: Instant,
    last_generation: u64,
    last_commit_id: u64,
    outputs: VecDeque<Output>,
}

/// A revoke under way.
#[derive(Debug)]
struct Revoke {
    partitions: Vec<TopicPartition>,
    phase: Phase,
}

/// The end under way.
#[derive(Debug)]
struct Stop {
    reason: StopReason,
    phase: Phase,
}

/// First what is in flight is awaited, then the commit.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Draining { deadline: Instant },
    Committing { id: CommitId, deadline: Instant },
}

impl Engine {
    pub(crate) fn new(settings: Settings, now: Instant) -> Self {
        Self {
            settings,
            lanes: BTreeMap::new(),
            orphans: BTreeMap::new(),
            revoke: None,
            stop: None,
            stopped: false,
            next_commit: now + settings.commit_interval,
            last_generation: 0,
            last_commit_id: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what happened.
    pub(crate) fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::Assigned(partitions) => self.assigned(partitions),
            Input::Revoked(partitions) => self.revoked(partitions, now),
            Input::Lost(partitions) => self.lost(partitions),
            Input::Fetched(message) => self.fetched(message),
            Input::Done(token) => self.done(&token),
            Input::Failed(token) => self.failed(token, now),
            Input::Committed(id) => self.committed(id, now),
            Input::CommitDeferred(id) => self.commit_deferred(id, now),
            Input::CommitRefused => self.commit_refused(),
            Input::Shutdown => self.shutdown(now),
            Input::Tick => {}
        }
        self.advance(now);
    }

    /// What is to be done next.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is needed at the latest.
    pub(crate) fn next_deadline(&self) -> Instant {
        let of = |phase: &Phase| match *phase {
            Phase::Draining { deadline } | Phase::Committing { deadline, .. } => deadline,
        };
        // The end waits for a revoke, and with it its deadline does.
        let revoke = self.revoke.as_ref().map(|revoke| &revoke.phase);
        let phase = revoke.or(self.stop.as_ref().map(|stop| &stop.phase));
        phase.map(of).map_or(self.next_commit, |deadline| deadline.min(self.next_commit))
    }

    /// How many messages are being handled.
    pub(crate) fn in_flight(&self) -> usize {
        let orphans: usize = self.orphans.values().sum();
        orphans + self.lanes.values().map(Lane::running).sum::<usize>()
    }

    /// The message whose failure ends the consumer.
    pub(crate) fn stopping_for(&self) -> Option<&Token> {
        match self.stop.as_ref()?.reason {
            StopReason::Failure(ref token) => Some(token),
            StopReason::Shutdown { .. } => None,
        }
    }
}
