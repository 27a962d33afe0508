//! When offsets are committed, and what follows from the answers.

use std::time::Instant;

use super::ledger::Progress;
use super::{Commit, CommitId, Engine, Output, Phase, TopicPartition};

impl Engine {
    pub(super) fn committed(&mut self, id: CommitId) {
        let answered = |phase: &mut Phase| {
            if let Phase::Committing { id: awaited, is_answered, .. } = phase {
                *is_answered |= *awaited == id;
            }
        };
        if let Some(revoke) = &mut self.revoke {
            answered(&mut revoke.phase);
        }
        if let Some(stop) = &mut self.stop {
            answered(&mut stop.phase);
        }
    }

    /// Commits again what waits for this commit, until its deadline. Only what is still ours: a partition that went
    /// to another member meanwhile has that member's offsets, which must not be turned back.
    pub(super) fn commit_deferred(&mut self, id: CommitId, now: Instant) {
        let due = |phase: &Phase| match *phase {
            Phase::Committing { id: awaited, deadline, .. } if awaited == id && now < deadline => {
                Some(deadline)
            }
            _ => None,
        };
        if let Some(mut revoke) = self.revoke.take() {
            if let Some(deadline) = due(&revoke.phase) {
                revoke.phase = self.begin_commit(deadline, |place| revoke.partitions.contains(place));
            }
            self.revoke = Some(revoke);
        }
        if let Some(mut stop) = self.stop.take() {
            if let Some(deadline) = due(&stop.phase) {
                stop.phase = self.begin_commit(deadline, |_| true);
            }
            self.stop = Some(stop);
        }
    }

    pub(super) fn commit_refused(&mut self) {
        self.partitions.values_mut().for_each(|partition| partition.ledger.forget_commit());
    }

    pub(super) fn commit_in_time(&mut self, now: Instant) {
        if now >= self.next_commit {
            self.next_commit = now + self.settings.commit_interval;
            self.commit(None, |_| true);
        }
    }

    /// Commits and awaits it; where there is nothing to commit, there is nothing to await.
    pub(super) fn begin_commit(&mut self, deadline: Instant, of: impl Fn(&TopicPartition) -> bool) -> Phase {
        self.last_commit_id.0 += 1;
        let id = self.last_commit_id;
        let asked = self.commit(Some(id), of);
        Phase::Committing { id, deadline, is_answered: !asked }
    }

    /// Whether something of these partitions is done that no commit holds.
    pub(super) fn has_news(&self, of: impl Fn(&TopicPartition) -> bool) -> bool {
        self.partitions.values().any(|partition| of(&partition.place) && partition.ledger.has_news())
    }

    pub(super) fn commit(&mut self, id: Option<CommitId>, of: impl Fn(&TopicPartition) -> bool) -> bool {
        let partitions = self.partitions.values_mut().filter(|partition| of(&partition.place));
        let commits: Vec<Commit> = partitions
            .filter_map(|partition| {
                let Progress { offset, finished } = partition.ledger.take_progress(id.is_some())?;
                Some(Commit { place: partition.place.clone(), offset, finished })
            })
            .collect();
        let any = !commits.is_empty();
        if any {
            self.outputs.push_back(Output::Commit(commits, id));
        }
        any
    }
}
