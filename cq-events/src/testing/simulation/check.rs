//! What must hold, whatever happens.

mod failures;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::dead_letters::DeadLetters;
use super::member::MemberId;
use super::nature::Nature;
pub(super) use super::rule::Rule;
use super::tries::Tries;
use crate::consume::engine::finished::Finished;
use crate::event::Failures;
use crate::registry::SchemaId;

/// A rule that does not hold, and what shows it.
pub(super) type Broken = (Rule, String);

/// A key, or None for the messages without one.
pub(super) type Key = Option<u8>;

/// A message as it lies in the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    pub(super) offset: i64,
    pub(super) key: Key,
    pub(super) nature: Nature,
    /// What it was written with.
    pub(super) schema: SchemaId,
    is_done: bool,
    /// It is done, and may be done again: something went wrong since.
    may_repeat: bool,
}

/// A message in one assignment of its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) member: MemberId,
    /// Tells the assignments of all members apart.
    pub(super) assignment: u64,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) key: Key,
}

/// Knows what really happened.
pub(super) struct Checker {
    pub(super) policy: Failures,
    wait_deadline: Duration,
    partitions: BTreeMap<i32, Truth>,
    /// By process, partition and key, whatever the assignment: what is being handled.
    at_work: BTreeMap<(MemberId, i32, Key), i64>,
    /// By assignment and key: what was begun last.
    begun: BTreeMap<(MemberId, u64, Key), i64>,
    /// By assignment and offset: what failed there, and is not done.
    tries: BTreeMap<(u64, i64), Tries>,
    pub(super) dead_letters: DeadLetters,
}

#[derive(Default)]
struct Truth {
    log: Vec<Logged>,
    /// How many messages from the first on are done.
    done: usize,
    /// The same for each key, with the indexes of its messages.
    keys: BTreeMap<Key, (Vec<usize>, usize)>,
    committed: i64,
    finished: Finished,
    /// Where commits may go back to, in turn: somebody sought there.
    rewound: Vec<i64>,
}

impl Truth {
    fn index(&self, offset: i64) -> usize {
        self.log.partition_point(|message| message.offset < offset)
    }

    fn offset(&self, index: usize) -> Option<i64> {
        self.log.get(index).map(|message| message.offset)
    }

    fn first_open(&self, key: Key) -> Option<i64> {
        let (indexes, done) = self.keys.get(&key)?;
        self.offset(*indexes.get(*done)?)
    }

    fn holds(&self, offset: i64) -> bool {
        offset < self.committed || self.finished.contains(offset)
    }

    fn finish(&mut self, index: usize, may_repeat: bool) {
        let Some(message) = self.log.get_mut(index) else { return };
        message.is_done = true;
        message.may_repeat |= may_repeat;
        let key = message.key;
        while self.log.get(self.done).is_some_and(|message| message.is_done) {
            self.done += 1;
        }
        if let Some((indexes, done)) = self.keys.get_mut(&key) {
            let is_done = |index: &usize| self.log.get(*index).is_some_and(|message| message.is_done);
            while indexes.get(*done).is_some_and(is_done) {
                *done += 1;
            }
        }
    }
}

impl Checker {
    pub(super) fn new(partitions: i32, policy: Failures, wait_deadline: Duration) -> Self {
        Self {
            policy,
            wait_deadline,
            partitions: (0..partitions).map(|partition| (partition, Truth::default())).collect(),
            at_work: BTreeMap::new(),
            begun: BTreeMap::new(),
            tries: BTreeMap::new(),
            dead_letters: DeadLetters::default(),
        }
    }

    /// Appends a message, so many offsets after the last one.
    pub(super) fn publish(
        &mut self,
        partition: i32,
        hole: i64,
        key: Key,
        (nature, schema): (Nature, SchemaId),
    ) {
        let truth = self.partitions.entry(partition).or_default();
        let offset = truth.log.last().map_or(hole, |last| last.offset + 1 + hole);
        truth.keys.entry(key).or_default().0.push(truth.log.len());
        truth.log.push(Logged { offset, key, nature, schema, is_done: false, may_repeat: false });
    }

    /// Messages of a partition from an offset on.
    pub(super) fn read(&self, partition: i32, from: i64, most: usize) -> Vec<Logged> {
        let Some(truth) = self.partitions.get(&partition) else { return Vec::new() };
        truth.log.iter().skip(truth.index(from)).take(most).copied().collect()
    }

    /// Where the group stands.
    pub(super) fn committed(&self, partition: i32) -> (i64, Finished) {
        let truth = self.partitions.get(&partition);
        truth.map_or((0, Finished::default()), |truth| (truth.committed, truth.finished.clone()))
    }

    /// One past the last message.
    pub(super) fn end(&self, partition: i32) -> i64 {
        self.partitions.get(&partition).and_then(|truth| truth.log.last()).map_or(0, |last| last.offset + 1)
    }

    /// A handler is called. A member that does not know yet that it lost the partition may do anything again.
    pub(super) fn begin(&mut self, place: Place, is_owner: bool) -> Result<(), Broken> {
        let Place { member, assignment, partition, offset, key } = place;
        let Some((truth, message)) = self.find(partition, offset) else {
            return Err((Rule::NothingLost, format!("{place} is no message")));
        };
        if let Some(open) = truth.first_open(key).filter(|open| *open < offset) {
            return Err((Rule::OrderPerKey, format!("{place} begins before {open} of its key is done")));
        }
        if is_owner && message.is_done && !message.may_repeat {
            return Err((Rule::NothingTwice, format!("{place} begins again, and nothing went wrong")));
        }
        if let Some(other) = self.at_work.insert((member, partition, key), offset) {
            return Err((Rule::OrderPerKey, format!("{place} begins while {other} of its key is handled")));
        }
        let tries = self.tries.get(&(assignment, offset));
        if tries.is_some_and(|tries| !tries.goes_on(&self.policy, self.wait_deadline)) {
            return Err((Rule::RunsAsOften, format!("{place} begins again after {tries:?}")));
        }
        match self.begun.insert((member, assignment, key), offset) {
            Some(last) if last > offset || (last == offset && tries.is_none()) => {
                Err((Rule::OrderPerKey, format!("{place} begins after {last} in one assignment")))
            }
            _ => Ok(()),
        }
    }

    /// A handler succeeded, or the dead letter is known to be written. Where the partition is not its member's any more,
    /// somebody else may do it too.
    pub(super) fn done(&mut self, place: Place, is_owner: bool) {
        self.dropped(place);
        self.tries.remove(&(place.assignment, place.offset));
        if let Some(truth) = self.partitions.get_mut(&place.partition) {
            truth.finish(truth.index(place.offset), !is_owner);
        }
    }

    /// A handler, or the way to the dead letters, ended without success.
    pub(super) fn dropped(&mut self, place: Place) {
        self.at_work.remove(&(place.member, place.partition, place.key));
    }

    /// The group takes a commit.
    pub(super) fn commit(&mut self, partition: i32, offset: i64, finished: Finished) -> Result<(), Broken> {
        let Some(truth) = self.partitions.get_mut(&partition) else { return Ok(()) };
        if let Some(open) = truth.offset(truth.done).filter(|open| *open < offset) {
            let what = format!("partition {partition} is committed up to {offset}, and {open} is not done");
            return Err((Rule::NothingLost, what));
        }
        let above = truth.log.iter().skip(truth.done);
        if let Some(open) =
            above.filter(|message| !message.is_done).find(|open| finished.contains(open.offset))
        {
            let what = format!("a commit of partition {partition} says that {} is done", open.offset);
            return Err((Rule::NothingLost, what));
        }
        if offset < truth.committed {
            let Some(seek) = truth.rewound.iter().position(|to| *to <= offset) else {
                let what =
                    format!("partition {partition} is committed at {offset} after {}", truth.committed);
                return Err((Rule::NoWayBack, what));
            };
            truth.rewound.drain(..=seek);
        }
        (truth.committed, truth.finished) = (offset, finished);
        Ok(())
    }

    /// The partition is handled again from an offset on.
    pub(super) fn rewound(&mut self, partition: i32, offset: i64) {
        let Some(truth) = self.partitions.get_mut(&partition) else { return };
        let from = truth.index(offset);
        truth.log.iter_mut().skip(from).for_each(|message| message.may_repeat |= message.is_done);
        truth.rewound.push(offset);
    }

    /// An assignment ended. Unless something went wrong, what was done in it is committed.
    pub(super) fn ended(&mut self, partition: i32, went_wrong: bool) -> Result<(), Broken> {
        let Some(truth) = self.partitions.get_mut(&partition) else { return Ok(()) };
        let from = truth.index(truth.committed);
        for index in from..truth.log.len() {
            let Some(message) = truth.log.get(index).copied() else { break };
            if !message.is_done || message.may_repeat || truth.holds(message.offset) {
                continue;
            }
            if !went_wrong {
                let what = format!(
                    "partition {partition} was given back at {}, and {} is done and not committed",
                    truth.committed, message.offset
                );
                return Err((Rule::NothingTwice, what));
            }
            if let Some(message) = truth.log.get_mut(index) {
                message.may_repeat = true;
            }
        }
        Ok(())
    }

    /// What is not done, or not committed, of a partition.
    pub(super) fn rest(&self) -> Option<String> {
        self.partitions.iter().find_map(|(partition, truth)| {
            let end = self.end(*partition);
            let open = truth.offset(truth.done);
            match open {
                Some(open) => Some(format!("offset {open} of partition {partition} is not done")),
                None if truth.committed < end => {
                    Some(format!("partition {partition} is committed at {} of {end}", truth.committed))
                }
                None => None,
            }
        })
    }

    /// The key of the message at an offset.
    pub(super) fn key(&self, partition: i32, offset: i64) -> Key {
        self.find(partition, offset).and_then(|(_, message)| message.key)
    }

    fn find(&self, partition: i32, offset: i64) -> Option<(&Truth, Logged)> {
        let truth = self.partitions.get(&partition)?;
        let message = truth.log.get(truth.index(offset)).copied()?;
        (message.offset == offset).then_some((truth, message))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} at {}", self.partition, self.offset, self.member)
    }
}
