//! Commits that came too early: an offset is the group's only when all events below it have their effects, or are dead
//! letters.

use std::collections::{BTreeSet, HashMap};

use super::reader::Evidence;
use super::record::Committed;

/// The commits that an observer saw before all below them was done. The topic has no holes.
pub fn commits(evidence: &Evidence) -> Vec<Committed> {
    // For each partition the offset up to which all is done, and what is done above it.
    let mut done: HashMap<i32, (i64, BTreeSet<i64>)> = HashMap::new();
    for event in &evidence.published {
        let (upto, _) = done.entry(event.partition).or_insert((event.offset, BTreeSet::new()));
        *upto = (*upto).min(event.offset);
    }
    let effects = evidence.effects.iter().map(|effect| (effect.time, effect.partition, effect.offset));
    let dead = evidence.dead.iter().map(|dead| (dead.time, dead.partition, dead.offset));
    let mut ends: Vec<_> = effects.chain(dead).collect();
    ends.sort_unstable();
    let (mut ends, mut early) = (ends.into_iter().peekable(), Vec::new());
    for commit in &evidence.commits {
        // The time of a line is taken before it is written, and the line is on the disk before the commit.
        while let Some((_, partition, offset)) = ends.next_if(|(time, ..)| *time <= commit.seen) {
            let Some((upto, above)) = done.get_mut(&partition) else { continue };
            if offset >= *upto {
                above.insert(offset);
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
