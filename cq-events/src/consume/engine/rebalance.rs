//! Partitions come and go.

use std::collections::BTreeMap;
use std::time::Instant;

use super::partition::Partition;
use super::{Assignment, Engine, Generation, Output, Phase, TopicPartition};

/// A revoke under way.
#[derive(Debug)]
pub(super) struct Revoke {
    pub(super) partitions: Vec<TopicPartition>,
    pub(super) phase: Phase,
}

/// Handlers that still run for assignments that have ended, and messages of them that are on their way to the dead letters.
#[derive(Debug, Default)]
pub(super) struct Orphans(BTreeMap<Generation, Orphaned>);

#[derive(Debug)]
struct Orphaned {
    place: TopicPartition,
    running: usize,
    burying: usize,
}

impl Orphans {
    /// Handlers alone: dead letters take no place of theirs.
    pub(super) fn running(&self) -> usize {
        self.0.values().map(|orphaned| orphaned.running).sum()
    }

    pub(super) fn unsettled(&self) -> usize {
        self.0.values().map(|orphaned| orphaned.running + orphaned.burying).sum()
    }

    pub(super) fn place(&self, generation: Generation) -> Option<&TopicPartition> {
        self.0.get(&generation).map(|orphaned| &orphaned.place)
    }

    pub(super) fn are_of(&self, place: &TopicPartition) -> bool {
        self.0.values().any(|orphaned| orphaned.place == *place)
    }

    /// A handler is done, one way or the other.
    pub(super) fn settle(&mut self, generation: Generation) {
        self.count_down(generation, |orphaned| &mut orphaned.running);
    }

    /// A message is among the dead letters, or never will be.
    pub(super) fn buried(&mut self, generation: Generation) {
        self.count_down(generation, |orphaned| &mut orphaned.burying);
    }

    fn count_down(&mut self, generation: Generation, of: impl FnOnce(&mut Orphaned) -> &mut usize) {
        if let Some(orphaned) = self.0.get_mut(&generation) {
            *of(orphaned) -= 1;
            if orphaned.running + orphaned.burying == 0 {
                self.0.remove(&generation);
            }
        }
    }
}

impl Engine {
    pub(super) fn assigned(&mut self, assignments: Vec<Assignment>, now: Instant) {
        let answer = assignments.iter().map(|assignment| (assignment.place.clone(), assignment.start));
        let is_new = assignments.iter().any(|assignment| assignment.is_new);
        self.outputs.push_back(Output::Assign(answer.collect()));
        for assignment in assignments {
            self.remove(&assignment.place);
            let failures = self.policies.of(&assignment.place.topic);
            let mut partition = Partition::new(assignment, failures, now);
            // The group must get its answer also while we are on the way out; but nothing is begun any more.
            if self.stop.is_some() {
                partition.close();
            }
            self.last_generation.0 += 1;
            self.partitions.insert(self.last_generation, partition);
        }
        // At once: a group that ends before the first commit would else start elsewhere the next time.
        if is_new {
            self.commit(None, |_| true);
        }
    }

    /// Ends an assignment. What is being handled in it counts no more, but goes on until it is done.
    pub(super) fn remove(&mut self, place: &TopicPartition) {
        let of_place = |(generation, partition): (&Generation, &Partition)| {
            (partition.place == *place).then_some(*generation)
        };
        let Some(generation) = self.partitions.iter().find_map(of_place) else { return };
        let Some(Partition { place, lanes, .. }) = self.partitions.remove(&generation) else { return };
        let (running, burying) = (lanes.running(), lanes.unsettled() - lanes.running());
        if running + burying > 0 {
            self.orphans.0.insert(generation, Orphaned { place, running, burying });
        }
    }

    pub(super) fn revoked(&mut self, mut partitions: Vec<TopicPartition>, now: Instant) {
        let going = self.partitions.values_mut().filter(|partition| partitions.contains(&partition.place));
        going.for_each(Partition::close);
        let phase = Phase::Draining { deadline: now + self.settings.revoke_deadline };
        if let Some(revoke) = self.revoke.take() {
            // A second one before the first is answered: give back both.
            partitions.extend(revoke.partitions);
            partitions.sort();
            partitions.dedup();
        }
        self.revoke = Some(Revoke { partitions, phase });
    }

    pub(super) fn lost(&mut self, mut partitions: Vec<TopicPartition>) {
        // A revoke that was under way for them has no more to wait for.
        if let Some(revoke) = self.revoke.take() {
            partitions.extend(revoke.partitions);
            partitions.sort();
            partitions.dedup();
        }
        partitions.iter().for_each(|place| self.remove(place));
        self.outputs.push_back(Output::Unassign(partitions));
    }

    pub(super) fn advance_revoke(&mut self, now: Instant) {
        let Some(mut revoke) = self.revoke.take() else { return };
        let is_busy = self.is_busy(&revoke.partitions);
        let of = |place: &TopicPartition| revoke.partitions.contains(place);
        if let Some(phase) = self.advance_phase(revoke.phase, is_busy, of, now) {
            revoke.phase = phase;
            self.revoke = Some(revoke);
            return;
        }
        revoke.partitions.iter().for_each(|place| self.remove(place));
        self.outputs.push_back(Output::Unassign(revoke.partitions));
    }

    /// Whether a message of these partitions is being handled, or on its way to the dead letters. One that failed is not.
    fn is_busy(&self, places: &[TopicPartition]) -> bool {
        let mut partitions = self.partitions.values();
        partitions.any(|partition| partition.lanes.unsettled() > 0 && places.contains(&partition.place))
    }
}
