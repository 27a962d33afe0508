//! The judge: it reads the files of a trial, and knows nothing of how they came to be.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::{self, Display, Formatter};
use std::path::Path;

use super::early;
use super::record::{Committed, Effect, Fault, Published, read};
use super::repeats::Repeats;

/// How many of each kind of finding are shown.
const SHOWN: usize = 5;

/// What the files of a trial say.
#[derive(Debug)]
pub struct Evidence {
    /// What the brokers acknowledged.
    pub published: Vec<Published>,
    /// What was handled, in the order of the log.
    pub effects: Vec<Effect>,
    /// What the group committed, as an observer saw it.
    pub commits: Vec<Committed>,
    /// What was done to consumers and brokers.
    pub faults: Vec<Fault>,
    /// Lines of the effects log that a killed process did not write to their end.
    pub torn: usize,
}

/// What they prove.
#[derive(Debug)]
pub struct Verdict {
    events: usize,
    effects: usize,
    torn: usize,
    /// Acknowledged, and without an effect.
    pub lost: Vec<Published>,
    /// Effects of what was not acknowledged, or that are not what was published at their place.
    pub foreign: Vec<Effect>,
    /// Effects that came before that of an earlier event of their key.
    pub disorder: Vec<Effect>,
    /// Commits of events that had no effect yet.
    pub early: Vec<Committed>,
    /// Events that were handled more than once.
    pub repeats: Repeats,
    faults: BTreeMap<&'static str, usize>,
}

impl Evidence {
    /// Reads the files of a folder.
    pub fn read(folder: &Path) -> Self {
        let (published, cut) = read(&folder.join("published"));
        assert_eq!(cut, 0, "the list of what was published is whole");
        let (effects, torn) = read(&folder.join("effects"));
        let (commits, _) = read(&folder.join("commits"));
        let (faults, _) = read(&folder.join("faults"));
        Self { published, effects, commits, faults, torn }
    }

    /// Judges by them.
    pub fn judge(&self) -> Verdict {
        let places: HashMap<(i32, i64), (u32, u32)> = self
            .published
            .iter()
            .map(|event| ((event.partition, event.offset), (event.key, event.seq)))
            .collect();
        assert_eq!(places.len(), self.published.len(), "each event has a place of its own");
        let is_foreign = |effect: &&Effect| {
            places.get(&(effect.partition, effect.offset)) != Some(&(effect.key, effect.seq))
        };
        let handled: HashSet<(i32, i64)> =
            self.effects.iter().map(|effect| (effect.partition, effect.offset)).collect();
        let is_lost = |event: &&Published| !handled.contains(&(event.partition, event.offset));
        let mut faults = BTreeMap::new();
        self.faults.iter().for_each(|fault| *faults.entry(fault.kind.name()).or_default() += 1);
        Verdict {
            events: self.published.len(),
            effects: self.effects.len(),
            torn: self.torn,
            lost: self.published.iter().filter(is_lost).copied().collect(),
            foreign: self.effects.iter().filter(is_foreign).copied().collect(),
            disorder: self.disorder(),
            early: early::commits(self),
            repeats: Repeats::of(self),
            faults,
        }
    }

    /// The first effect of each event must come after that of the one before it of its key.
    fn disorder(&self) -> Vec<Effect> {
        let mut last: HashMap<u32, u32> = HashMap::new();
        let comes_early = |effect: &&Effect| {
            let last = last.entry(effect.key).or_default();
            let is_early = effect.seq > *last + 1;
            *last = (*last).max(effect.seq);
            is_early
        };
        self.effects.iter().filter(comes_early).copied().collect()
    }
}

impl Verdict {
    /// Whether the promise held.
    pub fn holds(&self) -> bool {
        self.lost.is_empty()
            && self.foreign.is_empty()
            && self.disorder.is_empty()
            && self.early.is_empty()
            && self.repeats.holds()
    }
}

fn findings<T: fmt::Debug>(f: &mut Formatter<'_>, name: &str, found: &[T]) -> fmt::Result {
    writeln!(f, "{name:<22} {}", found.len())?;
    found.iter().take(SHOWN).try_for_each(|finding| writeln!(f, "    such as {finding:?}"))
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<22} {}", "acknowledged events", self.events)?;
        writeln!(f, "{:<22} {} ({} torn lines)", "effects", self.effects, self.torn)?;
        let count: usize = self.faults.values().sum();
        let kinds: Vec<String> = self.faults.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        writeln!(f, "{:<22} {count}: {}", "faults", kinds.join(", "))?;
        findings(f, "LOST", &self.lost)?;
        findings(f, "not published so", &self.foreign)?;
        findings(f, "out of order per key", &self.disorder)?;
        findings(f, "committed too early", &self.early)?;
        write!(f, "{}", self.repeats)?;
        f.write_str(if self.holds() { "the promise holds" } else { "THE PROMISE IS BROKEN" })
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{Kind, Process, Victim};
    use super::*;

    fn process(member: u32) -> Process {
        Process { member, incarnation: 1 }
    }

    fn effect(seq: u32, member: u32, time: u64) -> Effect {
        Effect { key: 1, seq, partition: 0, offset: i64::from(seq), process: process(member), time }
    }

    fn evidence(effects: Vec<Effect>, faults: Vec<Fault>) -> Evidence {
        let published =
            (1..=3).map(|seq| Published { key: 1, seq, partition: 0, offset: i64::from(seq), queued: 0 });
        Evidence { published: published.collect(), effects, commits: Vec::new(), faults, torn: 0 }
    }

    #[test]
    fn each_rule_can_be_broken() {
        let good = vec![effect(1, 1, 10), effect(2, 1, 20), effect(3, 1, 30)];
        assert!(evidence(good.clone(), vec![]).judge().holds());

        let verdict = evidence(good[..2].to_vec(), vec![]).judge();
        assert_eq!((verdict.lost.len(), verdict.holds()), (1, false));

        let verdict = evidence(vec![good[0], good[2], good[1]], vec![]).judge();
        assert_eq!((verdict.disorder.len(), verdict.holds()), (1, false));

        let commit = |seen, offset| Committed { since: 0, seen, partition: 0, offset };
        let committing = |commits| Evidence { commits, ..evidence(good.clone(), vec![]) }.judge();
        assert!(committing(vec![commit(15, 2), commit(31, 4)]).holds());
        assert_eq!(committing(vec![commit(15, 3), commit(31, 4)]).early.len(), 1);

        let mut foreign = good.clone();
        foreign.push(Effect { offset: 9, ..effect(3, 1, 40) });
        assert_eq!(evidence(foreign, vec![]).judge().foreign.len(), 1);

        let twice = vec![good[0], good[1], effect(2, 2, 25), good[2]];
        assert!(!evidence(twice.clone(), vec![]).judge().holds(), "nothing explains it");
        let fault = |kind, member, begun| Fault {
            kind,
            victim: Victim::Process(process(member)),
            begun,
            ended: begun + 1,
        };
        assert!(evidence(twice.clone(), vec![fault(Kind::ConsumerKill, 1, 22)]).judge().holds());
        assert!(!evidence(twice.clone(), vec![fault(Kind::ConsumerRestart, 1, 22)]).judge().holds());
        assert!(!evidence(twice.clone(), vec![fault(Kind::ConsumerKill, 3, 22)]).judge().holds());
        assert!(!evidence(twice, vec![fault(Kind::ConsumerKill, 1, 28)]).judge().holds(), "it came later");
    }
}
