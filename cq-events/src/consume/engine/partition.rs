//! One assigned partition: what waits, what is being handled, and what is done.

use std::time::{Duration, Instant};

use super::breaker::Breaker;
use super::lanes::Lanes;
use super::ledger::Ledger;
use super::{Assignment, SeekId, Settings, Standing, TopicPartition};
use crate::event::{Failures, Message};

/// A partition in one of its assignments.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) place: TopicPartition,
    pub(crate) ledger: Ledger,
    pub(crate) lanes: Lanes,
    pub(super) breaker: Breaker,
    /// What becomes of messages that fail.
    pub(super) failures: Failures,
    /// When something of it was done last, or came where there was nothing to do.
    pub(crate) moved: Instant,
    /// The lowest offset that is new to us.
    next: Option<i64>,
    /// Nothing more is taken in or dispatched.
    closed: bool,
    paused: bool,
    /// Since when enough waits, though it is not paused.
    full_since: Option<Instant>,
    /// Nothing is taken in before this seek is answered.
    seeking: Option<SeekId>,
}

impl Partition {
    pub(crate) fn new(assignment: Assignment, failures: Failures, now: Instant) -> Self {
        let Assignment { place, start, finished, is_new } = assignment;
        Self {
            place,
            ledger: Ledger::new(start, finished, is_new),
            lanes: Lanes::new(),
            breaker: Breaker::default(),
            failures,
            moved: now,
            next: start,
            closed: false,
            paused: false,
            full_since: None,
            seeking: None,
        }
    }

    /// A partition to whose start a seek is under way.
    pub(crate) fn seeking(assignment: Assignment, failures: Failures, id: SeekId, now: Instant) -> Self {
        Self { seeking: Some(id), ..Self::new(assignment, failures, now) }
    }

    pub(crate) fn awaits(&self, id: SeekId) -> bool {
        self.seeking == Some(id)
    }

    /// A seek is answered.
    pub(crate) fn sought(&mut self, id: SeekId) {
        self.seeking = self.seeking.filter(|awaited| *awaited != id);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    /// The next offset to take in, where it is known.
    pub(crate) fn next(&self) -> Option<i64> {
        self.next
    }

    fn is_idle(&self) -> bool {
        self.lanes.waiting() + self.lanes.parked() + self.lanes.unsettled() == 0
    }

    pub(crate) fn standing(&self, now: Instant) -> Standing {
        let stalled_for =
            if self.is_idle() { Duration::ZERO } else { now.saturating_duration_since(self.moved) };
        Standing {
            place: self.place.clone(),
            position: self.ledger.position(),
            in_flight: self.lanes.unsettled(),
            waiting: self.lanes.waiting() + self.lanes.parked(),
            retrying: self.lanes.delayed(),
            is_paused: self.paused,
            stalled_for,
        }
    }

    /// Takes in a message, unless it was here before or nothing is taken in any more.
    pub(crate) fn push(&mut self, message: Message, now: Instant) {
        let offset = message.offset();
        if self.closed || self.seeking.is_some() || self.next.is_some_and(|next| offset < next) {
            return;
        }
        self.next = Some(offset + 1);
        if self.ledger.deliver(offset) {
            if self.is_idle() {
                self.moved = now;
            }
            self.lanes.push(message);
        }
    }

    /// Ends intake and dispatch, and drops what waits: none of it was begun.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.lanes.clear();
    }

    /// Whether the partition must be paused now. One that is full for a moment only is not: librdkafka drops what it
    /// has of a paused partition, and fetches it once more.
    pub(crate) fn pause(&mut self, settings: &Settings, now: Instant) -> bool {
        let full = self.lanes.waiting() >= settings.high_messages
            || self.lanes.waiting_bytes() >= settings.high_bytes
            || self.lanes.parked_bytes() >= settings.most_parked_bytes
            || self.ledger.is_full(settings.most_open);
        self.full_since = (full && !self.paused).then(|| self.full_since.unwrap_or(now));
        let pauses = !self.paused
            && (self.closed || self.full_since.is_some_and(|since| now >= since + settings.pause_after));
        if pauses {
            (self.paused, self.full_since) = (true, None);
        }
        pauses
    }

    /// Since when enough waits, though it is not paused.
    pub(crate) fn full_since(&self) -> Option<Instant> {
        self.full_since
    }

    /// Whether the partition must be resumed now.
    pub(crate) fn resume(&mut self, settings: &Settings) -> bool {
        let low = !self.closed
            && self.lanes.waiting() <= settings.low_messages
            && self.lanes.waiting_bytes() <= settings.low_bytes
            && self.lanes.parked_bytes() < settings.most_parked_bytes
            && !self.ledger.is_full(settings.most_open);
        self.paused && low && {
            self.paused = false;
            true
        }
    }
}
