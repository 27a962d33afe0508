//! From fetched messages to handlers, and back.

use std::collections::VecDeque;
use std::ops::Bound;
use std::time::Instant;

use super::{Engine, Generation, Output, Token};
use crate::event::Message;

impl Engine {
    pub(super) fn fetched(&mut self, messages: Vec<Message>, now: Instant) {
        // A batch is mostly of few partitions, each in a row.
        let mut last: Option<Generation> = None;
        for message in messages {
            let is_of = |generation: &Generation| {
                self.partitions.get(generation).is_some_and(|partition| {
                    partition.place.partition == message.partition()
                        && *partition.place.topic == *message.topic()
                })
            };
            last = last.filter(is_of).or_else(|| self.partitions.keys().copied().find(is_of));
            // What arrives for a partition that is not ours any more is dropped: whoever has it next reads it again.
            if let Some(partition) = last.and_then(|generation| self.partitions.get_mut(&generation)) {
                partition.push(message, now);
            }
        }
    }

    pub(super) fn done(&mut self, tokens: &[Token], now: Instant) {
        for token in tokens {
            match self.partitions.get_mut(&token.generation) {
                Some(partition) => {
                    if partition.ledger.finish(token.offset) {
                        partition.lanes.release(token.lane);
                        partition.breaker.done();
                        partition.moved = now;
                    }
                }
                None => self.orphans.settle(token.generation),
            }
        }
    }

    /// Begins what can be begun, a message of each partition in turn.
    pub(super) fn dispatch(&mut self, now: Instant) {
        self.partitions.values_mut().for_each(|partition| partition.lanes.wake(now));
        let mut room = self.settings.max_in_flight.saturating_sub(self.at_work());
        let mut turns = if room > 0 { self.turns() } else { VecDeque::new() };
        let ready: usize = self.partitions.values().map(|partition| partition.lanes.ready()).sum();
        let mut batch = Vec::with_capacity(if turns.is_empty() { 0 } else { room.min(ready) });
        while room > 0
            && let Some(generation) = turns.pop_front()
            && let Some(partition) = self.partitions.get_mut(&generation)
            && let Some((lane, message)) = partition.lanes.pop()
        {
            if partition.lanes.has_ready() {
                turns.push_back(generation);
            }
            batch.push((Token { generation, offset: message.offset(), lane }, message));
            self.turn = generation;
            room -= 1;
        }
        if !batch.is_empty() {
            self.outputs.push_back(Output::Dispatch(batch));
        }
        for partition in self.partitions.values_mut() {
            if partition.pause(&self.settings, now) {
                self.outputs.push_back(Output::Pause(partition.place.clone()));
            } else if partition.resume(&self.settings) {
                self.outputs.push_back(Output::Resume(partition.place.clone()));
            }
        }
    }

    /// The partitions that have something to begin, the one first whose turn it is.
    fn turns(&self) -> VecDeque<Generation> {
        let after = self.partitions.range((Bound::Excluded(self.turn), Bound::Unbounded));
        // A partition that came back to us waits for what still runs of its earlier assignments: it is in order, too.
        let can_begin = |(generation, partition): (&Generation, &super::Partition)| {
            (partition.lanes.has_ready() && !self.orphans.are_of(&partition.place)).then_some(*generation)
        };
        after.chain(self.partitions.range(..=self.turn)).filter_map(can_begin).collect()
    }
}
