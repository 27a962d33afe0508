//! Moving to other offsets.

use std::time::Instant;

use super::finished::Finished;
use super::partition::Partition;
use super::{Assignment, Engine, Output, SeekId, TopicPartition};

impl Engine {
    /// Begins anew at these offsets, as an assignment that starts there. What arrives before the seek is answered is
    /// dropped: it may be from before it.
    pub(super) fn seek(&mut self, targets: Vec<(TopicPartition, i64)>, now: Instant) {
        self.last_seek.0 += 1;
        let id = self.last_seek;
        let mut moved = Vec::new();
        for (place, offset) in targets {
            // What is on its way out goes to its next owner as it is.
            let mut partitions = self.partitions.values();
            let Some(old) = partitions.find(|partition| partition.place == place && !partition.is_closed())
            else {
                continue;
            };
            if old.is_paused() {
                self.outputs.push_back(Output::Resume(place.clone()));
            }
            self.remove(&place);
            let start = Assignment {
                place: place.clone(),
                start: Some(offset),
                finished: Finished::default(),
                is_new: true,
            };
            self.last_generation.0 += 1;
            let failures = self.policies.of(&place.topic);
            self.partitions.insert(self.last_generation, Partition::seeking(start, failures, id, now));
            moved.push((place, offset));
        }
        if !moved.is_empty() {
            self.outputs.push_back(Output::Seek(id, moved));
            self.commit(None, |_| true);
        }
    }

    pub(super) fn sought(&mut self, id: SeekId) {
        self.partitions.values_mut().for_each(|partition| partition.sought(id));
    }

    /// Whether the answer to a seek still matters.
    pub(crate) fn awaits(&self, id: SeekId) -> bool {
        self.partitions.values().any(|partition| partition.awaits(id))
    }
}
