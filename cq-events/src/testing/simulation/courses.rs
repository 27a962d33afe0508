//! How the handlers of a run fare.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::nature::{Nature, Poison};
use super::random::Random;
use crate::event::Message;

/// Longer than any run.
const FOR_EVER: Duration = Duration::from_secs(1_000);

/// What one run of a handler will be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    pub(super) time: Duration,
    pub(super) end: End,
}

/// How a handler ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Success,
    Retry,
    Reject,
    Stop,
    Panic,
}

/// Decides how each message is handled. A message that was trouble twice is no more trouble than its nature says.
#[derive(Clone)]
pub(super) struct Courses(Arc<Mutex<State>>);

struct State {
    random: Random,
    runs: BTreeMap<(i32, i64), Runs>,
    /// A handler that does not end is cut off, which is one failure more.
    cuts_off: bool,
    is_calm: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Runs {
    all: u32,
    failed: u32,
}

impl Courses {
    pub(super) fn new(random: Random, cuts_off: bool) -> Self {
        Self(Arc::new(Mutex::new(State { random, runs: BTreeMap::new(), cuts_off, is_calm: false })))
    }

    /// From now on nothing hangs, and no handler wants to stop.
    pub(super) fn calm(&self) {
        self.lock().is_calm = true;
    }

    pub(super) fn next(&self, message: &Message, nature: Nature) -> Course {
        let mut state = self.lock();
        let State { random, runs, cuts_off, is_calm } = &mut *state;
        let runs = runs.entry((message.partition(), message.offset())).or_default();
        runs.all += 1;
        let is_tame = *is_calm || runs.all > 2;
        if !is_tame && random.one_in(1_500) {
            return Course { time: time(random), end: End::Stop };
        }
        let end = match nature {
            Nature::Flaky(failures) if runs.failed < failures => End::Retry,
            Nature::Sound | Nature::Flaky(_) => End::Success,
            Nature::Poison(Poison::Rejected) => End::Reject,
            Nature::Poison(Poison::Panics) => End::Panic,
            Nature::Poison(_) => End::Retry,
        };
        runs.failed += u32::from(end == End::Retry);
        // Where it is cut off, only one may hang that may fail.
        let hangs = match *cuts_off {
            true => end == End::Retry && random.one_in(8),
            false => random.one_in(200),
        };
        Course { time: if hangs && !is_tame { FOR_EVER } else { time(random) }, end }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn time(random: &mut Random) -> Duration {
    match random.below(100) {
        0..30 => Duration::ZERO,
        30..90 => random.millis(1..60),
        _ => random.millis(100..1_500),
    }
}
