//! What of one partition waits for its handler: in order per key, keys in parallel.

use std::collections::VecDeque;

use crate::event::Message;

/// Keys share so many lanes: two that share one wait for each other.
const LANES: usize = 64;

/// Messages without a key have a lane of their own, so that their order holds too.
const KEYLESS: usize = LANES;

#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    /// Lanes whose first message can be handled now, in the order in which that became so.
    ready: VecDeque<usize>,
    waiting: usize,
    waiting_bytes: usize,
    running: usize,
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
            ready: VecDeque::new(),
            waiting: 0,
            waiting_bytes: 0,
            running: 0,
        }
    }

    pub(crate) fn push(&mut self, message: Message) {
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

    /// A message that can be handled now, and its lane, which is busy until it is released.
    pub(crate) fn pop(&mut self) -> Option<(usize, Message)> {
        let index = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(index)?;
        let message = lane.waiting.pop_front()?;
        lane.is_busy = true;
        self.waiting -= 1;
        self.waiting_bytes -= message.payload_bytes();
        self.running += 1;
        Some((index, message))
    }

    /// The message that the lane was busy with is not at work any more.
    pub(crate) fn release(&mut self, index: usize) {
        let Some(lane) = self.lanes.get_mut(index).filter(|lane| lane.is_busy) else { return };
        lane.is_busy = false;
        self.running -= 1;
        if !lane.waiting.is_empty() {
            self.ready.push_back(index);
        }
    }

    /// Drops what waits: none of it was begun.
    pub(crate) fn clear(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.waiting.clear());
        self.ready.clear();
        (self.waiting, self.waiting_bytes) = (0, 0);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Bytes of keys and values that wait.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// How many messages are being handled.
    pub(crate) fn running(&self) -> usize {
        self.running
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
}
