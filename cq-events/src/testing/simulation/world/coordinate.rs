//! The group's side: requests arrive, and notices go out.

use super::*;

impl World {
    pub(super) fn send(&mut self, from: MemberId, request: Request) {
        let at = self.arrival(from, true);
        self.at(at, Happening::Request(from, request));
    }

    pub(super) fn answer(&mut self, to: MemberId, notice: Notice) {
        let at = self.arrival(to, false);
        self.at(at, Happening::Notice(to, notice));
    }

    /// When what is sent now arrives: after what was sent before.
    pub(super) fn arrival(&mut self, member: MemberId, to_group: bool) -> Duration {
        let is_slow = !self.is_calm && self.random.one_in(60);
        let time = if is_slow { self.random.millis(300..3_000) } else { self.random.millis(1..30) };
        let last = self.ways.entry((member, to_group)).or_default();
        *last = (*last).max(self.now + time);
        *last
    }

    pub(super) fn request(&mut self, from: MemberId, request: Request) -> Result<(), Broken> {
        match request {
            Request::Commit(commits, id) => return self.commit(from, commits, id),
            Request::Offsets(question, partitions) => {
                let fails = !self.is_calm && self.random.one_in(12);
                if fails {
                    self.tally.count("lookups of offsets failed");
                }
                let answer = (!fails).then(|| partitions.into_iter().map(|at| self.assignment(at)).collect());
                self.answer(from, Notice::Offsets(question, answer));
                return Ok(());
            }
            // A member that was lost is none until it joins again.
            Request::Took | Request::GaveBack(..) | Request::Left(_) if !self.group.has(from) => {}
            Request::Join => {
                self.group.join(from);
                let is_alive = self.members.get(&from.slot).is_some_and(|member| member.id == from);
                if !is_alive {
                    self.after(SESSION, Happening::Expel(from));
                }
            }
            Request::Took => self.group.complete(from),
            Request::GaveBack(partitions, went_wrong) => {
                self.group.complete(from);
                for partition in partitions {
                    if self.group.owner(partition) == Some(from) {
                        self.free(partition, went_wrong)?;
                    }
                }
            }
            Request::Left(went_wrong) => {
                for partition in self.group.owned_by(from) {
                    self.free(partition, went_wrong)?;
                }
                self.group.remove(from);
            }
        }
        self.rebalance();
        Ok(())
    }

    pub(super) fn overdue(&self, id: MemberId, rebalance: Option<u64>) -> Result<(), Broken> {
        let is_alive = self.members.get(&id.slot).is_some_and(|member| member.id == id);
        let stood_still = self.stalls.get(&id.slot).is_some_and(|until| *until + OVERDUE > self.now);
        if rebalance.is_some() && self.group.rebalance_of(id) == rebalance && is_alive && !stood_still {
            return Err((Rule::GetsDone, format!("{id} does not give back what the group wants back")));
        }
        Ok(())
    }

    pub(super) fn rebalance(&mut self) {
        for (member, notice) in self.group.rebalance() {
            self.note(|| format!("the group tells {member}: {notice:?}"));
            self.answer(member, notice);
        }
    }

    pub(super) fn free(&mut self, partition: i32, went_wrong: bool) -> Result<(), Broken> {
        let was_trouble = self.group.free(partition);
        self.checker.ended(partition, went_wrong || was_trouble)
    }

    pub(super) fn expel(&mut self, member: MemberId) -> Result<(), Broken> {
        if !self.group.has(member) {
            return Ok(());
        }
        self.note(|| format!("the group expels {member}"));
        for partition in self.group.owned_by(member) {
            self.tally.count("assignments lost");
            self.free(partition, true)?;
        }
        self.group.remove(member);
        self.answer(member, Notice::Lost);
        self.rebalance();
        Ok(())
    }

    pub(super) fn assignment(&self, partition: i32) -> Assignment {
        let (offset, finished) = self.checker.committed(partition);
        // Where the group has no offset, it commits that it starts at the first.
        let is_new = offset == 0;
        Assignment { place: at(partition), start: Some(offset), finished, is_new }
    }

    pub(super) fn commit(
        &mut self,
        from: MemberId,
        commits: Vec<Commit>,
        id: Option<CommitId>,
    ) -> Result<(), Broken> {
        let is_member = self.group.has(from);
        let chance = if self.is_calm { 99 } else { self.random.below(40) };
        let answer = match chance {
            _ if !is_member => Some(Reply::Refused),
            0..3 => Some(Reply::Refused),
            3..5 => None,
            5..15 if self.group.is_rebalancing() => Some(Reply::Deferred),
            _ => Some(Reply::Taken),
        };
        let is_taken = answer == Some(Reply::Taken) || (answer.is_none() && self.random.one_in(2));
        self.note(|| {
            format!("the group answers {answer:?} (taken: {is_taken}) to {from}: {}", told(&commits))
        });
        self.tally.count(match answer {
            Some(Reply::Taken) => "commits taken",
            Some(Reply::Refused) if !is_member => "commits fenced",
            Some(Reply::Refused) => "commits refused",
            Some(Reply::Deferred) => "commits deferred",
            None => "commits unanswered",
        });
        for Commit { place, offset, finished } in commits {
            if is_taken {
                // As it travels.
                let metadata = finished.to_metadata(offset);
                if !metadata.is_empty() {
                    self.tally.count("commits above a gap");
                }
                let read = Finished::from_metadata(offset, &metadata);
                let read = read.map_err(|_| (Rule::NothingLost, format!("{metadata} cannot be read")))?;
                self.checker.commit(place.partition, offset, read)?;
                // It holds all that an earlier one did.
                self.group.trouble_is_over(place.partition);
            } else if self.group.owner(place.partition) == Some(from) {
                self.group.trouble(place.partition);
            }
        }
        if let Some(answer) = answer {
            self.answer(from, Notice::Committed(id, answer));
        }
        Ok(())
    }
}
