//! The members' side: what the real driver does, step by step.

use super::*;

impl World {
    pub(super) fn notice(&mut self, member: &mut Member, notice: Notice) -> Option<Input> {
        let id = member.id;
        self.note(|| format!("{id} hears {notice:?}"));
        match notice {
            Notice::Assigned(partitions) => {
                member.asked.clone_from(&partitions);
                self.ask(member, partitions);
                None
            }
            Notice::Offsets(question, answer) if question == member.question => match answer {
                Some(mut assignments) => {
                    member.asked.clear();
                    if self.bug == Some(Bug::IgnoresWhatIsFinished) {
                        assignments
                            .iter_mut()
                            .for_each(|assignment| assignment.finished = Finished::default());
                    }
                    Some(Input::Assigned(assignments))
                }
                None => {
                    self.ask(member, member.asked.clone());
                    None
                }
            },
            Notice::Offsets(..) => None,
            Notice::Revoked(partitions) => {
                self.tally.count("revokes");
                let rebalance = self.group.rebalance_of(member.id);
                self.after(OVERDUE, Happening::Overdue(member.id, rebalance));
                let places: Vec<TopicPartition> = partitions.into_iter().map(at).collect();
                if self.bug == Some(Bug::TellsRevokesLate) {
                    places.iter().for_each(|place| member.intake.close(place.partition));
                    let late = self.random.millis(100..1_000);
                    self.after(late, Happening::Later(member.id, Input::Revoked(places)));
                    return None;
                }
                let is_hasty = self.bug == Some(Bug::GivesBackAtOnce);
                Some(if is_hasty { Input::Lost(places) } else { Input::Revoked(places) })
            }
            Notice::Lost => {
                let held = member.held_assign.iter().flatten().map(|(place, _)| place.partition);
                let known = member.fetching.keys().copied().chain(member.asked.drain(..)).chain(held);
                let places = known.map(at).collect();
                member.question += 1;
                Some(Input::Lost(places))
            }
            Notice::Committed(id, answer) => match (id, answer) {
                (None, Reply::Taken) => None,
                (None, _) => Some(Input::CommitRefused),
                (Some(id), Reply::Deferred) => {
                    self.after(
                        Duration::from_millis(100),
                        Happening::Later(member.id, Input::CommitDeferred(id)),
                    );
                    None
                }
                (Some(id), _) => Some(Input::Committed(id)),
            },
        }
    }

    pub(super) fn ask(&mut self, member: &mut Member, partitions: Vec<i32>) {
        member.question += 1;
        self.send(member.id, Request::Offsets(member.question, partitions));
    }

    /// Tells the engine something, and does what it says. Says whether the process goes on.
    pub(super) fn tell(&mut self, member: &mut Member, input: Input) -> Result<bool, Broken> {
        let has_lost = matches!(&input, Input::Lost(_)) && self.bug != Some(Bug::GivesBackAtOnce);
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let (id, text) = (member.id, &input);
            self.note(|| format!("{id} is told {}", short(text)));
            self.watch(member, text);
            member.engine.handle(input, self.instant());
            self.watch_end(member);
            while let Some(output) = member.engine.poll_output() {
                if let Output::Stop(reason) = output {
                    let ran_out = self.watch_stop(member)?;
                    if let StopReason::Failure(token, why) = reason {
                        self.ended_for(member, token, why)?;
                    }
                    self.tally.count(end(&reason));
                    self.note(|| format!("{id} ends: {reason:?}"));
                    self.send(id, Request::Left(ran_out));
                    return Ok(false);
                }
                self.carry_out(member, output, &mut inputs)?;
            }
        }
        if has_lost {
            self.send(member.id, Request::Join);
        }
        let deadline = member.engine.next_deadline().saturating_duration_since(self.epoch);
        let deadline = match self.bug {
            Some(Bug::Oversleeps) => deadline + self.random.millis(100..500),
            _ => deadline,
        };
        if member.tick.is_none_or(|tick| deadline < tick) {
            member.tick = Some(deadline);
            self.at(deadline.max(self.now), Happening::Tick(member.id));
        }
        self.look(member)?;
        Ok(true)
    }

    pub(super) fn carry_out(
        &mut self,
        member: &mut Member,
        output: Output,
        inputs: &mut VecDeque<Input>,
    ) -> Result<(), Broken> {
        match output {
            Output::Bury(token, _, attempts) => self.bury(member, token, attempts, inputs)?,
            Output::Dispatch(batch) => {
                for (token, message) in batch {
                    self.begin(member, token, message, inputs)?;
                }
            }
            Output::Pause(place) => {
                self.tally.count("pauses");
                if let Some(fetching) = member.fetching.get_mut(&place.partition) {
                    fetching.is_paused = true;
                }
            }
            Output::Resume(place) => {
                if let Some(fetching) = member.fetching.get_mut(&place.partition) {
                    fetching.is_paused = self.bug == Some(Bug::NeverResumes);
                }
            }
            Output::Commit(commits, id) => self.send_commit(member, commits, id),
            Output::Assign(starts) if member.is_seeking => member.held_assign = Some(starts),
            Output::Assign(starts) => self.assign(member, starts),
            Output::Seek(id, targets) => {
                for (place, offset) in &targets {
                    self.tally.count("seeks");
                    self.checker.rewound(place.partition, *offset);
                    self.last_assignment += 1;
                    member.sought.insert(place.partition, id);
                    member.inherited.remove(&place.partition);
                    if let Some(fetching) = member.fetching.get_mut(&place.partition) {
                        fetching.assignment = self.last_assignment;
                        member.intake.open(place.partition, self.last_assignment);
                    }
                }
                member.seeks.push_back((id, targets));
                self.next_seek(member);
            }
            // What was lost is gone without an answer.
            Output::Unassign(_) if self.bug == Some(Bug::NeverGivesBack) && self.group.has(member.id) => {}
            Output::Unassign(places) => {
                let partitions: Vec<i32> = places.iter().map(|place| place.partition).collect();
                let ran_out = self.watch_leave(member, &partitions)?;
                member.fetching.retain(|partition, _| !partitions.contains(partition));
                partitions.iter().for_each(|partition| member.intake.close(*partition));
                member.held_assign = member
                    .held_assign
                    .take()
                    .filter(|starts| starts.iter().any(|(place, _)| !places.contains(place)));
                self.send(member.id, Request::GaveBack(partitions, ran_out));
            }
            // The caller's.
            Output::Stop(_) => {}
        }
        Ok(())
    }

    pub(super) fn assign(&mut self, member: &mut Member, starts: Vec<(TopicPartition, Option<i64>)>) {
        for (place, start) in starts {
            self.last_assignment += 1;
            let assignment = self.last_assignment;
            let fetching = Fetching { assignment, position: start.unwrap_or_default(), is_paused: false };
            member.fetching.insert(place.partition, fetching);
            if member.engine.open_places().contains(&place) {
                member.intake.open(place.partition, assignment);
            }
        }
        self.tally.count("assigns");
        self.send(member.id, Request::Took);
    }

    /// Begins the next seek that still matters, unless one is under way.
    pub(super) fn next_seek(&mut self, member: &mut Member) {
        while !member.is_seeking
            && let Some((id, targets)) = member.seeks.pop_front()
        {
            if member.engine.awaits(id) {
                member.is_seeking = true;
                let time = self.random.millis(1..400);
                self.after(time, Happening::Sought(member.id, id, targets));
            }
        }
    }

    pub(super) fn send_commit(
        &mut self,
        member: &mut Member,
        mut commits: Vec<Commit>,
        id: Option<CommitId>,
    ) {
        match self.bug {
            Some(Bug::CommitsPastAGap) => {
                for Commit { place, offset, finished } in &mut commits {
                    let end = self.checker.end(place.partition);
                    let last = (*offset..end).rev().find(|offset| finished.contains(*offset));
                    *offset = last.map_or(*offset, |last| last + 1);
                    *finished = Finished::default();
                }
            }
            Some(Bug::StoresOffsetsByItself) => {
                for Commit { place, offset, finished } in &mut commits {
                    *offset = member.fetching.get(&place.partition).map_or(*offset, |of| of.position);
                    *finished = Finished::default();
                }
            }
            Some(Bug::RepeatsOldCommits) => {
                let old = member.old_commit.replace(commits.clone());
                if let Some(old) = old.filter(|_| self.random.one_in(4)) {
                    self.send(member.id, Request::Commit(commits, id));
                    return self.send(member.id, Request::Commit(old, None));
                }
            }
            _ => {}
        }
        self.send(member.id, Request::Commit(commits, id));
    }
}

/// The end of a process as the tally has it.
fn end(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::Shutdown { unfinished: 0 } => "ends with all done",
        StopReason::Shutdown { .. } => "ends with handlers given up",
        StopReason::Failure(_, Why::Verdict) => "ends by a failure",
        StopReason::Failure(_, Why::NoDeadLetters) => "ends without dead letters",
        StopReason::Failure(_, Why::Refused) => "ends by a dead letter that is not written",
        StopReason::Failure(_, Why::Breaker) => "ends by a breaker",
        StopReason::Failure(_, Why::Waited) => "ends by a registry that is down",
    }
}
