//! The judge: it reads the files of a trial, and knows nothing of how they came to be.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::{self, Display, Formatter};
use std::path::Path;

use super::dead::Graves;
use super::early;
use super::record::{Committed, Dead, Effect, Fault, Published, read};
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
    /// What lies among the dead letters.
    pub dead: Vec<Dead>,
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
    /// Acknowledged, to be handled, and without an effect.
    pub lost: Vec<Published>,
    /// Effects of what was not acknowledged, or is poison, or not what was published at their place.
    pub foreign: Vec<Effect>,
    /// Effects that came before that of an earlier event of their key.
    pub disorder: Vec<Effect>,
    /// Commits of events that had no effect yet.
    pub early: Vec<Committed>,
    /// Events that were handled more than once.
    pub repeats: Repeats,
    /// The poison and the dead letters.
    pub graves: Graves,
    faults: BTreeMap<&'static str, usize>,
}

impl Evidence {
    /// Reads the files of a folder.
    pub fn read(folder: &Path) -> Self {
        let (published, cut) = read(&folder.join("published"));
        assert_eq!(cut, 0, "the list of what was published is whole");
        let (effects, torn) = read(&folder.join("effects"));
        let (dead, cut) = read(&folder.join("dead"));
        assert_eq!(cut, 0, "the list of dead letters is whole");
        let (commits, _) = read(&folder.join("commits"));
        let (faults, _) = read(&folder.join("faults"));
        Self { published, effects, dead, commits, faults, torn }
    }

    /// Judges by them.
    pub fn judge(&self) -> Verdict {
        let places: HashMap<(i32, i64), (u32, u32)> = self
            .published
            .iter()
            .filter(|event| !event.fate.is_poison())
            .map(|event| ((event.partition, event.offset), (event.key, event.seq)))
            .collect();
        assert_eq!(places.len(), self.healthy().count(), "each event has a place of its own");
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
            lost: self.healthy().filter(is_lost).copied().collect(),
            foreign: self.effects.iter().filter(is_foreign).copied().collect(),
            disorder: self.disorder(),
            early: early::commits(self),
            repeats: Repeats::of(self),
            graves: Graves::of(self),
            faults,
        }
    }

    /// What is to be handled.
    fn healthy(&self) -> impl Iterator<Item = &Published> {
        self.published.iter().filter(|event| !event.fate.is_poison())
    }

    /// The first effect of each event must come after that of the one before it of its key that is to be handled.
    fn disorder(&self) -> Vec<Effect> {
        let mut events: Vec<(u32, u32)> = self.healthy().map(|event| (event.key, event.seq)).collect();
        events.sort_unstable();
        let before: HashMap<(u32, u32), u32> = events
            .windows(2)
            .filter(|pair| pair[0].0 == pair[1].0)
            .map(|pair| (pair[1], pair[0].1))
            .collect();
        let mut last: HashMap<u32, u32> = HashMap::new();
        let comes_early = |effect: &&Effect| {
            let last = last.entry(effect.key).or_default();
            let is_early = before.get(&(effect.key, effect.seq)).is_some_and(|before| before > last);
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
            && self.graves.holds()
    }
}

pub(super) fn findings<T: fmt::Debug>(f: &mut Formatter<'_>, name: &str, found: &[T]) -> fmt::Result {
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
        write!(f, "{}{}", self.repeats, self.graves)?;
        f.write_str(if self.holds() { "the promise holds" } else { "THE PROMISE IS BROKEN" })
    }
}

#[cfg(test)]
mod tests {
    use cq_events::dead_letter::ErrorKind;

    use super::super::fate::Fate;
    use super::super::record::{Kind, Process, Victim};
    use super::*;

    fn process(member: u32) -> Process {
        Process { member, incarnation: 1 }
    }

    fn effect(seq: u32, member: u32, time: u64) -> Effect {
        Effect { key: 1, seq, partition: 0, offset: i64::from(seq), process: process(member), time }
    }

    fn published(seq: u32, fate: Fate) -> Published {
        Published { key: 1, seq, fate, partition: 0, offset: i64::from(seq), queued: 0 }
    }

    fn evidence(effects: Vec<Effect>, faults: Vec<Fault>) -> Evidence {
        let published = (1..=3).map(|seq| published(seq, Fate::Good));
        let (dead, commits) = (Vec::new(), Vec::new());
        Evidence { published: published.collect(), effects, dead, commits, faults, torn: 0 }
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

    #[test]
    fn each_rule_of_dead_letters_can_be_broken() {
        let dead = |offset, time: u64| Dead {
            partition: 0,
            offset,
            kind: ErrorKind::Rejected,
            attempts: 1,
            is_intact: true,
            time: time * 1_000,
        };
        let at = |seq, time: u64| effect(seq, 1, time * 1_000);
        let with = |dead: Vec<Dead>| {
            let good = evidence(vec![at(1, 10), at(3, 30)], vec![]);
            let events = [published(1, Fate::Good), published(2, Fate::Rejected), published(3, Fate::Good)];
            Evidence { published: events.to_vec(), dead, ..good }
        };
        let verdict = with(vec![dead(2, 20)]).judge();
        assert!(verdict.holds(), "{verdict}");
        assert_eq!(with(vec![]).judge().graves.missing.len(), 1);
        for wrong in [
            dead(3, 40),
            Dead { kind: ErrorKind::Failed, ..dead(2, 20) },
            Dead { attempts: 2, ..dead(2, 20) },
            Dead { is_intact: false, ..dead(2, 20) },
        ] {
            assert_eq!(with(vec![dead(2, 20), wrong]).judge().graves.unjust, [wrong]);
        }
        assert_eq!(with(vec![dead(2, 40)]).judge().graves.overtaking.len(), 1, "the third was done first");
        let handled = Evidence { effects: vec![at(1, 10), at(2, 20), at(3, 30)], ..with(vec![dead(2, 20)]) };
        assert_eq!(handled.judge().foreign.len(), 1, "poison has no effect");
        let commit = Committed { since: 0, seen: 15_000, partition: 0, offset: 3 };
        assert_eq!(Evidence { commits: vec![commit], ..with(vec![dead(2, 20)]) }.judge().early.len(), 1);

        let twice = || with(vec![dead(2, 20), dead(2, 25)]);
        assert_eq!(twice().judge().graves.unexplained.len(), 1);
        let victim = Victim::Process(process(1));
        let fault = |kind, begun| Fault { kind, victim, begun, ended: begun + 1 };
        let kill = fault(Kind::ConsumerKill, 22_000);
        let verdict = Evidence { faults: vec![kill], ..twice() }.judge();
        assert!(verdict.holds() && verdict.graves.repeats() == 1, "{verdict}");
        let later = fault(Kind::ConsumerKill, 28_000);
        assert!(!Evidence { faults: vec![later], ..twice() }.judge().holds(), "it came later");
        let commits = vec![Committed { seen: 21_000, ..commit }];
        assert!(!Evidence { faults: vec![kill], commits, ..twice() }.judge().holds(), "it was committed");
        let thrice = with(vec![dead(2, 20), dead(2, 25), dead(2, 26)]);
        assert_eq!(Evidence { faults: vec![kill], ..thrice }.judge().graves.excessive, [(0, 2, 1)]);
    }
}
