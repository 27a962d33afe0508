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

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use super::engine::Token;
use super::reader::Reader;
use super::{DeliveryError, EventHandler};
use crate::event::{Message, StreamInfo};
use crate::registry::RegistryError;
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

/// How often handlers that take too long are looked for, at the least.
const LOOK: Duration = Duration::from_secs(1);

/// How long a handler may take to end that was cut off: one that does not await cannot be.
const CUT_OFF: Duration = Duration::from_secs(5);

/// How long a registry may take to answer, whatever it promises. Then the message waits for it in its place.
const LOOK_UP: Duration = Duration::from_secs(60);

pub(super) struct Work<H> {
    hands: Arc<Hands<H>>,
    /// Places for handlers that are at work, to be used again.
    seats: Vec<Box<dyn Seat>>,
    tasks: JoinSet<Ended>,
    begun: HashMap<Id, Begun>,
    /// When handlers that take too long are looked for.
    next_look: Instant,
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

/// A handler that became a task.
struct Begun {
    token: Token,
    message: Message,
    task: AbortHandle,
    since: Instant,
    /// It took too long, and was told to end then.
    cut_off: Option<Instant>,
    /// It was told so because the registry did not answer.
    is_unanswered: bool,
}

/// What every handler needs.
struct Hands<H> {
    handlers: H,
    reader: Arc<Reader>,
    streams: Vec<&'static StreamInfo>,
    /// How long the handlers of each stream may take.
    deadlines: Vec<Duration>,
}

impl<H> Hands<H> {
    fn deadline(&self, message: &Message) -> Duration {
        let of = self.streams.iter().position(|stream| stream.topic == message.topic());
        of.and_then(|stream| self.deadlines.get(stream)).copied().unwrap_or(Duration::MAX)
    }
}

/// What became of messages.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) done: Vec<Token>,
    pub(super) failed: Vec<(Token, Message, DeliveryError)>,
}

impl Outcomes {
    fn add(&mut self, token: Token, message: Message, result: Result<(), DeliveryError>) {
        match result {
            Ok(()) => self.done.push(token),
            Err(error) => self.failed.push((token, message, error)),
        }
    }

    fn is_empty(&self) -> bool {
        self.done.is_empty() && self.failed.is_empty()
    }
}

impl<H: EventHandler> Work<H> {
    pub(super) fn new(
        handlers: H,
        reader: Arc<Reader>,
        streams: Vec<&'static StreamInfo>,
        deadlines: Vec<Duration>,
    ) -> Self {
        Self {
            hands: Arc::new(Hands { handlers, reader, streams, deadlines }),
            seats: Vec::new(),
            tasks: JoinSet::new(),
            begun: HashMap::new(),
            next_look: Instant::now(),
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
            seat.take(message.clone());
            if !here {
                self.go_on(token, message, seat);
                continue;
            }
            match seat.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(result) => {
                    self.seats.push(seat);
                    self.ended.add(token, message, result);
                }
                // A task polls it again at once, with a waker of its own.
                Poll::Pending => self.go_on(token, message, seat),
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

    fn go_on(&mut self, token: Token, message: Message, mut seat: Box<dyn Seat>) {
        let task = self.tasks.spawn(async move {
            let result = std::future::poll_fn(|context| seat.poll(context)).await;
            (result, seat)
        });
        let begun =
            Begun { token, message, task, since: Instant::now(), cut_off: None, is_unanswered: false };
        self.begun.insert(begun.task.id(), begun);
    }

    /// When [`Work::look`] is due; never, while nothing is at work.
    pub(super) fn next_look(&self) -> Option<Instant> {
        (!self.begun.is_empty()).then_some(self.next_look)
    }

    /// Cuts off the handlers that take too long, and gives up those that did not end by that.
    pub(super) fn look(&mut self, now: Instant) {
        if self.begun.is_empty() || now < self.next_look {
            return;
        }
        let shortest = self.hands.deadlines.iter().min().copied().unwrap_or(LOOK);
        self.next_look = now + (shortest / 8).clamp(Duration::from_millis(5), LOOK);
        let mut stuck = Vec::new();
        for (id, begun) in &mut self.begun {
            let mut deadline = self.hands.deadline(&begun.message);
            // The deadline is the handler's, which has not begun.
            if begun.cut_off.is_none()
                && let Some(since) = self.hands.reader.looks_up_since(&begun.message)
            {
                begun.since = now;
                if now.saturating_duration_since(since) < LOOK_UP {
                    continue;
                }
                begun.is_unanswered = true;
                deadline = Duration::ZERO;
            }
            match begun.cut_off {
                None if now.saturating_duration_since(begun.since) >= deadline => {
                    begun.task.abort();
                    begun.cut_off = Some(now);
                }
                Some(since) if now.saturating_duration_since(since) >= CUT_OFF => stuck.push((*id, deadline)),
                _ => {}
            }
        }
        for (id, after) in stuck {
            if let Some(Begun { token, message, .. }) = self.begun.remove(&id) {
                self.ended.add(token, message, Err(DeliveryError::Stuck { after }));
            }
        }
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
                (id, Some(result))
            }
            // Panics are caught in the seat.
            Err(error) => (error.id(), None),
        };
        // One that was given up is not waited for any more.
        let Some(Begun { token, message, cut_off, is_unanswered, .. }) = self.begun.remove(&id) else {
            return;
        };
        let result = result.unwrap_or_else(|| {
            Err(match cut_off {
                Some(_) if is_unanswered => DeliveryError::Registry(RegistryError::Unavailable {
                    registry: self.hands.reader.registry().describe(),
                    reason: format!("no answer within {LOOK_UP:?}"),
                }),
                Some(_) => DeliveryError::TimedOut { after: self.hands.deadline(&message) },
                None => DeliveryError::Cancelled,
            })
        });
        self.ended.add(token, message, result);
    }

    /// Cuts off what is still at work, and awaits that.
    pub(super) async fn abort(&mut self) {
        self.tasks.shutdown().await;
    }
}
