//! The members' side of messages: they are fetched, and handled.

use super::*;

impl World {
    pub(super) fn fetch(&mut self, member: &mut Member) -> Option<Input> {
        if !member.engine.takes_messages() {
            return None;
        }
        let mut messages = Vec::new();
        for (partition, fetching) in &mut member.fetching {
            if fetching.is_paused || self.random.one_in(4) {
                continue;
            }
            let most = 1 + self.random.below(12);
            for logged in self.checker.read(*partition, fetching.position, most) {
                fetching.position = logged.offset + 1;
                if self.bug == Some(Bug::DropsMessages) && self.random.one_in(50) {
                    continue;
                }
                let key = match self.bug {
                    Some(Bug::IgnoresKeys) => Some(logged.offset.to_be_bytes().to_vec()),
                    _ => logged.key.map(|key| vec![key]),
                };
                let message = Message::new(TOPIC, *partition, logged.offset).key(key);
                messages.push(logged.nature.write(message, logged.offset, logged.schema));
            }
        }
        (!messages.is_empty()).then_some(Input::Fetched(messages))
    }

    /// Begins to handle a message.
    pub(super) fn begin(
        &mut self,
        member: &mut Member,
        token: Token,
        message: Message,
        inputs: &mut VecDeque<Input>,
    ) -> Result<(), Broken> {
        let partition = message.partition();
        let assignment = member.fetching.get(&partition).map_or(0, |of| of.assignment);
        let (member_id, offset) = (member.id, token.offset);
        let key = self.checker.key(partition, offset);
        let place = Place { member: member_id, assignment, partition, offset, key };
        self.note(|| format!("{place} begins"));
        if self.checker.is_retry(place) {
            self.tally.count("retries");
        }
        self.checker.begin(place, self.group.owner(partition) == Some(member.id))?;
        if !member.intake.is_open(place) || member.engine.is_stopping() {
            return Err((Rule::NothingOnTheWayOut, format!("{place} begins, and is not to")));
        }
        member.intake.begin(place);
        let task = member.begin(token, place, message);
        inputs.extend(self.poll(member, task));
        Ok(())
    }

    /// Goes on with a handler: what it ends with, or when it is to be woken.
    pub(super) fn poll(&mut self, member: &mut Member, number: u64) -> Option<Input> {
        let Some((task, result)) = member.poll(number) else {
            if let Some(until) = self.clock.take_asleep() {
                let deadline = self.now.saturating_add(self.checker.policy.handler_deadline);
                if until > FAULTS + PATIENCE {
                    self.tally.count("handlers that never end");
                }
                if deadline < until {
                    self.at(deadline, Happening::CutOff(member.id, number));
                } else if until <= FAULTS + PATIENCE {
                    self.at(until, Happening::Wake(member.id, number));
                }
            }
            return None;
        };
        let place = task.place;
        self.note(|| format!("{place} ends: {result:?}"));
        if let Err(error) = result {
            return self.failed(member, task, &error);
        }
        let is_owner = self.is_owner(member, place);
        self.tally.count(if is_owner { "messages done" } else { "messages done too late" });
        self.checker.done(place, is_owner);
        member.intake.settle(place);
        Some(Input::Done(vec![task.token]))
    }

    /// Whether the partition is the member's, and was all the time.
    pub(super) fn is_owner(&self, member: &Member, place: Place) -> bool {
        let is_of = |fetching: &Fetching| fetching.assignment == place.assignment;
        let is_of_assignment = member.fetching.get(&place.partition).is_some_and(is_of);
        is_of_assignment && self.group.owner(place.partition) == Some(member.id)
    }
}
