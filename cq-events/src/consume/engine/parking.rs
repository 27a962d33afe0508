//! Keys in trouble: each waits beside its lane, with its later messages, until its first one is done or buried.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Instant;

use crate::event::Message;

/// A key that is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Side(pub(super) usize);

#[derive(Debug, Default)]
pub(super) struct Parking {
    keyed: HashMap<Box<[u8]>, Side>,
    /// The messages without a key are in order among themselves, as those of one key are.
    keyless: Option<Side>,
    sides: BTreeMap<Side, Parked>,
    due: BTreeSet<(Instant, Side)>,
    last: usize,
    waiting: usize,
    waiting_bytes: usize,
}

/// What became of a key's first message so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// How often its handler failed.
    pub(crate) attempts: u32,
    /// How often it waited for what it needs to be read, and since when.
    pub(crate) waits: u32,
    pub(crate) waits_since: Option<Instant>,
}

#[derive(Debug)]
struct Parked {
    key: Option<Box<[u8]>>,
    /// The first message; None while it is at work, or on its way to the dead letters.
    first: Option<Message>,
    /// When it is tried again.
    due: Option<Instant>,
    later: VecDeque<Message>,
    history: History,
}

impl Parking {
    /// Whether no key is in trouble.
    pub(super) fn is_empty(&self) -> bool {
        self.sides.is_empty()
    }

    /// Where the messages of this key wait, if they do.
    pub(super) fn of(&self, key: Option<&[u8]>) -> Option<Side> {
        match key {
            Some(key) => self.keyed.get(key).copied(),
            None => self.keyless,
        }
    }

    /// Parks a key, with those of its messages that waited already.
    pub(super) fn park(&mut self, key: Option<&[u8]>, later: VecDeque<Message>) -> Side {
        self.last += 1;
        let side = Side(self.last);
        let key: Option<Box<[u8]>> = key.map(Into::into);
        match &key {
            Some(key) => drop(self.keyed.insert(key.clone(), side)),
            None => self.keyless = Some(side),
        }
        self.waiting += later.len();
        self.waiting_bytes += later.iter().map(Message::payload_bytes).sum::<usize>();
        let history = History::default();
        self.sides.insert(side, Parked { key, first: None, due: None, later, history });
        side
    }

    /// A further message of a parked key.
    pub(super) fn push(&mut self, side: Side, message: Message) {
        if let Some(parked) = self.sides.get_mut(&side) {
            self.waiting += 1;
            self.waiting_bytes += message.payload_bytes();
            parked.later.push_back(message);
        }
    }

    pub(super) fn history(&self, side: Side) -> History {
        self.sides.get(&side).map(|parked| parked.history).unwrap_or_default()
    }

    pub(super) fn set_history(&mut self, side: Side, history: History) {
        if let Some(parked) = self.sides.get_mut(&side) {
            parked.history = history;
        }
    }

    /// The first message of a key is tried again at this time.
    pub(super) fn delay(&mut self, side: Side, message: Message, due: Instant) {
        if let Some(parked) = self.sides.get_mut(&side) {
            self.waiting += 1;
            self.waiting_bytes += message.payload_bytes();
            (parked.first, parked.due) = (Some(message), Some(due));
            self.due.insert((due, side));
        }
    }

    /// A key whose time has come.
    pub(super) fn wake(&mut self, now: Instant) -> Option<Side> {
        let first = self.due.first().filter(|(due, _)| *due <= now).copied()?;
        self.due.remove(&first);
        if let Some(parked) = self.sides.get_mut(&first.1) {
            parked.due = None;
        }
        Some(first.1)
    }

    /// When the next key's time comes.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// The message of a key that is to be handled now.
    pub(super) fn take(&mut self, side: Side) -> Option<Message> {
        let message = self.sides.get_mut(&side)?.first.take()?;
        self.waiting -= 1;
        self.waiting_bytes -= message.payload_bytes();
        Some(message)
    }

    /// The first message of a key is settled. Says whether another one follows; else the key is in no trouble any more.
    pub(super) fn settle(&mut self, side: Side) -> bool {
        let Some(parked) = self.sides.get_mut(&side) else { return false };
        parked.history = History::default();
        parked.first = parked.later.pop_front();
        let follows = parked.first.is_some();
        if !follows {
            self.remove(side);
        }
        follows
    }

    fn remove(&mut self, side: Side) {
        match self.sides.remove(&side).map(|parked| parked.key) {
            Some(Some(key)) => drop(self.keyed.remove(&key)),
            Some(None) => self.keyless = None,
            None => {}
        }
    }

    /// Drops what waits. Keys whose first message is at work, or on its way to the dead letters, stay until it is settled.
    pub(super) fn clear(&mut self) {
        let is_idle = |parked: &Parked| parked.first.is_some();
        let idle: Vec<Side> =
            self.sides.iter().filter(|(_, parked)| is_idle(parked)).map(|(side, _)| *side).collect();
        idle.into_iter().for_each(|side| self.remove(side));
        self.sides.values_mut().for_each(|parked| parked.later.clear());
        self.due.clear();
        (self.waiting, self.waiting_bytes) = (0, 0);
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Bytes of keys and values that wait.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// How many keys wait for their next try.
    pub(super) fn delayed(&self) -> usize {
        self.due.len()
    }
}
