//! The members' side of what fails: what the engine is told of it, and the way to the dead letters.

use super::*;
use crate::registry::RegistryError;

impl World {
    /// A handler did not succeed, or its message could not be read.
    pub(super) fn failed(&mut self, member: &mut Member, task: Task, error: &DeliveryError) -> Option<Input> {
        let Task { token, place, message, .. } = task;
        let verdict = error.verdict();
        self.tally.count(kind(error));
        let again = self.checker.failed(place, verdict, self.now);
        if let Some(delay) = again {
            let by = self.now + delay;
            member.intake.retry(place, by);
            self.at(by + Duration::from_millis(1), Happening::Look(member.id));
        }
        member.failures.insert((token.generation, token.offset), place);
        let failed = |message, verdict| Input::Failed(Failed { token, message, verdict });
        Some(match self.bug {
            Some(Bug::SwallowsFailures) => Input::Done(vec![token]),
            Some(Bug::TakesFailuresForRejects) if verdict == Verdict::Retry => {
                failed(message, Verdict::Reject)
            }
            Some(Bug::TakesFailuresForWaits) if verdict == Verdict::Retry => failed(message, Verdict::Wait),
            Some(Bug::ForgetsKeysOfFailures) => {
                let value = message.value().map(<[u8]>::to_vec);
                failed(Message::new(TOPIC, place.partition, place.offset).value(value).build(), verdict)
            }
            Some(Bug::TellsFailuresLate) => {
                let late = self.random.millis(100..400);
                self.after(late, Happening::Later(member.id, failed(message, verdict)));
                return None;
            }
            _ => failed(message, verdict),
        })
    }

    /// A handler takes too long.
    pub(super) fn cut_off(&mut self, member: &mut Member, number: u64) -> Option<Input> {
        let task = member.cut_off(number)?;
        let place = task.place;
        self.note(|| format!("{place} is cut off"));
        self.failed(member, task, &DeliveryError::TimedOut { after: self.checker.policy.handler_deadline })
    }

    /// A message is given up.
    pub(super) fn bury(
        &mut self,
        member: &mut Member,
        token: Token,
        attempts: u32,
        inputs: &mut VecDeque<Input>,
    ) -> Result<(), Broken> {
        let Some(place) = member.failures.remove(&(token.generation, token.offset)) else {
            return Err((Rule::DeadLetters, format!("{token:?} is given up, and did not fail")));
        };
        self.note(|| format!("{place} is given up after {attempts} runs"));
        self.checker.bury(place, attempts)?;
        let strain = member.strains.entry(token.generation).or_default();
        if strain.must_open(&self.checker.policy) {
            return Err((Rule::Breaker, format!("{place} is given up after {strain:?}")));
        }
        strain.bury(&self.checker.policy);
        member.intake.bury(place);
        if self.bug == Some(Bug::DoesNotAwaitDeadLetters) {
            inputs.push_back(Input::Buried(token));
            return Ok(());
        }
        let number = member.bury(token, place);
        let fate = Fate::draw(self.is_calm, &mut self.random);
        self.after(fate.lingers, Happening::Leaves(member.id, number, fate));
        Ok(())
    }

    /// A dead letter is on its way: it arrives even if its consumer does not live to see it.
    pub(super) fn leaves(&mut self, member: &mut Member, number: u64, fate: Fate) {
        let Some(burial) = member.burials.get_mut(&number) else { return };
        burial.lingers = false;
        let place = burial.place;
        let way = fate.is_written.unwrap_or_default();
        let is_kept = self.bug != Some(Bug::LosesDeadLetters) || !self.random.one_in(3);
        if fate.is_written.is_some() && is_kept {
            self.after(way, Happening::Written(place.partition, place.offset));
        }
        self.after(way + fate.is_answered, Happening::Answered(member.id, number, fate.answer));
    }

    pub(super) fn written(&mut self, partition: i32, offset: i64) {
        self.note(|| format!("the dead letter of {partition}/{offset} is written"));
        let is_first = self.checker.dead_letters.write(partition, offset);
        self.tally.count(if is_first { "dead letters" } else { "dead letters once more" });
    }

    /// A member learns what became of its dead letter.
    pub(super) fn answered(&mut self, member: &mut Member, number: u64, answer: Answer) -> Option<Input> {
        let Burial { token, place, .. } = member.burials.remove(&number)?;
        self.note(|| format!("the dead letter of {place} is {answer:?}"));
        if answer == Answer::Written {
            let is_owner = self.is_owner(member, place);
            if !is_owner {
                self.tally.count("dead letters too late");
            }
            self.checker.done(place, is_owner);
            member.intake.settle(place);
            return Some(Input::Buried(token));
        }
        self.tally.count(match answer {
            Answer::Refused => "dead letters refused",
            _ => "dead letters unanswered",
        });
        self.checker.dropped(place);
        let is_glossed_over = self.bug == Some(Bug::TakesRefusalsForReceipts);
        Some(if is_glossed_over { Input::Buried(token) } else { Input::NotBuried(token) })
    }

    /// A member ends for a message's sake.
    pub(super) fn ended_for(&self, member: &Member, token: Token, why: Why) -> Result<(), Broken> {
        let policy = &self.checker.policy;
        let place = member.failures.get(&(token.generation, token.offset)).copied();
        let strain = member.last_strain.unwrap_or_default();
        match why {
            Why::Breaker if !strain.may_open(policy) => {
                Err((Rule::Breaker, format!("{} ends by its breaker after {strain:?}", member.id)))
            }
            Why::NoDeadLetters if policy.dead_letters => {
                Err((Rule::DeadLetters, format!("{} does not use its dead letters", member.id)))
            }
            Why::Waited if !place.is_some_and(|place| self.checker.has_waited(place)) => {
                Err((Rule::RunsAsOften, format!("{} has not waited long enough", member.id)))
            }
            _ => Ok(()),
        }
    }
}

/// An error as the tally has it.
fn kind(error: &DeliveryError) -> &'static str {
    match error {
        DeliveryError::Frame(_) => "messages without a header",
        DeliveryError::Registry(RegistryError::UnknownId { .. }) => "messages of an unknown schema",
        DeliveryError::Registry(_) => "waits for the registry",
        DeliveryError::Panic { .. } => "panics",
        DeliveryError::TimedOut { .. } => "handlers cut off",
        DeliveryError::Handler(failure) => match failure.outcome() {
            Outcome::Retry => "failures",
            Outcome::Reject => "rejects",
            Outcome::Stop => "failures that stop",
        },
        _ => "messages that cannot be decoded",
    }
}
