//! What the consumer decides, as a plain state machine: no clock, no network, no tasks.
//!
//! The driver tells it what happened ([`Input`]) and when, and carries out what it answers ([`Output`]), in order.
//! The rules:
//!
//! - Messages of one key are handled one at a time and in order, as are those of a partition that have no key; all
//!   others in parallel, up to a number.
//! - An offset is committed only when its message and all before it in the partition are done. What is done above
//!   it travels in the commit's metadata, and is not done again.
//! - What belongs to an assignment that has ended no longer counts: every assignment of a partition has a
//!   generation, and an outcome of another generation changes nothing.
//! - A partition that is taken away is first drained and committed, within a deadline. One that is lost is not
//!   committed: it is somebody else's already.
//! - What fails is tried again as its policy says, and then put among the dead letters. It is done when that is
//!   acknowledged. Its key waits meanwhile, and no other.
//! - Where a message can be put nowhere, that ends the intake, lets the others finish, commits what is done, and stops.
//!
//! A partition's state is in [`partition`], [`lanes`], [`parking`], [`ledger`] and [`breaker`]; what each input changes in
//! it, and what follows, in [`dispatch`], [`failure`], [`commit`], [`rebalance`], [`seek`] and [`shutdown`].

mod backoff;
mod breaker;
mod commit;
mod dispatch;
mod failure;
pub(crate) mod finished;
mod io;
mod lanes;
mod ledger;
mod parking;
mod partition;
mod rebalance;
mod seek;
mod shutdown;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

pub(crate) use io::{
    Assignment, Commit, CommitId, Failed, Generation, Input, Output, SeekId, Standing, StopReason, Token,
    TopicPartition, Verdict, Why,
};

use backoff::Jitter;
use partition::Partition;
use rebalance::{Orphans, Revoke};
use shutdown::Stop;

use crate::event::{FailurePolicy, Failures};

/// The engine's settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How many messages are handled at the same time.
    pub(crate) max_in_flight: usize,
    /// How often offsets are committed.
    pub(crate) commit_interval: Duration,
    /// How long a revoke waits for what is in flight.
    pub(crate) revoke_deadline: Duration,
    /// How long a shutdown waits for what is in flight.
    pub(crate) shutdown_deadline: Duration,
    /// How long an awaited commit is awaited.
    pub(crate) commit_deadline: Duration,
    /// A partition is full when so many messages of it wait. Then nothing is taken in; if it still is after
    /// `pause_after`, it is paused, so that others go on, and resumed at the lower mark.
    pub(crate) high_messages: usize,
    pub(crate) low_messages: usize,
    /// The same in bytes of keys and values.
    pub(crate) high_bytes: usize,
    pub(crate) low_bytes: usize,
    /// A partition is full, too, while so many messages from its watermark on were taken in: one that is never done
    /// must not fill the memory with those after it.
    pub(crate) most_open: usize,
    /// A partition is full, too, while so many bytes of its parked keys wait.
    pub(crate) most_parked_bytes: usize,
    /// How long what is needed to read a message, such as a writer's schema, is waited for.
    pub(crate) wait_deadline: Duration,
    /// How long a full partition holds up the intake of all before it is paused.
    pub(crate) pause_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_in_flight: 64,
            commit_interval: Duration::from_secs(5),
            revoke_deadline: Duration::from_secs(25),
            shutdown_deadline: Duration::from_secs(30),
            commit_deadline: Duration::from_secs(10),
            high_messages: 1_024,
            low_messages: 256,
            high_bytes: 4 << 20,
            low_bytes: 1 << 20,
            most_open: 1 << 16,
            most_parked_bytes: 32 << 20,
            wait_deadline: Duration::from_secs(300),
            pause_after: Duration::from_millis(50),
        }
    }
}

/// What becomes of the messages of each topic that fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies(BTreeMap<String, Failures>);

impl Policies {
    fn of(&self, topic: &str) -> Failures {
        self.0.get(topic).copied().unwrap_or_else(|| FailurePolicy::new().into())
    }
}

impl FromIterator<(String, Failures)> for Policies {
    fn from_iter<I: IntoIterator<Item = (String, Failures)>>(policies: I) -> Self {
        Self(policies.into_iter().collect())
    }
}

/// The state machine.
#[derive(Debug)]
pub(crate) struct Engine {
    settings: Settings,
    policies: Policies,
    jitter: Jitter,
    /// What is assigned to us. Ordered, so that a run can be replayed.
    partitions: BTreeMap<Generation, Partition>,
    orphans: Orphans,
    /// The partitions that the group wants back, on their way out. librdkafka asks for one revoke at a time.
    revoke: Option<Revoke>,
    stop: Option<Stop>,
    stopped: bool,
    next_commit: Instant,
    last_generation: Generation,
    last_commit_id: CommitId,
    last_seek: SeekId,
    /// The partition whose turn it is to begin a message.
    turn: Generation,
    outputs: VecDeque<Output>,
}

impl Engine {
    /// The seed decides how long retries wait.
    pub(crate) fn new(settings: Settings, policies: Policies, seed: u64, now: Instant) -> Self {
        Self {
            settings,
            policies,
            jitter: Jitter::new(seed),
            partitions: BTreeMap::new(),
            orphans: Orphans::default(),
            revoke: None,
            stop: None,
            stopped: false,
            next_commit: now + settings.commit_interval,
            last_generation: Generation::default(),
            last_commit_id: CommitId::default(),
            last_seek: SeekId::default(),
            turn: Generation::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what happened.
    pub(crate) fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::Assigned(assignments) => self.assigned(assignments, now),
            Input::Revoked(partitions) => self.revoked(partitions, now),
            Input::Lost(partitions) => self.lost(partitions),
            Input::Fetched(messages) => self.fetched(messages, now),
            Input::Done(tokens) => self.done(&tokens, now),
            Input::Failed(failed) => self.failed(failed, now),
            Input::Buried(token) => self.buried(token, now),
            Input::NotBuried(token) => self.not_buried(token, now),
            Input::Committed(id) => self.committed(id),
            Input::CommitDeferred(id) => self.commit_deferred(id, now),
            Input::CommitRefused => self.commit_refused(),
            Input::Seek(targets) => self.seek(targets, now),
            Input::Sought(id) => self.sought(id),
            Input::Shutdown => self.shutdown(now),
            Input::Tick => {}
        }
        self.advance(now);
    }

    /// Does what follows from the state.
    fn advance(&mut self, now: Instant) {
        if self.stopped {
            return;
        }
        self.dispatch(now);
        self.advance_revoke(now);
        self.advance_stop(now);
        self.commit_in_time(now);
    }

    /// What is to be done next.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is needed at the latest.
    pub(crate) fn next_deadline(&self) -> Instant {
        // The end waits for a revoke, and with it its deadline does.
        let revoke = self.revoke.as_ref().map(|revoke| revoke.phase);
        let phase = revoke.or(self.stop.as_ref().map(|stop| stop.phase)).map(Phase::deadline);
        let full = self.partitions.values().filter_map(Partition::full_since).min();
        let pause = full.map(|since| since + self.settings.pause_after);
        let retry = self.partitions.values().filter_map(|partition| partition.lanes.next_due()).min();
        phase.into_iter().chain(pause).chain(retry).fold(self.next_commit, Instant::min)
    }

    /// Whether messages are to be fetched now. Otherwise that waits until enough of what is there is begun.
    pub(crate) fn takes_messages(&self) -> bool {
        self.partitions.values().all(|partition| partition.full_since().is_none())
    }

    /// How many messages are being handled, or are on their way to the dead letters.
    pub(crate) fn in_flight(&self) -> usize {
        let ours = self.partitions.values().map(|partition| partition.lanes.unsettled());
        self.orphans.unsettled() + ours.sum::<usize>()
    }

    /// How many messages are being handled.
    fn at_work(&self) -> usize {
        let ours = self.partitions.values().map(|partition| partition.lanes.running());
        self.orphans.running() + ours.sum::<usize>()
    }

    /// How the partitions stand.
    pub(crate) fn standings(&self, now: Instant) -> impl Iterator<Item = Standing> + '_ {
        self.partitions.values().map(move |partition| partition.standing(now))
    }

    /// The partitions that messages are taken in of.
    pub(crate) fn open_places(&self) -> Vec<TopicPartition> {
        let open = self.partitions.values().filter(|partition| !partition.is_closed());
        open.map(|partition| partition.place.clone()).collect()
    }

    /// The partition of a message that is being handled.
    pub(crate) fn place(&self, token: Token) -> Option<TopicPartition> {
        let ours = self.partitions.get(&token.generation).map(|partition| &partition.place);
        ours.or_else(|| self.orphans.place(token.generation)).cloned()
    }

    /// Whether the end is under way.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    /// The next offset to take in of each partition where that is known.
    pub(crate) fn positions(&self) -> Vec<(TopicPartition, i64)> {
        let position = |partition: &Partition| Some((partition.place.clone(), partition.next()?));
        self.partitions.values().filter_map(position).collect()
    }

    /// The message whose failure ends the consumer.
    pub(crate) fn stopping_for(&self) -> Option<Token> {
        match self.stop.as_ref()?.reason {
            StopReason::Failure(token, _) => Some(token),
            StopReason::Shutdown { .. } => None,
        }
    }
}

/// How far a revoke or the end is: first what is in flight is awaited, then the commit.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Draining { deadline: Instant },
    Committing { id: CommitId, deadline: Instant, is_answered: bool },
}

impl Phase {
    fn deadline(self) -> Instant {
        match self {
            Self::Draining { deadline } | Self::Committing { deadline, .. } => deadline,
        }
    }
}

impl Engine {
    /// Goes on with a revoke of these partitions, or with the end: None when it is through.
    fn advance_phase(
        &mut self,
        mut phase: Phase,
        is_busy: bool,
        of: impl Fn(&TopicPartition) -> bool,
        now: Instant,
    ) -> Option<Phase> {
        loop {
            phase = match phase {
                Phase::Draining { deadline } if is_busy && now < deadline => return Some(phase),
                Phase::Draining { .. } => self.begin_commit(now + self.settings.commit_deadline, &of),
                Phase::Committing { deadline, is_answered: false, .. } if now < deadline => {
                    return Some(phase);
                }
                // A handler that was given up may have ended while the commit was on its way.
                Phase::Committing { deadline, is_answered: true, .. }
                    if now < deadline && self.has_news(&of) =>
                {
                    self.begin_commit(deadline, &of)
                }
                Phase::Committing { .. } => return None,
            }
        }
    }
}
