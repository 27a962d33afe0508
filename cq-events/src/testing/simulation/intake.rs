//! What a consumer has fetched of its partitions and not begun: what must not be left lying.
//!
//! Whenever the engine has been told something and its handlers are not all busy, it has begun the first message of each
//! key, unless that is being handled, retried or buried, or another key's message keeps their lane busy. A key in trouble
//! has left its lane and keeps nobody's busy.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::check::{Key, Place, Rule};
use super::keys::lane;

/// The driver's clock may be late by so much.
const SLACK: Duration = Duration::from_millis(1);

#[derive(Debug, Default)]
pub(super) struct Intake(BTreeMap<i32, Open>);

/// A partition that is taken in.
#[derive(Debug)]
struct Open {
    assignment: u64,
    keys: BTreeMap<Key, Line>,
}

/// The messages of one key.
#[derive(Debug, Default)]
struct Line {
    lane: Option<u32>,
    waiting: VecDeque<i64>,
    first: First,
    /// A message of it has failed, and those that waited behind it are not all done yet.
    is_in_trouble: bool,
}

/// What becomes of the first message of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum First {
    #[default]
    Waits,
    Runs {
        in_lane: bool,
    },
    Retries {
        by: Duration,
    },
    IsBuried,
}

/// What should have begun.
pub(super) struct Late {
    pub(super) partition: i32,
    pub(super) assignment: u64,
    pub(super) rule: Rule,
    pub(super) what: String,
}

impl Intake {
    /// A new assignment begins.
    pub(super) fn open(&mut self, partition: i32, assignment: u64) {
        self.0.insert(partition, Open { assignment, keys: BTreeMap::new() });
    }

    /// Nothing is begun any more.
    pub(super) fn close(&mut self, partition: i32) {
        self.0.remove(&partition);
    }

    pub(super) fn is_open(&self, place: Place) -> bool {
        self.0.get(&place.partition).is_some_and(|open| open.assignment == place.assignment)
    }

    pub(super) fn push(&mut self, partition: i32, key: Key, offset: i64) {
        if let Some(open) = self.0.get_mut(&partition) {
            let line = open.keys.entry(key);
            let line = line.or_insert_with(|| Line { lane: lane(key), ..Line::default() });
            line.waiting.push_back(offset);
        }
    }

    pub(super) fn begin(&mut self, place: Place) {
        self.change(place, |line| {
            line.waiting.retain(|waiting| *waiting != place.offset);
            line.first = First::Runs { in_lane: !line.is_in_trouble };
        });
    }

    /// The message is done, or buried.
    pub(super) fn settle(&mut self, place: Place) {
        self.change(place, |line| {
            line.first = First::Waits;
            line.is_in_trouble &= !line.waiting.is_empty();
        });
    }

    /// The message is to be tried again at that time at the latest.
    pub(super) fn retry(&mut self, place: Place, by: Duration) {
        self.change(place, |line| (line.first, line.is_in_trouble) = (First::Retries { by }, true));
    }

    pub(super) fn bury(&mut self, place: Place) {
        self.change(place, |line| (line.first, line.is_in_trouble) = (First::IsBuried, true));
    }

    fn change(&mut self, place: Place, change: impl FnOnce(&mut Line)) {
        let open = self.0.get_mut(&place.partition).filter(|open| open.assignment == place.assignment);
        if let Some(line) = open.and_then(|open| open.keys.get_mut(&place.key)) {
            change(line);
        }
    }

    /// What should have begun, in each partition.
    pub(super) fn late(&self, now: Duration) -> impl Iterator<Item = Late> + '_ {
        self.0.iter().filter_map(move |(partition, open)| {
            let (key, line) = open.keys.iter().find(|(_, line)| open.is_late(line, now))?;
            let (rule, what) = match line.first {
                First::Retries { by } => {
                    (Rule::RetriesInTime, format!("a message of key {key:?} was to be retried by {by:?}"))
                }
                _ => {
                    let first = line.waiting.front().copied().unwrap_or_default();
                    (Rule::NobodyWaits, format!("{first} of key {key:?} waits for nothing"))
                }
            };
            let what = format!("{what} in partition {partition}");
            Some(Late { partition: *partition, assignment: open.assignment, rule, what })
        })
    }
}

impl Open {
    fn is_late(&self, line: &Line, now: Duration) -> bool {
        match line.first {
            First::Runs { .. } | First::IsBuried => false,
            First::Retries { by } => now >= by + SLACK,
            First::Waits => !line.waiting.is_empty() && (line.is_in_trouble || !self.is_busy(line.lane)),
        }
    }

    fn is_busy(&self, lane: Option<u32>) -> bool {
        self.keys.values().any(|line| line.lane == lane && line.first == First::Runs { in_lane: true })
    }
}
