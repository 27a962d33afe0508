//! What of one partition waits for its handler: in order per key, keys in parallel.
//!
//! Keys go to lanes by their hash. A key whose message failed is parked beside its lane, which goes on with others.

use std::collections::VecDeque;
use std::time::Instant;

pub(super) use super::parking::History;
use super::parking::{Parking, Side};
use crate::event::Message;

/// Keys share so many lanes: two that share one wait for each other.
const LANES: usize = 64;

/// Messages without a key have a lane of their own, so that their order holds too.
const KEYLESS: usize = LANES;

/// From here on, the numbers of lanes are those of parked keys.
const PARKED: usize = KEYLESS + 1;

#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    parking: Parking,
    /// Lanes whose first message can be handled now, in the order in which that became so.
    ready: VecDeque<usize>,
    waiting: usize,
    waiting_bytes: usize,
    running: usize,
    burying: usize,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    waiting: VecDeque<Message>,
    is_busy: bool,
}

impl Lanes {
    pub(crate) fn new() -> Self {
        Self {
            lanes: vec![Lane::default(); LANES + 1],
            parking: Parking::default(),
            ready: VecDeque::new(),
            waiting: 0,
            waiting_bytes: 0,
            running: 0,
            burying: 0,
        }
    }

    pub(crate) fn push(&mut self, message: Message) {
        // Mostly no key is in trouble, and then it need not be looked at.
        if !self.parking.is_empty()
            && let Some(side) = self.parking.of(message.key())
        {
            return self.parking.push(side, message);
        }
        let index = lane_of(&message);
        let Some(lane) = self.lanes.get_mut(index) else { return };
        self.waiting += 1;
        self.waiting_bytes += message.payload_bytes();
        if lane.waiting.is_empty() && !lane.is_busy {
            self.ready.push_back(index);
        }
        lane.waiting.push_back(message);
    }

    /// How many lanes have a message that can be handled now.
    pub(crate) fn ready(&self) -> usize {
        self.ready.len()
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// A message that can be handled now, and its lane, which is busy until it is released, or its key parked.
    pub(crate) fn pop(&mut self) -> Option<(usize, Message)> {
        let index = self.ready.pop_front()?;
        let message = match index.checked_sub(PARKED) {
            None => {
                let lane = self.lanes.get_mut(index)?;
                let message = lane.waiting.pop_front()?;
                lane.is_busy = true;
                self.waiting -= 1;
                self.waiting_bytes -= message.payload_bytes();
                message
            }
            Some(side) => self.parking.take(Side(side))?,
        };
        self.running += 1;
        Some((index, message))
    }

    /// The message that the lane was busy with is done, or is not handled any more.
    pub(crate) fn release(&mut self, index: usize) {
        if let Some(side) = index.checked_sub(PARKED) {
            self.running -= 1;
            return self.settle(Side(side));
        }
        let Some(lane) = self.lanes.get_mut(index).filter(|lane| lane.is_busy) else { return };
        lane.is_busy = false;
        self.running -= 1;
        if !lane.waiting.is_empty() {
            self.ready.push_back(index);
        }
    }

    /// The message that the lane was busy with failed: its key is parked, and the lane goes on. Gives the key's lane.
    pub(crate) fn park(&mut self, index: usize, message: &Message) -> usize {
        if index >= PARKED {
            self.running -= 1;
            return index;
        }
        let mut later = VecDeque::new();
        if let Some(lane) = self.lanes.get_mut(index) {
            let key = message.key();
            (later, lane.waiting) =
                std::mem::take(&mut lane.waiting).into_iter().partition(|waiting| waiting.key() == key);
        }
        self.waiting -= later.len();
        self.waiting_bytes -= later.iter().map(Message::payload_bytes).sum::<usize>();
        self.release(index);
        PARKED + self.parking.park(message.key(), later).0
    }

    /// How the first message of a parked key fared.
    pub(crate) fn history(&self, index: usize) -> History {
        index.checked_sub(PARKED).map_or_else(History::default, |side| self.parking.history(Side(side)))
    }

    /// The first message of a parked key is tried again at this time.
    pub(crate) fn delay(&mut self, index: usize, message: Message, history: History, due: Instant) {
        if let Some(side) = index.checked_sub(PARKED).map(Side) {
            self.parking.set_history(side, history);
            self.parking.delay(side, message, due);
        }
    }

    /// The first message of a parked key is on its way to the dead letters.
    pub(crate) fn bury(&mut self) {
        self.burying += 1;
    }

    /// It has arrived there, or never will.
    pub(crate) fn buried(&mut self, index: usize) {
        if let Some(side) = index.checked_sub(PARKED) {
            self.burying -= 1;
            self.settle(Side(side));
        }
    }

    fn settle(&mut self, side: Side) {
        if self.parking.settle(side) {
            self.ready.push_back(PARKED + side.0);
        }
    }

    /// Lets the keys go on whose time has come.
    pub(crate) fn wake(&mut self, now: Instant) {
        while let Some(side) = self.parking.wake(now) {
            self.ready.push_back(PARKED + side.0);
        }
    }

    /// When a parked key's time comes.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.parking.next_due()
    }

    /// Drops what waits: none of it is at work.
    pub(crate) fn clear(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.waiting.clear());
        self.parking.clear();
        self.ready.clear();
        (self.waiting, self.waiting_bytes) = (0, 0);
    }

    /// How many messages wait, those of parked keys aside.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Bytes of their keys and values.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// How many messages of parked keys wait.
    pub(crate) fn parked(&self) -> usize {
        self.parking.waiting()
    }

    /// Bytes of their keys and values.
    pub(crate) fn parked_bytes(&self) -> usize {
        self.parking.waiting_bytes()
    }

    /// How many messages wait for their next try.
    pub(crate) fn delayed(&self) -> usize {
        self.parking.delayed()
    }

    /// How many messages are being handled.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// How many messages are being handled, or are on their way to the dead letters.
    pub(crate) fn unsettled(&self) -> usize {
        self.running + self.burying
    }
}

fn lane_of(message: &Message) -> usize {
    message.key_hash().map_or(KEYLESS, |hash| (hash >> (u32::BITS - LANES.ilog2())) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(key: Option<&str>, offset: i64) -> Message {
        let key = key.map(|key| key.as_bytes().to_vec());
        Message::new("t", 0, offset).key(key).value(Some(vec![0; 10])).build()
    }

    #[test]
    fn a_key_is_handled_in_order_and_others_beside_it() {
        let mut lanes = Lanes::new();
        for (key, offset) in [(Some("a"), 0), (Some("a"), 1), (Some("b"), 2), (None, 3), (None, 4)] {
            lanes.push(message(key, offset));
        }
        assert_eq!((lanes.waiting(), lanes.waiting_bytes()), (5, 53));
        let begun: Vec<(usize, Message)> = std::iter::from_fn(|| lanes.pop()).collect();
        let offsets: Vec<i64> = begun.iter().map(|(_, message)| message.offset()).collect();
        assert_eq!(offsets, [0, 2, 3]);
        assert_eq!((lanes.waiting(), lanes.waiting_bytes(), lanes.running()), (2, 21, 3));
        lanes.release(begun[0].0);
        assert_eq!(lanes.pop().map(|(_, message)| message.offset()), Some(1));
        lanes.release(begun[2].0);
        lanes.release(begun[2].0);
        assert_eq!(lanes.pop().map(|(_, message)| message.offset()), Some(4));
        assert_eq!(lanes.running(), 3);
    }

    #[test]
    fn keys_spread_over_the_lanes() {
        let shapes: [fn(usize) -> String; 4] = [
            |n| n.to_string(),
            |n| format!("BATCH-2026-{n:05}"),
            |n| format!("{n:08}-suffix-of-all"),
            |n| uuid::Uuid::from_u128(n as u128).to_string(),
        ];
        for (shape, key) in shapes.iter().enumerate() {
            let mut counts = [0_u32; LANES];
            (0..64_000).for_each(|n| counts[lane_of(&message(Some(&key(n)), 0))] += 1);
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!((500..2_000).contains(least) && (500..2_000).contains(most), "{shape}: {counts:?}");
        }
    }

    #[test]
    fn what_was_dropped_is_not_handled() {
        let mut lanes = Lanes::new();
        lanes.push(message(Some("a"), 0));
        lanes.push(message(Some("a"), 1));
        let (lane, _) = lanes.pop().unwrap();
        lanes.clear();
        lanes.release(lane);
        assert!(!lanes.has_ready() && lanes.pop().is_none());
        assert_eq!((lanes.waiting(), lanes.waiting_bytes(), lanes.running()), (0, 0, 0));
    }

    fn offset(popped: Option<(usize, Message)>) -> Option<i64> {
        popped.map(|(_, message)| message.offset())
    }

    /// Keys of one lane.
    fn neighbours() -> (String, String) {
        let of = |key: &str| lane_of(&message(Some(key), 0));
        let other = (0..).map(|n| n.to_string()).find(|key| of(key) == of("a")).unwrap();
        ("a".to_owned(), other)
    }

    #[test]
    fn a_parked_key_keeps_its_order_and_lets_its_lane_go_on() {
        let now = Instant::now();
        let (a, b) = neighbours();
        let mut lanes = Lanes::new();
        for (key, offset) in [(&a, 0), (&a, 1), (&b, 2), (&a, 3)] {
            lanes.push(message(Some(key), offset));
        }
        let (lane, first) = lanes.pop().unwrap();
        assert!(lanes.pop().is_none(), "the lane is busy");
        let parked = lanes.park(lane, &first);
        lanes.delay(parked, first, History { attempts: 1, ..History::default() }, now);
        lanes.push(message(Some(&a), 4));
        let (other, second) = lanes.pop().unwrap();
        assert_eq!((second.offset(), other), (2, lane), "the other key of the lane");
        lanes.push(message(Some(&b), 5));
        assert!(!lanes.has_ready());
        assert_eq!((lanes.parked(), lanes.delayed(), lanes.running()), (4, 1, 1));

        lanes.wake(now);
        let (side, first) = lanes.pop().unwrap();
        assert_eq!((side, first.offset(), lanes.history(side).attempts), (parked, 0, 1));
        assert!(lanes.pop().is_none(), "its later ones wait for it");
        // Once more, and then to the dead letters.
        assert_eq!(lanes.park(side, &first), parked);
        lanes.bury();
        assert_eq!((lanes.running(), lanes.unsettled()), (1, 2));
        lanes.buried(parked);
        assert_eq!(lanes.history(parked).attempts, 0, "the next one has its own");
        let mut seen = Vec::new();
        while let Some((lane, message)) = lanes.pop() {
            seen.push(message.offset());
            lanes.release(lane);
        }
        assert_eq!(seen, [1, 3, 4]);
        lanes.push(message(Some(&a), 6));
        lanes.release(other);
        assert_eq!(offset(lanes.pop()), Some(5), "the key is in its lane again");
        assert_eq!((lanes.parked(), lanes.parked_bytes()), (0, 0));
    }

    #[test]
    fn messages_without_a_key_are_parked_together() {
        let mut lanes = Lanes::new();
        (0..3).for_each(|offset| lanes.push(message(None, offset)));
        lanes.push(message(Some(""), 3));
        let (lane, first) = lanes.pop().unwrap();
        let parked = lanes.park(lane, &first);
        assert_eq!(offset(lanes.pop()), Some(3), "an empty key is none of them");
        lanes.bury();
        lanes.push(message(None, 4));
        assert!(!lanes.has_ready());
        lanes.buried(parked);
        assert_eq!(offset(lanes.pop()), Some(1));
    }

    #[test]
    fn what_was_parked_and_is_not_at_work_is_dropped_with_the_rest() {
        let now = Instant::now();
        let mut lanes = Lanes::new();
        for (key, offset) in [("a", 0), ("b", 1), ("a", 2)] {
            lanes.push(message(Some(key), offset));
        }
        for _ in 0..2 {
            let (lane, message) = lanes.pop().unwrap();
            let parked = lanes.park(lane, &message);
            lanes.delay(parked, message, History::default(), now);
        }
        lanes.wake(now);
        let (side, _) = lanes.pop().unwrap();
        lanes.clear();
        lanes.release(side);
        assert!(lanes.pop().is_none() && lanes.next_due().is_none());
        assert_eq!((lanes.parked(), lanes.parked_bytes(), lanes.unsettled()), (0, 0, 0));
        lanes.push(message(Some("b"), 3));
        assert_eq!(offset(lanes.pop()), Some(3));
    }
}
