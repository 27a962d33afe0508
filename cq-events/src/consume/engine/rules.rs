//! What each input changes, and what follows from the state.

use std::time::Instant;

use super::lane::Lane;
use super::{CommitId, Engine, Output, Phase, Revoke, Stop, StopReason, Token, TopicPartition};
use crate::event::Message;

impl Engine {
    pub(super) fn assigned(&mut self, partitions: Vec<(TopicPartition, Option<i64>)>) {
        self.outputs
            .push_back(Output::Assign(partitions.iter().map(|(partition, _)| partition.clone()).collect()));
        for (partition, start) in partitions {
            self.last_generation += 1;
            let mut lane = Lane::new(self.last_generation, start);
            // The group must get its answer also while we are on the way out; but nothing is begun any more.
            if self.stop.is_some() {
                lane.close();
            }
            self.remove(&partition);
            self.lanes.insert(partition, lane);
        }
    }

    /// Ends an assignment. What is being handled in it counts no more, but goes on until it is done.
    fn remove(&mut self, partition: &TopicPartition) {
        let running = self.lanes.remove(partition).map_or(0, |lane| lane.running());
        if running > 0 {
            *self.orphans.entry(partition.clone()).or_default() += running;
        }
    }

    /// A handler of an assignment that has ended is done, one way or the other.
    fn settle_orphan(&mut self, partition: &TopicPartition) {
        if let Some(running) = self.orphans.get_mut(partition) {
            *running -= 1;
            if *running == 0 {
                self.orphans.remove(partition);
            }
        }
    }

    pub(super) fn revoked(&mut self, partitions: Vec<TopicPartition>, now: Instant) {
        for partition in &partitions {
            if let Some(lane) = self.lanes.get_mut(partition) {
                lane.close();
            }
        }
        let phase = Phase::Draining { deadline: now + self.settings.revoke_deadline };
        let mut partitions = partitions;
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
        partitions.iter().for_each(|partition| self.remove(partition));
        self.outputs.push_back(Output::Unassign(partitions));
    }

    pub(super) fn fetched(&mut self, message: Message) {
        // What arrives for a partition that is not ours any more, or no longer wanted, is dropped: whoever has
        // the partition next reads it again.
        if let Some((_, lane)) = self
            .lanes
            .iter_mut()
            .find(|(at, _)| at.partition == message.partition() && &*at.topic == message.topic())
        {
            lane.push(message);
        }
    }

    pub(super) fn done(&mut self, token: &Token) {
        match self.lane_of(token) {
            Some(lane) => {
                lane.ledger.finish(token.offset);
            }
            None => self.settle_orphan(&token.partition),
        }
    }

    pub(super) fn failed(&mut self, token: Token, now: Instant) {
        let Some(lane) = self.lane_of(&token) else {
            // A failure in an assignment that ended is its next owner's to meet again.
            return self.settle_orphan(&token.partition);
        };
        if !lane.ledger.is_open(token.offset) {
            return;
        }
        lane.failed = true;
        self.begin_stop(StopReason::Failure(token), now);
    }

    pub(super) fn shutdown(&mut self, now: Instant) {
        self.begin_stop(StopReason::Shutdown { unfinished: 0 }, now);
    }

    fn begin_stop(&mut self, reason: StopReason, now: Instant) {
        for lane in self.lanes.values_mut() {
            lane.close();
        }
        let deadline = now + self.settings.shutdown_deadline;
        match &mut self.stop {
            None => self.stop = Some(Stop { reason, phase: Phase::Draining { deadline } }),
            // A failure on the way out must be told; the first one counts.
            Some(stop) if matches!(stop.reason, StopReason::Shutdown { .. }) => stop.reason = reason,
            Some(_) => {}
        }
    }

    pub(super) fn committed(&mut self, id: CommitId, now: Instant) {
        // The answer is as good as a deadline that has passed: what waits for this commit goes on.
        let answered = |phase: &mut Phase| {
            if let Phase::Committing { id: awaited, deadline } = phase
                && *awaited == id
            {
                *deadline = now;
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
            Phase::Committing { id: awaited, deadline } if awaited == id && now < deadline => Some(deadline),
            _ => None,
        };
        if let Some(mut revoke) = self.revoke.take() {
            if let Some(deadline) = due(&revoke.phase) {
                revoke.phase =
                    self.begin_commit(now, deadline, |partition| revoke.partitions.contains(partition));
            }
            self.revoke = Some(revoke);
        }
        if let Some(mut stop) = self.stop.take() {
            if let Some(deadline) = due(&stop.phase) {
                stop.phase = self.begin_commit(now, deadline, |_| true);
            }
            self.stop = Some(stop);
        }
    }

    pub(super) fn commit_refused(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.ledger.forget_commit();
        }
    }

    /// Does what follows from the state.
    pub(super) fn advance(&mut self, now: Instant) {
        if self.stopped {
            return;
        }
        self.dispatch();
        self.advance_revoke(now);
        self.advance_stop(now);
        if now >= self.next_commit {
            self.next_commit = now + self.settings.commit_interval;
            self.commit(None, |_| true);
        }
    }

    fn dispatch(&mut self) {
        for (partition, lane) in &mut self.lanes {
            // One handler at a time, also across assignments.
            if !self.orphans.contains_key(partition)
                && let Some(message) = lane.pop()
            {
                let token = Token {
                    partition: partition.clone(),
                    generation: lane.generation,
                    offset: message.offset(),
                };
                self.outputs.push_back(Output::Dispatch(token, message));
            }
            if lane.pause(&self.settings) {
                self.outputs.push_back(Output::Pause(partition.clone()));
            } else if lane.resume(&self.settings) {
                self.outputs.push_back(Output::Resume(partition.clone()));
            }
        }
    }

    fn advance_revoke(&mut self, now: Instant) {
        let Some(mut revoke) = self.revoke.take() else { return };
        if let Phase::Draining { deadline } = revoke.phase {
            if now < deadline && self.busy(|partition| revoke.partitions.contains(partition)) {
                self.revoke = Some(revoke);
                return;
            }
            let deadline = now + self.settings.commit_deadline;
            revoke.phase =
                self.begin_commit(now, deadline, |partition| revoke.partitions.contains(partition));
        }
        if let Phase::Committing { deadline, .. } = revoke.phase
            && now < deadline
        {
            self.revoke = Some(revoke);
            return;
        }
        revoke.partitions.iter().for_each(|partition| self.remove(partition));
        self.outputs.push_back(Output::Unassign(revoke.partitions));
    }

    fn advance_stop(&mut self, now: Instant) {
        // The group waits for a revoke, so that comes first.
        if self.revoke.is_some() {
            return;
        }
        let Some(mut stop) = self.stop.take() else { return };
        if let Phase::Draining { deadline } = stop.phase {
            if now < deadline && self.in_flight() > 0 {
                self.stop = Some(stop);
                return;
            }
            if let StopReason::Shutdown { unfinished } = &mut stop.reason {
                *unfinished = self.in_flight();
            }
            stop.phase = self.begin_commit(now, now + self.settings.commit_deadline, |_| true);
        }
        if let Phase::Committing { deadline, .. } = stop.phase
            && now < deadline
        {
            self.stop = Some(stop);
            return;
        }
        self.stopped = true;
        self.outputs.push_back(Output::Stop(stop.reason));
    }

    /// Whether a message of these partitions is being handled. One that failed is not awaited.
    fn busy(&self, of: impl Fn(&TopicPartition) -> bool) -> bool {
        self.lanes.iter().any(|(partition, lane)| of(partition) && lane.running() > 0)
    }

    /// Commits and awaits it; where there is nothing to commit, there is nothing to await.
    fn begin_commit(
        &mut self,
        now: Instant,
        deadline: Instant,
        of: impl Fn(&TopicPartition) -> bool,
    ) -> Phase {
        self.last_commit_id += 1;
        let id = CommitId(self.last_commit_id);
        let asked = self.commit(Some(id), of);
        Phase::Committing { id, deadline: if asked { deadline } else { now } }
    }

    fn commit(&mut self, id: Option<CommitId>, of: impl Fn(&TopicPartition) -> bool) -> bool {
        let offsets: Vec<_> = self
            .lanes
            .iter_mut()
            .filter(|(partition, _)| of(partition))
            .filter_map(|(partition, lane)| Some((partition.clone(), lane.ledger.take_commit(id.is_some())?)))
            .collect();
        let any = !offsets.is_empty();
        if any {
            self.outputs.push_back(Output::Commit(offsets, id));
        }
        any
    }

    /// The lane of a message that was dispatched in the assignment that still holds.
    fn lane_of(&mut self, token: &Token) -> Option<&mut Lane> {
        self.lanes.get_mut(&token.partition).filter(|lane| lane.generation == token.generation)
    }
}
