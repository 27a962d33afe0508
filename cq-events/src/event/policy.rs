use std::time::Duration;

/// What a consumer does with the events of a stream that fail. What is not set is as the next one has it that applies: the
/// consumer's for the stream, the consumer's for all streams, the one of the stream's table `failures` in `streams.toml`,
/// and these defaults:
///
/// | setting | unless set |
/// |---|---|
/// | [`max_retries`](Self::max_retries) | 3: a handler is run 4 times at most |
/// | [`retry_delay`](Self::retry_delay) | 100 ms, doubled for each retry |
/// | [`max_retry_delay`](Self::max_retry_delay) | 5 s, or the `retry_delay` where that is longer |
/// | [`handler_deadline`](Self::handler_deadline) | 60 s |
/// | [`dead_letters`](Self::dead_letters) | true |
/// | [`breaker_in_a_row`](Self::breaker_in_a_row) | 100 |
/// | [`breaker_ratio`](Self::breaker_ratio) | 0.5 of 1,000 messages |
///
/// ```
/// use std::time::Duration;
/// use cq_events::event::FailurePolicy;
///
/// let policy = FailurePolicy::new().max_retries(5).retry_delay(Duration::from_millis(200));
/// # let _ = policy;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[must_use]
pub struct FailurePolicy {
    max_retries: Option<u32>,
    retry_delay: Option<Duration>,
    max_retry_delay: Option<Duration>,
    handler_deadline: Option<Duration>,
    dead_letters: Option<bool>,
    breaker_in_a_row: Option<u32>,
    breaker_ratio: Option<(f64, u32)>,
}

impl FailurePolicy {
    /// A policy that sets nothing.
    pub const fn new() -> Self {
        Self {
            max_retries: None,
            retry_delay: None,
            max_retry_delay: None,
            handler_deadline: None,
            dead_letters: None,
            breaker_in_a_row: None,
            breaker_ratio: None,
        }
    }

    /// How often a handler is run again for an event that it failed to handle. Its key waits meanwhile, others go on.
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// The longest time before the first retry. It doubles with each further one, up to
    /// [`max_retry_delay`](Self::max_retry_delay); how long is really waited is drawn evenly from zero to that (full
    /// jitter), so that many consumers do not knock at once.
    pub const fn retry_delay(mut self, delay: Duration) -> Self {
        self.retry_delay = Some(delay);
        self
    }

    /// The longest time before any retry.
    pub const fn max_retry_delay(mut self, delay: Duration) -> Self {
        self.max_retry_delay = Some(delay);
        self
    }

    /// How long a handler may take, until it is cut off where it awaits something. That counts as a failure which is
    /// retried. One that does not await, and so cannot be cut off, stops the consumer.
    pub const fn handler_deadline(mut self, deadline: Duration) -> Self {
        self.handler_deadline = Some(deadline);
        self
    }

    /// Whether events that are given up go to the topic of [dead letters](crate::dead_letter) of the consumer's group.
    /// Otherwise the consumer stops at the first one.
    pub const fn dead_letters(mut self, on: bool) -> Self {
        self.dead_letters = Some(on);
        self
    }

    /// The circuit breaker: the consumer stops, and holds the backlog, instead of giving up so many messages of a
    /// partition one after the other, with none between them that was handled. 0: never.
    pub const fn breaker_in_a_row(mut self, messages: u32) -> Self {
        self.breaker_in_a_row = Some(messages);
        self
    }

    /// The circuit breaker: the consumer stops instead of giving up more than this part of the last `of` to twice as
    /// many messages of a partition. 1.0, or more: never.
    pub const fn breaker_ratio(mut self, ratio: f64, of: u32) -> Self {
        self.breaker_ratio = Some((ratio, of));
        self
    }

    /// This policy, with what it does not set from another.
    pub const fn or(self, other: Self) -> Self {
        macro_rules! either {
            ($field:ident) => {
                match self.$field {
                    None => other.$field,
                    set => set,
                }
            };
        }
        Self {
            max_retries: either!(max_retries),
            retry_delay: either!(retry_delay),
            max_retry_delay: either!(max_retry_delay),
            handler_deadline: either!(handler_deadline),
            dead_letters: either!(dead_letters),
            breaker_in_a_row: either!(breaker_in_a_row),
            breaker_ratio: either!(breaker_ratio),
        }
    }
}

/// A policy with everything set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Failures {
    pub(crate) max_retries: u32,
    pub(crate) retry_delay: Duration,
    pub(crate) max_retry_delay: Duration,
    pub(crate) handler_deadline: Duration,
    pub(crate) dead_letters: bool,
    pub(crate) breaker_in_a_row: u32,
    pub(crate) breaker_ratio: f64,
    pub(crate) breaker_window: u32,
}

impl From<FailurePolicy> for Failures {
    fn from(policy: FailurePolicy) -> Self {
        let (ratio, window) = policy.breaker_ratio.unwrap_or((0.5, 1_000));
        let retry_delay = policy.retry_delay.unwrap_or(Duration::from_millis(100));
        Self {
            max_retries: policy.max_retries.unwrap_or(3),
            retry_delay,
            // Whoever says one long delay means it.
            max_retry_delay: policy.max_retry_delay.unwrap_or(retry_delay.max(Duration::from_secs(5))),
            handler_deadline: policy.handler_deadline.unwrap_or(Duration::from_secs(60)),
            dead_letters: policy.dead_letters.unwrap_or(true),
            breaker_in_a_row: policy.breaker_in_a_row.unwrap_or(100),
            breaker_ratio: ratio,
            breaker_window: window,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_as_the_next_policy_has_it() {
        let (own, all) =
            (FailurePolicy::new().max_retries(7), FailurePolicy::new().max_retries(9).dead_letters(false));
        let failures = Failures::from(own.or(all));
        assert_eq!((failures.max_retries, failures.dead_letters), (7, false));
        assert_eq!(Failures::from(FailurePolicy::new()).max_retries, 3);
    }

    #[test]
    fn a_long_delay_is_not_cut_by_a_cap_that_nobody_has_set() {
        let of = |policy: FailurePolicy| Failures::from(policy).max_retry_delay.as_secs();
        let delay = FailurePolicy::new().retry_delay(Duration::from_secs(60));
        assert_eq!((of(FailurePolicy::new()), of(delay)), (5, 60));
        assert_eq!(of(delay.max_retry_delay(Duration::from_secs(2))), 2);
    }
}
