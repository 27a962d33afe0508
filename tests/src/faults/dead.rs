//! The dead letters must be the poison: each of it, nothing else, and each as it was. One may lie there again where a fault
//! cost a consumer its partitions before it had committed.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display, Formatter};

use super::fate::Fate;
use super::reader::{Evidence, findings};
use super::record::{Dead, Fault, Kind, Micros, Published};
use super::repeats::{AFTERMATH, Commits};
use super::worker::RETRIES;

/// What the dead letters prove.
#[derive(Debug)]
pub struct Graves {
    poison: BTreeMap<Fate, usize>,
    letters: usize,
    repeats: usize,
    /// The sum of the bounds of those faults to which repeats are charged.
    bound: usize,
    /// Poison that is nowhere.
    pub missing: Vec<Published>,
    /// Dead letters of what is no poison, or that do not say so, or are not what they were.
    pub unjust: Vec<Dead>,
    /// Events that were done before an earlier one of their key was, of which one is a dead letter.
    pub overtaking: Vec<Published>,
    /// Repeats that no fault explains.
    pub unexplained: Vec<Dead>,
    /// Faults to which more repeats are charged than their bound: the fault, the count and the bound.
    pub excessive: Vec<(usize, usize, usize)>,
}

impl Graves {
    /// Compares them.
    pub fn of(evidence: &Evidence) -> Self {
        let fates: HashMap<(i32, i64), Fate> =
            evidence.published.iter().map(|event| ((event.partition, event.offset), event.fate)).collect();
        let is_unjust = |dead: &&Dead| {
            let fate = fates.get(&(dead.partition, dead.offset));
            let attempts = if fate == Some(&Fate::Failing) { RETRIES + 1 } else { 1 };
            fate.and_then(|fate| fate.error()) != Some(dead.kind)
                || dead.attempts != attempts
                || !dead.is_intact
        };
        let mut first: HashMap<(i32, i64), Micros> = HashMap::new();
        for dead in &evidence.dead {
            let time = first.entry((dead.partition, dead.offset)).or_insert(dead.time);
            *time = (*time).min(dead.time);
        }
        let poison = || evidence.published.iter().filter(|event| event.fate.is_poison());
        let mut by_fate = BTreeMap::new();
        poison().for_each(|event| *by_fate.entry(event.fate).or_default() += 1);
        let is_missing = |event: &&Published| !first.contains_key(&(event.partition, event.offset));
        let mut graves = Self {
            poison: by_fate,
            letters: evidence.dead.len(),
            repeats: evidence.dead.len() - first.len(),
            bound: 0,
            missing: poison().filter(is_missing).copied().collect(),
            unjust: evidence.dead.iter().filter(is_unjust).copied().collect(),
            overtaking: overtaking(evidence, &first),
            unexplained: Vec::new(),
            excessive: Vec::new(),
        };
        graves.charge(evidence);
        graves
    }

    /// Charges each repeat to the last fault that explains it. Only what had been written above the offset that the group
    /// had when the fault began can be written again: that is the bound of a fault, for each partition.
    fn charge(&mut self, evidence: &Evidence) {
        let commits = Commits::of(evidence);
        let mut letters = evidence.dead.clone();
        letters.sort_by_key(|dead| dead.time);
        let mut before: HashMap<(i32, i64), Micros> = HashMap::new();
        let mut charged: BTreeMap<(usize, i32), Vec<Micros>> = BTreeMap::new();
        for dead in &letters {
            let Some(time) = before.insert((dead.partition, dead.offset), dead.time) else { continue };
            let explains = |fault: &Fault| {
                // What lies below the group's offset is given to nobody again; only who was not killed may still have it.
                let committed = commits.last(dead.partition, dead.time);
                let is_open = committed.is_none_or(|commit| commit.offset <= dead.offset);
                let is_late = fault.kind != Kind::ConsumerKill && dead.time <= fault.ended + AFTERMATH;
                fault.kind.may_cost_a_commit()
                    && fault.begun <= dead.time + 1_000
                    && time <= fault.ended + AFTERMATH
                    && (is_open || is_late)
            };
            match evidence.faults.iter().rposition(explains) {
                Some(fault) => charged.entry((fault, dead.partition)).or_default().push(dead.time),
                None => self.unexplained.push(*dead),
            }
        }
        for ((fault, partition), times) in charged {
            let begun = evidence.faults[fault].begun;
            let committed = commits.last(partition, begun).map_or(0, |commit| commit.offset);
            let until = times[times.len() - 1];
            let is_open =
                |dead: &&Dead| dead.partition == partition && dead.offset >= committed && dead.time <= until;
            let bound = letters.iter().filter(is_open).count() - times.len();
            self.bound += bound;
            if times.len() > bound {
                self.excessive.push((fault, times.len(), bound));
            }
        }
    }

    /// How many dead letters repeat another.
    pub fn repeats(&self) -> usize {
        self.repeats
    }

    /// Whether they are the poison, and repeats are within their bounds.
    pub fn holds(&self) -> bool {
        self.missing.is_empty()
            && self.unjust.is_empty()
            && self.overtaking.is_empty()
            && self.unexplained.is_empty()
            && self.excessive.is_empty()
    }
}

/// By the milliseconds in which brokers append: for each event the first time that it was done.
fn overtaking(evidence: &Evidence, dead: &HashMap<(i32, i64), Micros>) -> Vec<Published> {
    let mut done: HashMap<(i32, i64), Micros> = dead.clone();
    for effect in &evidence.effects {
        let time = done.entry((effect.partition, effect.offset)).or_insert(effect.time);
        *time = (*time).min(effect.time);
    }
    let mut events = evidence.published.clone();
    events.sort_unstable_by_key(|event| (event.partition, event.offset));
    // Of each key the time at which all so far was done.
    let mut last: HashMap<u32, u64> = HashMap::new();
    events.retain(|event| {
        let Some(time) = done.get(&(event.partition, event.offset)).map(|time| time / 1_000) else {
            return false;
        };
        let last = last.entry(event.key).or_default();
        let overtakes = time < *last;
        *last = time.max(*last);
        overtakes
    });
    events
}

impl Display for Graves {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let count: usize = self.poison.values().sum();
        let fates: Vec<String> = self.poison.iter().map(|(fate, count)| format!("{fate} {count}")).collect();
        writeln!(f, "{:<22} {count}: {}", "poison", fates.join(", "))?;
        let Self { letters, repeats, bound, .. } = self;
        writeln!(f, "{:<22} {letters}, {repeats} of them repeats, bound {bound}", "dead letters")?;
        findings(f, "POISON NOT BURIED", &self.missing)?;
        findings(f, "not buried so", &self.unjust)?;
        findings(f, "before an earlier one", &self.overtaking)?;
        findings(f, "    not explained", &self.unexplained)?;
        findings(f, "    above the bound", &self.excessive)
    }
}
