//! What a member's engine is told is taken down, to check what it does with it.

use super::*;

impl World {
    /// Before the engine is told.
    pub(super) fn watch(&self, member: &mut Member, input: &Input) {
        match input {
            Input::Assigned(assignments) => {
                for Assignment { place, finished, .. } in assignments {
                    member.inherited.insert(place.partition, finished.clone());
                }
            }
            Input::Revoked(places) => {
                for TopicPartition { partition, .. } in places {
                    member.intake.close(*partition);
                    member.leaving.entry(*partition).or_insert(self.now);
                }
            }
            // A revoke that is under way ends with it.
            Input::Lost(places) => {
                places.iter().for_each(|place| member.intake.close(place.partition));
                member.leaving.clear();
            }
            Input::Fetched(messages) => self.take_in(member, messages),
            Input::Done(tokens) => {
                for token in tokens {
                    member.strains.entry(token.generation).or_default().done();
                }
            }
            _ => {}
        }
    }

    /// After the engine was told.
    pub(super) fn watch_end(&self, member: &mut Member) {
        if member.engine.is_stopping() {
            member.ending.get_or_insert(self.now);
        }
        if member.last_strain.is_none()
            && let Some(token) = member.engine.stopping_for()
        {
            member.last_strain = Some(member.strains.get(&token.generation).copied().unwrap_or_default());
        }
    }

    /// Before a member gives partitions back: it has waited for what is under way, as long as it may. Says whether its
    /// time for that and for the commit ran out.
    pub(super) fn watch_leave(&self, member: &mut Member, partitions: &[i32]) -> Result<bool, Broken> {
        let since = partitions.iter().filter_map(|partition| member.leaving.remove(partition)).min();
        let is_of = |place: &Place| {
            let fetching = member.fetching.get(&place.partition);
            partitions.contains(&place.partition)
                && fetching.is_some_and(|fetching| fetching.assignment == place.assignment)
        };
        self.watch_wait(since, SETTINGS.revoke_deadline, member.under_way().find(is_of))
    }

    /// Before a member ends: the same.
    pub(super) fn watch_stop(&self, member: &Member) -> Result<bool, Broken> {
        self.watch_wait(member.ending, SETTINGS.shutdown_deadline, member.under_way().next())
    }

    fn watch_wait(
        &self,
        since: Option<Duration>,
        deadline: Duration,
        under_way: Option<Place>,
    ) -> Result<bool, Broken> {
        let waited = since.map_or(Duration::MAX, |since| self.now - since);
        match under_way.filter(|_| waited < deadline) {
            Some(place) => Err((Rule::NothingTwice, format!("{place} is awaited for {waited:?} only"))),
            None => Ok(since.is_some() && waited >= deadline + SETTINGS.commit_deadline),
        }
    }

    /// What of these messages is new to the member, and is to be handled.
    fn take_in(&self, member: &mut Member, messages: &[Message]) {
        let next: BTreeMap<i32, i64> =
            member.engine.positions().into_iter().map(|(place, next)| (place.partition, next)).collect();
        for message in messages {
            let (partition, offset) = (message.partition(), message.offset());
            let is_seeking = member.sought.get(&partition).is_some_and(|id| member.engine.awaits(*id));
            let is_old = next.get(&partition).is_some_and(|next| offset < *next);
            let is_done = member.inherited.get(&partition).is_some_and(|of| of.contains(offset));
            if !(is_seeking || is_old || is_done) {
                let key = self.checker.key(partition, offset);
                member.intake.push(partition, key, offset);
            }
        }
    }

    /// After the engine has said what is to be done, and that was done: whether something lies idle.
    pub(super) fn look(&self, member: &Member) -> Result<(), Broken> {
        if !member.has_room() || member.engine.is_stopping() {
            return Ok(());
        }
        // A partition that came back waits for what is still under way of its earlier assignment.
        let is_held_up = |late: &Late| {
            let is_older = |place: Place| place.assignment != late.assignment;
            member.under_way().any(|place| place.partition == late.partition && is_older(place))
        };
        match member.intake.late(self.now).find(|late| !is_held_up(late)) {
            Some(late) => Err((late.rule, format!("{} at {}", late.what, member.id))),
            None => Ok(()),
        }
    }
}
