//! What a circuit breaker sees of one assignment, and whether it has to open.

use crate::event::Failures;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strain {
    in_a_row: u32,
    dead: u32,
    all: u32,
    /// There was so much that what lies long back weighs less: then the ratio is not foretold.
    is_long: bool,
}

impl Strain {
    pub(super) fn done(&mut self) {
        (self.in_a_row, self.all) = (0, self.all + 1);
    }

    /// A message is given up.
    pub(super) fn bury(&mut self, policy: &Failures) {
        (self.in_a_row, self.dead, self.all) = (self.in_a_row + 1, self.dead + 1, self.all + 1);
        self.is_long |= self.all >= 2 * policy.breaker_window;
    }

    /// Whether it must open instead of letting one more message be given up.
    pub(super) fn must_open(&self, policy: &Failures) -> bool {
        self.is_row(policy) || (!self.is_long && self.is_ratio(policy))
    }

    /// Whether it may.
    pub(super) fn may_open(&self, policy: &Failures) -> bool {
        self.is_row(policy) || (policy.breaker_ratio < 1.0 && self.is_long) || self.is_ratio(policy)
    }

    fn is_row(&self, policy: &Failures) -> bool {
        policy.breaker_in_a_row > 0 && self.in_a_row + 1 >= policy.breaker_in_a_row
    }

    fn is_ratio(&self, policy: &Failures) -> bool {
        let (dead, all) = (self.dead + 1, self.all + 1);
        all >= policy.breaker_window && f64::from(dead) > policy.breaker_ratio * f64::from(all)
    }
}
