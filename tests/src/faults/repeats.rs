//! Events that were handled more than once: each must be explained by a fault that cost a consumer its partitions before
//! it had committed, and no fault explains more than its bound.
//!
//! A consumer that loses a partition without a commit leaves behind what it had finished since its last commit, and what
//! was in flight; its successor does that again. That is the bound, for each fault, consumer and partition. One that stood
//! still past its session may also be *late*: when it goes on, it ends what was in flight, and may begin what waits in it
//! until it hears that its partitions are gone, and others have handled that by then.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display, Formatter};

use super::reader::Evidence;
use super::record::{Committed, Effect, Fault, Kind, Micros, Process, Victim};
use super::worker::IN_FLIGHT;

/// How long after a broker's fault consumers may lose their partitions by it: a session, and a rebalance.
pub(super) const AFTERMATH: Micros = 15_000_000;
/// How long a consumer that goes on may take to hear that its partitions are gone.
const LATE: Micros = 5_000_000;
/// How many messages of a partition wait in a consumer, at most.
const WAITING: usize = 1_024;

/// What is charged to one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// The fault, by its place in the list of faults.
    fault: usize,
    /// Whose effects were repeated, or who was late.
    process: Process,
    partition: i32,
    is_late: bool,
}

/// All repeats of a trial.
#[derive(Debug)]
pub struct Repeats {
    count: usize,
    /// Those that no fault explains.
    pub unexplained: Vec<Effect>,
    /// Where a fault explains more than its bound: the count and the bound.
    pub excessive: Vec<(Account, usize, usize)>,
    /// Faults, repeats and the sum of the bounds.
    by_kind: BTreeMap<Kind, (usize, usize, usize)>,
}

impl Repeats {
    /// Accounts for the repeats.
    pub fn of(evidence: &Evidence) -> Self {
        let commits = Commits::of(evidence);
        let mut last: HashMap<(i32, i64), &Effect> = HashMap::new();
        let mut charged: BTreeMap<Account, Vec<Micros>> = BTreeMap::new();
        let (mut count, mut unexplained) = (0, Vec::new());
        for effect in &evidence.effects {
            let Some(before) = last.insert((effect.partition, effect.offset), effect) else { continue };
            count += 1;
            match explain(&evidence.faults, &commits, before, effect) {
                Some(account) => charged.entry(account).or_default().push(effect.time),
                None => unexplained.push(*effect),
            }
        }
        let mut by_kind: BTreeMap<Kind, (usize, usize, usize)> = BTreeMap::new();
        for fault in &evidence.faults {
            by_kind.entry(fault.kind).or_default().0 += 1;
        }
        let mut excessive = Vec::new();
        for (account, times) in charged {
            let bound = bound(evidence, &commits, account, &times);
            let sums = by_kind.entry(evidence.faults[account.fault].kind).or_default();
            sums.1 += times.len();
            sums.2 += bound;
            if times.len() > bound {
                excessive.push((account, times.len(), bound));
            }
        }
        Self { count, unexplained, excessive, by_kind }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether all are explained, and within the bounds.
    pub fn holds(&self) -> bool {
        self.unexplained.is_empty() && self.excessive.is_empty()
    }
}

/// What the observer saw of each partition.
pub(super) struct Commits(HashMap<i32, Vec<Committed>>);

impl Commits {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut of_partition: HashMap<i32, Vec<Committed>> = HashMap::new();
        for commit in &evidence.commits {
            of_partition.entry(commit.partition).or_default().push(*commit);
        }
        Self(of_partition)
    }

    /// The last one that was seen by then.
    pub(super) fn last(&self, partition: i32, by: Micros) -> Option<Committed> {
        let commits = self.0.get(&partition)?;
        commits.get(commits.partition_point(|commit| commit.seen <= by).checked_sub(1)?).copied()
    }
}

/// The fault by which an event was handled again. What befell a consumer goes before what befell a broker, which all
/// consumers may have felt; among those, the last.
fn explain(faults: &[Fault], commits: &Commits, before: &Effect, again: &Effect) -> Option<Account> {
    let partition = again.partition;
    let find = |fits: &dyn Fn(&Fault) -> bool| {
        faults
            .iter()
            .rposition(|fault| fault.kind.may_cost_a_commit() && fault.begun <= again.time && fits(fault))
    };
    let is_late = |fault: &Fault| {
        fault.kind == Kind::ConsumerStall
            && fault.victim == Victim::Process(again.process)
            && before.process != again.process
            && again.time <= fault.ended + LATE
    };
    if let Some(fault) = find(&is_late) {
        return Some(Account { fault, process: again.process, partition, is_late: true });
    }
    // What lies below the group's offset is given to nobody again.
    if commits.last(partition, again.time).is_some_and(|commit| commit.offset > again.offset) {
        return None;
    }
    let befell_it = |fault: &Fault| {
        let lasts = if fault.kind == Kind::ConsumerKill { 0 } else { LATE };
        fault.victim == Victim::Process(before.process) && before.time <= fault.ended + lasts
    };
    let befell_a_broker =
        |fault: &Fault| matches!(fault.victim, Victim::Broker(_)) && before.time <= fault.ended + AFTERMATH;
    let fault = find(&befell_it).or_else(|| find(&befell_a_broker))?;
    Some(Account { fault, process: before.process, partition, is_late: false })
}

/// How many repeats an account may have, which came at these times. What is done above the group's offset may be told in
/// the commit's metadata, and commits of the last moment may not have been seen: the bound is a little larger than it
/// need be.
fn bound(evidence: &Evidence, commits: &Commits, account: Account, times: &[Micros]) -> usize {
    if account.is_late {
        return IN_FLIGHT + WAITING;
    }
    let first = times.iter().copied().min().unwrap_or_default();
    let until = times.iter().copied().max().unwrap_or_default();
    let committed = commits.last(account.partition, first).map_or(0, |commit| commit.offset);
    let is_open = |effect: &&Effect| {
        effect.partition == account.partition
            && effect.process == account.process
            && effect.offset >= committed
            && effect.time <= until
    };
    evidence.effects.iter().filter(is_open).count() + IN_FLIGHT
}

impl Display for Repeats {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<22} {}", "handled once more", self.count)?;
        for (kind, (faults, repeats, bound)) in &self.by_kind {
            let name = kind.name();
            writeln!(f, "    {name:<18} {faults:>3} faults, {repeats:>7} repeats, bound {bound:>8}")?;
        }
        writeln!(f, "{:<22} {}", "    not explained", self.unexplained.len())?;
        self.unexplained.iter().take(5).try_for_each(|effect| writeln!(f, "    such as {effect:?}"))?;
        writeln!(f, "{:<22} {}", "    above the bound", self.excessive.len())?;
        self.excessive.iter().take(5).try_for_each(|excess| writeln!(f, "    such as {excess:?}"))
    }
}
