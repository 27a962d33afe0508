//! How a message fared in one assignment, and what its policy makes of that.

use std::time::Duration;

use crate::consume::engine::Verdict;
use crate::event::Failures;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    /// How often its handler failed.
    pub(super) failed: u32,
    waits: u32,
    waits_since: Option<Duration>,
    /// How long it had waited when it could not be read the last time.
    waited: Duration,
    last: Option<Verdict>,
}

impl Tries {
    pub(super) fn fail(&mut self, verdict: Verdict, now: Duration) {
        self.last = Some(verdict);
        if verdict == Verdict::Wait {
            self.waits += 1;
            self.waited = now - *self.waits_since.get_or_insert(now);
        } else {
            self.failed += 1;
        }
    }

    /// Whether it is to be tried again.
    pub(super) fn goes_on(&self, policy: &Failures, wait_deadline: Duration) -> bool {
        match self.last {
            Some(Verdict::Retry) => self.failed <= policy.max_retries,
            Some(Verdict::Wait) => self.waited < wait_deadline,
            _ => false,
        }
    }

    /// Whether its tries have run out, so that it is given up.
    pub(super) fn is_given_up(&self, policy: &Failures) -> bool {
        match self.last {
            Some(Verdict::Retry) => self.failed == policy.max_retries + 1,
            Some(Verdict::Reject) => true,
            _ => false,
        }
    }

    /// Whether it has waited for too long.
    pub(super) fn has_waited(&self, wait_deadline: Duration) -> bool {
        self.last == Some(Verdict::Wait) && self.waited >= wait_deadline
    }

    /// How long it waits at most until it is tried again.
    pub(super) fn delay(&self, policy: &Failures) -> Duration {
        let earlier = if self.last == Some(Verdict::Wait) { self.waits } else { self.failed };
        let doubled = (1..earlier).fold(policy.retry_delay, |delay, _| delay.saturating_mul(2));
        doubled.min(policy.max_retry_delay)
    }
}
