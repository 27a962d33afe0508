//! What goes into the engine and what comes out of it.

use std::sync::Arc;
use std::time::Duration;

use super::finished::Finished;
use crate::event::Message;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TopicPartition {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
}

/// Tells the assignments of a consumer apart: each of each partition has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Generation(pub(super) u64);

/// One dispatched message: in which assignment it was dispatched, its offset, and the lane that it keeps busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Token {
    pub(crate) generation: Generation,
    pub(crate) offset: i64,
    pub(super) lane: usize,
}

#[cfg(test)]
impl Token {
    pub(crate) fn of(generation: Generation, offset: i64) -> Self {
        Self { generation, offset, lane: 0 }
    }
}

/// A partition that is ours from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) place: TopicPartition,
    /// Where to start; what lies before it is dropped. None: at the first message that arrives.
    pub(crate) start: Option<i64>,
    /// What above the start is done already.
    pub(crate) finished: Finished,
    /// The start is to be committed: the group has no offset there yet.
    pub(crate) is_new: bool,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// The group gave us partitions.
    Assigned(Vec<Assignment>),
    /// The group wants partitions back, and waits for us.
    Revoked(Vec<TopicPartition>),
    /// The group took partitions away without waiting.
    Lost(Vec<TopicPartition>),
    /// Messages arrived.
    Fetched(Vec<Message>),
    /// Messages were handled.
    Done(Vec<Token>),
    /// A message could not be handled.
    Failed(Failed),
    /// A message is among the dead letters: the broker has acknowledged it.
    Buried(Token),
    /// A message cannot be put among the dead letters.
    NotBuried(Token),
    /// A commit that [`Output::Commit`] asked to wait for is answered, or was given up.
    Committed(CommitId),
    /// Such a commit was refused for now, since the group rebalances: what is still ours is committed again.
    CommitDeferred(CommitId),
    /// A commit was refused: what it held is committed again by the next one.
    CommitRefused,
    /// Partitions of ours are to go on from these offsets.
    Seek(Vec<(TopicPartition, i64)>),
    /// What [`Output::Seek`] asked for is so: all that arrives from now on is from after it.
    Sought(SeekId),
    /// The consumer is to end, with what is in flight.
    Shutdown,
    /// Time passed.
    Tick,
}

/// A message that could not be handled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failed {
    pub(crate) token: Token,
    pub(crate) message: Message,
    pub(crate) verdict: Verdict,
}

/// What its failure says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may do the next time.
    Retry,
    /// It never will.
    Reject,
    /// Neither will any other.
    Stop,
    /// What is needed to read it cannot be had now. No handler was run.
    Wait,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Output {
    /// Handle the messages, at the same time, and answer for each with [`Input::Done`] or [`Input::Failed`].
    Dispatch(Vec<(Token, Message)>),
    /// Put the message, which was tried so often, among the dead letters, and answer with [`Input::Buried`] or
    /// [`Input::NotBuried`].
    Bury(Token, Message, u32),
    /// Fetch no more of this partition for now.
    Pause(TopicPartition),
    /// Fetch again.
    Resume(TopicPartition),
    /// Commit. With an id: await the answer, and tell it with [`Input::Committed`] or [`Input::CommitDeferred`].
    Commit(Vec<Commit>, Option<CommitId>),
    /// Fetch these partitions from these offsets, and answer with [`Input::Sought`].
    Seek(SeekId, Vec<(TopicPartition, i64)>),
    /// Complete a rebalance: take what was given, and fetch it from there; None: from the beginning.
    Assign(Vec<(TopicPartition, Option<i64>)>),
    /// Complete a rebalance: give back what was taken.
    Unassign(Vec<TopicPartition>),
    /// The consumer has ended: leave the group.
    Stop(StopReason),
}

/// What to commit of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) place: TopicPartition,
    /// The next offset to read.
    pub(crate) offset: i64,
    /// What above it is done nevertheless, for the commit's metadata.
    pub(crate) finished: Finished,
}

/// How a partition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) place: TopicPartition,
    /// What the next commit holds.
    pub(crate) position: Option<i64>,
    pub(crate) in_flight: usize,
    /// Messages that wait for a handler, those whose key waits for a retry included.
    pub(crate) waiting: usize,
    /// Messages that failed and wait for their next try.
    pub(crate) retrying: usize,
    pub(crate) is_paused: bool,
    /// How long nothing was done although something waits or is being handled.
    pub(crate) stalled_for: Duration,
}

/// Tells awaited commits apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CommitId(pub(super) u64);

/// Tells seeks apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SeekId(pub(super) u64);

/// Why the consumer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// It was told to. What was in flight is done, or (`unfinished` messages of it) was given up after the deadline.
    Shutdown { unfinished: usize },
    /// This message failed, and there is nowhere safe to put it.
    Failure(Token, Why),
}

/// Why a message's failure ends the consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The failure says so.
    Verdict,
    /// There are no dead letters for its stream.
    NoDeadLetters,
    /// The dead letters did not take it.
    Refused,
    /// So much was given up that the circuit breaker is open.
    Breaker,
    /// What is needed to read it could not be had for too long.
    Waited,
}
