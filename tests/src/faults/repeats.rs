//! Events that were handled more than once: each must be explained by a fault that cost a consumer its partitions before
//! it had committed, and no fault explains more than its bound.
//!
//! The bound of a fault in a partition: what its victims had handled there and not committed, plus what they had in flight.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display, Formatter};

use super::reader::Evidence;
use super::record::{Effect, Fault, Kind, Micros, Process, Victim};
use super::worker::IN_FLIGHT;

/// How long after a fault's end its victims may still not know that their partitions are gone, or may not be able to
/// commit: a session, and a moment.
const AFTERMATH: Micros = 10_000_000;

/// All repeats of a trial.
#[derive(Debug)]
pub struct Repeats {
    count: usize,
    /// Those that no fault explains.
    pub unexplained: Vec<Effect>,
    /// Where a fault explains more than its bound: which, the partition, the count and the bound.
    pub excessive: Vec<(Fault, i32, usize, usize)>,
    /// Faults, repeats and the sum of the bounds.
    by_kind: BTreeMap<Kind, (usize, usize, usize)>,
}

impl Repeats {
    /// Accounts for the repeats.
    pub fn of(evidence: &Evidence) -> Self {
        let mut first: HashMap<(i32, i64), &Effect> = HashMap::new();
        let mut charged: BTreeMap<(usize, i32), usize> = BTreeMap::new();
        let (mut count, mut unexplained) = (0, Vec::new());
        for effect in &evidence.effects {
            let place = (effect.partition, effect.offset);
            let Some(before) = first.insert(place, effect) else { continue };
            count += 1;
            // The last fault that can have done it.
            let explains = |fault: &Fault| explains(fault, before, effect);
            match evidence.faults.iter().rposition(explains) {
                Some(fault) => *charged.entry((fault, effect.partition)).or_default() += 1,
                None => unexplained.push(*effect),
            }
        }
        let bounds = Bounds::of(evidence);
        let mut by_kind: BTreeMap<Kind, (usize, usize, usize)> = BTreeMap::new();
        for fault in &evidence.faults {
            by_kind.entry(fault.kind).or_default().0 += 1;
        }
        let mut excessive = Vec::new();
        for ((index, partition), repeats) in charged {
            let Some(fault) = evidence.faults.get(index) else { continue };
            let bound = bounds.bound(fault, partition);
            let sums = by_kind.entry(fault.kind).or_default();
            sums.1 += repeats;
            sums.2 += bound;
            if repeats > bound {
                excessive.push((*fault, partition, repeats, bound));
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

/// Whether a fault can be why what was handled before was handled again.
fn explains(fault: &Fault, before: &Effect, again: &Effect) -> bool {
    let concerns = match fault.victim {
        // Who handled it first had not committed it; or who stood still handles late what another has handled by then.
        Victim::Process(process) => process == before.process || process == again.process,
        Victim::Broker(_) => true,
    };
    let lasts = if fault.kind == Kind::ConsumerKill { 0 } else { AFTERMATH };
    fault.kind.may_cost_a_commit()
        && concerns
        && fault.begun <= again.time
        && before.time <= fault.ended + lasts
}

/// What the bounds are taken from.
struct Bounds<'a> {
    evidence: &'a Evidence,
    /// Each partition's effects.
    effects: BTreeMap<i32, Vec<&'a Effect>>,
}

impl<'a> Bounds<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        let mut effects: BTreeMap<i32, Vec<&Effect>> = BTreeMap::new();
        for effect in &evidence.effects {
            effects.entry(effect.partition).or_default().push(effect);
        }
        Self { evidence, effects }
    }

    fn bound(&self, fault: &Fault, partition: i32) -> usize {
        let commits = self.evidence.commits.iter();
        let known = commits.filter(|commit| commit.partition == partition && commit.seen <= fault.begun);
        let committed = known.map(|commit| commit.offset).max().unwrap_or_default();
        let is_victim = |process: Process| match fault.victim {
            Victim::Process(victim) => victim == process,
            Victim::Broker(_) => true,
        };
        let until = fault.ended + AFTERMATH;
        let of_partition = self.effects.get(&partition).into_iter().flatten();
        let exposed = of_partition
            .filter(|effect| is_victim(effect.process) && effect.offset >= committed && effect.time <= until);
        exposed.count() + IN_FLIGHT
    }
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
