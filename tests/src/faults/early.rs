//! Commits that came too early: an offset is the group's only when all events below it have their effects.

use std::collections::{BTreeSet, HashMap};

use super::reader::Evidence;
use super::record::Committed;

/// The commits that an observer saw before the log had all effects below them. The topic has no holes.
pub fn commits(evidence: &Evidence) -> Vec<Committed> {
    // For each partition the offset up to which all have effects, and those above it that have.
    let mut done: HashMap<i32, (i64, BTreeSet<i64>)> = HashMap::new();
    for event in &evidence.published {
        let (upto, _) = done.entry(event.partition).or_insert((event.offset, BTreeSet::new()));
        *upto = (*upto).min(event.offset);
    }
    let (mut effects, mut early) = (evidence.effects.iter().peekable(), Vec::new());
    for commit in &evidence.commits {
        // The time of a line is taken before it is written, and the line is on the disk before the commit.
        while let Some(effect) = effects.next_if(|effect| effect.time <= commit.seen) {
            let Some((upto, above)) = done.get_mut(&effect.partition) else { continue };
            if effect.offset >= *upto {
                above.insert(effect.offset);
            }
            while above.remove(upto) {
                *upto += 1;
            }
        }
        if done.get(&commit.partition).is_none_or(|(upto, _)| *upto < commit.offset) {
            early.push(*commit);
        }
    }
    early
}
