//! What a replay would do.

use std::collections::BTreeMap;

use super::verdict::Verdict;
use crate::histogram::Errors;
use crate::letter::Letter;

/// What a replay would do with each letter, counted.
#[derive(Debug, Default)]
pub struct Survey {
    /// Letters to be published.
    pub publish: u64,
    /// Those that were replayed before.
    pub done: u64,
    /// Those that the filters leave out.
    pub left_out: u64,
    /// Those that were replayed too often.
    pub refused: u64,
    /// Those of other frameworks, which nobody said where to publish.
    pub foreign: u64,
    /// How many go to which topic.
    pub targets: BTreeMap<String, u64>,
    /// What went wrong with those to be published.
    pub errors: Errors,
}

impl Survey {
    pub(super) fn add(&mut self, letter: &Letter, event: Option<&str>, verdict: &Verdict) {
        match verdict {
            Verdict::Done => self.done += 1,
            Verdict::LeftOut => self.left_out += 1,
            Verdict::Refused => self.refused += 1,
            Verdict::Foreign => self.foreign += 1,
            Verdict::Publish(target) => {
                self.publish += 1;
                *self.targets.entry(target.topic.clone()).or_default() += 1;
                self.errors.add(letter, event);
            }
        }
    }
}
