//! Virtual time, which passes while handlers sleep.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

#[derive(Clone, Default)]
pub(super) struct Clock(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now: Duration,
    /// Until when the handler that was polled last sleeps.
    asleep: Option<Duration>,
}

impl Clock {
    /// Since the simulation began.
    pub(super) fn now(&self) -> Duration {
        self.lock().now
    }

    pub(super) fn set(&self, now: Duration) {
        self.lock().now = now;
    }

    pub(super) fn sleep(&self, time: Duration) -> Sleep {
        Sleep { clock: self.clone(), until: self.now() + time }
    }

    /// Until when the handler that was just polled sleeps.
    pub(super) fn take_asleep(&self) -> Option<Duration> {
        self.lock().asleep.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ready when its time has come. Nothing wakes it: the simulation polls it again at that time.
pub(super) struct Sleep {
    clock: Clock,
    until: Duration,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if state.now >= self.until {
            return Poll::Ready(());
        }
        state.asleep = Some(self.until);
        Poll::Pending
    }
}
