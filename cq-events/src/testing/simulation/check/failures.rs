//! What must hold of messages that fail.

use std::time::Duration;

use super::{Broken, Checker, Logged, Place, Rule};
use crate::consume::engine::Verdict;

impl Checker {
    /// A handler failed. Says how long it is at most until the next try, where there is to be one.
    pub(in super::super) fn failed(
        &mut self,
        place: Place,
        verdict: Verdict,
        now: Duration,
    ) -> Option<Duration> {
        self.dropped(place);
        let tries = self.tries.entry((place.assignment, place.offset)).or_default();
        tries.fail(verdict, now);
        tries.goes_on(&self.policy, self.wait_deadline).then(|| tries.delay(&self.policy))
    }

    /// Whether the message failed before, in this assignment.
    pub(in super::super) fn is_retry(&self, place: Place) -> bool {
        self.tries.contains_key(&(place.assignment, place.offset))
    }

    /// Whether the message has waited for too long for what it needs to be read.
    pub(in super::super) fn has_waited(&self, place: Place) -> bool {
        let tries = self.tries.get(&(place.assignment, place.offset));
        tries.is_some_and(|tries| tries.has_waited(self.wait_deadline))
    }

    /// A message is given up, after so many runs.
    pub(in super::super) fn bury(&mut self, place: Place, attempts: u32) -> Result<(), Broken> {
        let tries = self.tries.get(&(place.assignment, place.offset)).copied().unwrap_or_default();
        let Some((_, message)) = self.find(place.partition, place.offset) else { return Ok(()) };
        let policy = &self.policy;
        if !policy.dead_letters || !tries.is_given_up(policy) || tries.failed != attempts {
            let what = format!("{place} is given up after {attempts} runs, and it was {tries:?}");
            return Err((Rule::DeadLetters, what));
        }
        if !message.nature.may_be_given_up(policy.max_retries + 1) {
            return Err((Rule::DeadLetters, format!("{place} is given up, and is {:?}", message.nature)));
        }
        self.at_work.insert((place.member, place.partition, place.key), place.offset);
        Ok(())
    }

    /// What should be among the dead letters, and is not.
    pub(in super::super) fn unburied(&self) -> Option<String> {
        self.partitions.iter().find_map(|(partition, truth)| {
            let is_lost = |message: &&Logged| {
                message.nature.is_poison() && !self.dead_letters.has(*partition, message.offset)
            };
            let lost = truth.log.iter().find(is_lost)?;
            Some(format!("{partition}/{} is {:?} and no dead letter", lost.offset, lost.nature))
        })
    }
}
