//! The circuit breaker of a partition: when so much is given up that it is rather the handler that is in trouble.

use crate::event::Failures;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaker {
    /// Given up, one after the other.
    in_a_row: u32,
    /// What was handled, and what was given up, lately.
    done: u32,
    dead: u32,
}

impl Breaker {
    #[inline]
    pub(super) fn done(&mut self) {
        self.in_a_row = 0;
        self.done = self.done.saturating_add(1);
    }

    /// Whether one more message may be given up. If so, it is counted.
    pub(super) fn lets_go(&mut self, policy: &Failures) -> bool {
        let in_a_row = self.in_a_row.saturating_add(1);
        if policy.breaker_in_a_row > 0 && in_a_row >= policy.breaker_in_a_row {
            return false;
        }
        let dead = self.dead.saturating_add(1);
        let all = self.done.saturating_add(dead);
        if all >= policy.breaker_window && f64::from(dead) > policy.breaker_ratio * f64::from(all) {
            return false;
        }
        (self.in_a_row, self.dead) = (in_a_row, dead);
        // What lies long back weighs less and less.
        while self.done.saturating_add(self.dead) >= policy.breaker_window.max(1).saturating_mul(2) {
            (self.done, self.dead) = (self.done / 2, self.dead / 2);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::FailurePolicy;

    #[test]
    fn it_opens_at_so_many_in_a_row() {
        let policy = Failures::from(FailurePolicy::new().breaker_in_a_row(3));
        let mut breaker = Breaker::default();
        assert!(breaker.lets_go(&policy) && breaker.lets_go(&policy));
        breaker.done();
        assert!(breaker.lets_go(&policy) && breaker.lets_go(&policy));
        assert!(!breaker.lets_go(&policy) && !breaker.lets_go(&policy), "and stays open");
        let never = Failures::from(FailurePolicy::new().breaker_in_a_row(0).breaker_ratio(1.0, 10));
        assert!((0..10_000).all(|_| breaker.lets_go(&never)));
    }

    #[test]
    fn it_opens_at_a_ratio_of_what_was_lately() {
        let policy = Failures::from(FailurePolicy::new().breaker_in_a_row(0).breaker_ratio(0.5, 100));
        let mut breaker = Breaker::default();
        // A long good time does not buy as long a bad one.
        (0..100_000).for_each(|_| breaker.done());
        let buried = (0..).take_while(|_| breaker.lets_go(&policy)).count();
        assert!((100..=200).contains(&buried), "{buried}");
        let mut young = Breaker::default();
        assert_eq!((0..).take_while(|_| young.lets_go(&policy)).count(), 99, "too few to tell");
    }
}
