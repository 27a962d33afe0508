//! One assigned partition: what waits, what is being handled, and what is done.

use std::collections::VecDeque;

use super::Settings;
use super::ledger::Ledger;
use crate::event::Message;

/// A partition in one of its assignments.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Which assignment of the partition this is.
    pub(crate) generation: u64,
    pub(crate) ledger: Ledger,
    /// The message in flight failed: it is not awaited any more.
    pub(crate) failed: bool,
    /// Nothing more is taken in or dispatched.
    closed: bool,
    /// Fetched and not dispatched yet.
    waiting: VecDeque<Message>,
    waiting_bytes: usize,
    /// The lowest offset that is new to us.
    next: Option<i64>,
    paused: bool,
}

impl Lane {
    pub(crate) fn new(generation: u64, start: Option<i64>) -> Self {
        Self {
            generation,
            ledger: Ledger::default(),
            failed: false,
            closed: false,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            next: start,
            paused: false,
        }
    }

    /// Takes in a message, unless it was here before or nothing is taken in any more.
    pub(crate) fn push(&mut self, message: Message) {
        if self.closed || self.next.is_some_and(|next| message.offset() < next) {
            return;
        }
        self.next = Some(message.offset() + 1);
        self.waiting_bytes += message.payload_bytes();
        self.waiting.push_back(message);
    }

    /// The next message to handle, if the partition has none in flight.
    pub(crate) fn pop(&mut self) -> Option<Message> {
        if self.ledger.in_flight() > 0 {
            return None;
        }
        let message = self.waiting.pop_front()?;
        self.waiting_bytes -= message.payload_bytes();
        self.ledger.begin(message.offset());
        Some(message)
    }

    /// How many handlers run. One that failed does not any more.
    pub(crate) fn running(&self) -> usize {
        if self.failed { 0 } else { self.ledger.in_flight() }
    }

    /// Ends intake and dispatch, and drops what waits: none of it was begun.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.waiting.clear();
        self.waiting_bytes = 0;
    }

    /// Whether the partition must be paused now.
    pub(crate) fn pause(&mut self, settings: &Settings) -> bool {
        let full = self.closed
            || self.waiting.len() >= settings.high_messages
            || self.waiting_bytes >= settings.high_bytes;
        !self.paused && full && {
            self.paused = true;
            true
        }
    }

    /// Whether the partition must be resumed now.
    pub(crate) fn resume(&mut self, settings: &Settings) -> bool {
        let low = !self.closed
            && self.waiting.len() <= settings.low_messages
            && self.waiting_bytes <= settings.low_bytes;
        self.paused && low && {
            self.paused = false;
            true
        }
    }
}
