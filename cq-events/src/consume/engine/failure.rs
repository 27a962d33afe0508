//! What becomes of a message that could not be handled: it is tried again, buried among the dead letters, or the end.
//!
//! Its key is parked meanwhile, so that its order holds; all others go on. Only when its dead letter is acknowledged is a
//! message done.

use std::time::Instant;

use super::lanes::History;
use super::{Engine, Failed, Output, StopReason, Token, Verdict, Why};
use crate::event::Message;

/// What is done about a failure.
enum Step {
    Retry(History, Instant),
    Bury(u32),
    Stop(Why),
}

impl Engine {
    pub(super) fn failed(&mut self, failed: Failed, now: Instant) {
        let Failed { token, message, verdict } = failed;
        let Some(partition) = self.partitions.get_mut(&token.generation) else {
            // A failure in an assignment that ended is its next owner's to meet again.
            return self.orphans.settle(token.generation);
        };
        let history = partition.lanes.history(token.lane);
        let lane = partition.lanes.park(token.lane, &message);
        let token = Token { lane, ..token };
        match self.step(token, history, verdict, now) {
            Step::Retry(history, due) => self.retry(token, message, history, due),
            Step::Bury(attempts) => {
                if let Some(partition) = self.partitions.get_mut(&token.generation) {
                    partition.lanes.bury();
                    self.outputs.push_back(Output::Bury(token, message, attempts));
                }
            }
            Step::Stop(why) => self.fail(token, why, now),
        }
    }

    /// What the policy says.
    fn step(&mut self, token: Token, mut history: History, verdict: Verdict, now: Instant) -> Step {
        let Some(partition) = self.partitions.get_mut(&token.generation) else {
            return Step::Stop(Why::Verdict);
        };
        let policy = partition.failures;
        let mut retry =
            |earlier| now + self.jitter.delay(policy.retry_delay, policy.max_retry_delay, earlier);
        match verdict {
            Verdict::Stop => return Step::Stop(Why::Verdict),
            Verdict::Wait => {
                let since = *history.waits_since.get_or_insert(now);
                if now.saturating_duration_since(since) >= self.settings.wait_deadline {
                    return Step::Stop(Why::Waited);
                }
                history.waits = history.waits.saturating_add(1);
                let due = retry(history.waits - 1);
                return Step::Retry(history, due);
            }
            Verdict::Retry | Verdict::Reject => {}
        }
        history.attempts = history.attempts.saturating_add(1);
        if verdict == Verdict::Retry && history.attempts <= policy.max_retries {
            let due = retry(history.attempts - 1);
            return Step::Retry(history, due);
        }
        if !policy.dead_letters {
            Step::Stop(Why::NoDeadLetters)
        } else if partition.breaker.lets_go(&policy) {
            Step::Bury(history.attempts)
        } else {
            Step::Stop(Why::Breaker)
        }
    }

    fn retry(&mut self, token: Token, message: Message, history: History, due: Instant) {
        let Some(partition) = self.partitions.get_mut(&token.generation) else { return };
        partition.lanes.delay(token.lane, message, history, due);
        // On its way out nothing is begun any more: its next owner tries it again.
        if partition.is_closed() {
            partition.lanes.clear();
        }
    }

    /// The end.
    fn fail(&mut self, token: Token, why: Why, now: Instant) {
        if let Some(partition) = self.partitions.get_mut(&token.generation) {
            partition.ledger.fail(token.offset);
        }
        self.begin_stop(StopReason::Failure(token, why), now);
    }

    pub(super) fn buried(&mut self, token: Token, now: Instant) {
        let Some(partition) = self.partitions.get_mut(&token.generation) else {
            return self.orphans.buried(token.generation);
        };
        partition.ledger.finish(token.offset);
        partition.lanes.buried(token.lane);
        partition.moved = now;
    }

    pub(super) fn not_buried(&mut self, token: Token, now: Instant) {
        let Some(partition) = self.partitions.get_mut(&token.generation) else {
            return self.orphans.buried(token.generation);
        };
        // Before its key goes on: nothing after it may.
        partition.close();
        partition.lanes.buried(token.lane);
        self.fail(token, Why::Refused, now);
    }
}
