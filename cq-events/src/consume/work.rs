//! The handlers at work.
//!
//! A handler is first polled where the driver runs: one that is done at once, as most are that compute or keep things in
//! memory, costs neither a task nor an allocation. One that waits becomes a task, and so does what is begun when those
//! before it have used up the driver's time.

mod seat;
#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinError, JoinSet};

use super::engine::Token;
use super::reader::Reader;
use super::{DeliveryError, EventHandler};
use crate::event::{Message, StreamInfo};
use seat::{Seat, chair};

/// How long the handlers of one turn may run on the driver.
const TURN: Duration = Duration::from_millis(1);

/// How many quick handlers run between two looks at the clock, and how quick they are.
const STRIDE: u32 = 8;
const QUICK: Duration = Duration::from_micros(10);

/// A handler that runs for longer than a turn keeps others off the driver for so many times as long, by how many such
/// turns there were in a row: one alone may be the scheduler's doing, and handlers that block hold the driver up for a
/// hundredth of the time at most.
const REST: [u32; 3] = [0, 10, 100];

pub(super) struct Work<H> {
    hands: Arc<Hands<H>>,
    /// Places for handlers that are at work, to be used again.
    seats: Vec<Box<dyn Seat>>,
    tasks: JoinSet<Ended>,
    begun: HashMap<Id, Token>,
    ended: Outcomes,
    /// [`TURN`], but in tests.
    turn: Duration,
    /// Until when the driver is left alone.
    rests_until: Option<Instant>,
    /// How many turns in a row had a handler that ran for longer than that.
    overruns: usize,
}

/// What a task gives back.
type Ended = (Result<(), DeliveryError>, Box<dyn Seat>);

/// What every handler needs.
struct Hands<H> {
    handlers: H,
    reader: Arc<Reader>,
    streams: Vec<&'static StreamInfo>,
}

/// What became of messages.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) done: Vec<Token>,
    pub(super) failed: Vec<(Token, DeliveryError)>,
}

impl Outcomes {
    fn add(&mut self, token: Token, result: Result<(), DeliveryError>) {
        match result {
            Ok(()) => self.done.push(token),
            Err(error) => self.failed.push((token, error)),
        }
    }

    fn is_empty(&self) -> bool {
        self.done.is_empty() && self.failed.is_empty()
    }
}

impl<H: EventHandler> Work<H> {
    pub(super) fn new(handlers: H, reader: Arc<Reader>, streams: Vec<&'static StreamInfo>) -> Self {
        Self {
            hands: Arc::new(Hands { handlers, reader, streams }),
            seats: Vec::new(),
            tasks: JoinSet::new(),
            begun: HashMap::new(),
            ended: Outcomes::default(),
            turn: TURN,
            rests_until: None,
            overruns: 0,
        }
    }

    /// Begins to handle messages, until it is told that nobody waits for them any more.
    pub(super) fn begin(&mut self, batch: Vec<(Token, Message)>, abandoned: &AtomicBool) {
        let mut before = Instant::now();
        let turn_ends = before + self.turn;
        let rests = self.rests_until.is_some_and(|until| before < until);
        let (mut here, mut longest) = (!rests, Duration::ZERO);
        let (mut stride, mut unlooked) = (1, 0);
        self.ended.done.reserve(batch.len());
        for (token, message) in batch {
            if abandoned.load(Ordering::Acquire) {
                return;
            }
            let mut seat = self.seats.pop().unwrap_or_else(|| chair(Arc::clone(&self.hands)));
            seat.take(message);
            if !here {
                self.go_on(token, seat);
                continue;
            }
            match seat.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(result) => {
                    self.seats.push(seat);
                    self.ended.add(token, result);
                }
                // A task polls it again at once, with a waker of its own.
                Poll::Pending => self.go_on(token, seat),
            }
            unlooked += 1;
            if unlooked < stride {
                continue;
            }
            let now = Instant::now();
            let took = now.saturating_duration_since(before);
            longest = longest.max(took);
            here = now < turn_ends;
            stride = if took < QUICK * unlooked { STRIDE } else { 1 };
            (before, unlooked) = (now, 0);
        }
        if !rests {
            self.look_back(longest, before);
        }
    }

    /// After a turn: how long its longest handler held up the driver decides when the next ones may.
    fn look_back(&mut self, longest: Duration, now: Instant) {
        if longest <= self.turn {
            self.overruns = 0;
            return;
        }
        let rest = REST.get(self.overruns).or(REST.last()).copied().unwrap_or_default();
        self.rests_until = Some(now + longest * rest);
        self.overruns += 1;
    }

    fn go_on(&mut self, token: Token, mut seat: Box<dyn Seat>) {
        let task = self.tasks.spawn(async move {
            let result = std::future::poll_fn(|context| seat.poll(context)).await;
            (result, seat)
        });
        self.begun.insert(task.id(), token);
    }

    /// What ended since it was last asked, without waiting.
    pub(super) fn ended(&mut self) -> Option<Outcomes> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.end(ended);
        }
        (!self.ended.is_empty()).then(|| std::mem::take(&mut self.ended))
    }

    /// Waits until a task ends. For ever, while there is none.
    pub(super) async fn wait(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.end(ended),
            None => std::future::pending().await,
        }
    }

    fn end(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let (id, result) = match ended {
            Ok((id, (result, seat))) => {
                self.seats.push(seat);
                (id, result)
            }
            // Panics are caught in the seat.
            Err(error) => (error.id(), Err(DeliveryError::Cancelled)),
        };
        if let Some(token) = self.begun.remove(&id) {
            self.ended.add(token, result);
        }
    }

    /// Cuts off what is still at work, and awaits that.
    pub(super) async fn abort(&mut self) {
        self.tasks.shutdown().await;
    }
}
