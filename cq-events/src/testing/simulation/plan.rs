//! What a seed says of a run as a whole: the policy of its consumers, and how much is published that is trouble.

use std::time::Duration;

use super::nature::Mix;
use super::random::Random;
use crate::event::{FailurePolicy, Failures};

#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The policy while things go wrong.
    pub(super) policy: Failures,
    pub(super) mix: Mix,
}

impl Plan {
    pub(super) fn draw(random: &mut Random) -> Self {
        let retries = random.below(4) as u32;
        let dead_letters = !random.one_in(8);
        let (in_a_row, ratio) = match random.below(4) {
            0 => (2 + random.below(4) as u32, 1.0),
            1 => (0, 0.3),
            2 => (0, 1.0),
            _ => (100, 0.9),
        };
        let policy = FailurePolicy::new()
            .max_retries(retries)
            .retry_delay(random.millis(50..200))
            .max_retry_delay(random.millis(200..1_000))
            .handler_deadline(if random.one_in(3) { Duration::MAX } else { random.millis(1_500..5_000) })
            .dead_letters(dead_letters)
            .breaker_in_a_row(in_a_row)
            .breaker_ratio(ratio, 20);
        let poison = if dead_letters { [30, 80, 200] } else { [200; 3] };
        let poison = poison.get(random.below(poison.len())).copied().unwrap_or(200);
        Self { policy: policy.into(), mix: Mix { poison, flaky: 25, tries: retries + 1 } }
    }

    /// The policy when nothing goes wrong any more: somebody has looked after it, and lets all go to the dead letters that
    /// must.
    pub(super) fn calm(&mut self) {
        (self.policy.dead_letters, self.policy.breaker_in_a_row) = (true, 0);
        self.policy.breaker_ratio = 1.0;
    }
}
