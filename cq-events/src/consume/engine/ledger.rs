//! What was dispatched in one assignment of a partition, and what of it is done.

use std::collections::VecDeque;

/// Counts messages, not integers: compaction and transaction markers leave holes between offsets.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// What was dispatched and is not behind the watermark yet, in the order of its offsets: offset and whether it
    /// is done.
    open: VecDeque<(i64, bool)>,
    /// The next offset to commit: one past the last message with nothing unfinished before it.
    watermark: Option<i64>,
    /// What the last commit held, whether or not it is answered.
    asked: Option<i64>,
}

impl Ledger {
    /// Takes in a message that is dispatched now. Offsets must rise.
    pub(crate) fn begin(&mut self, offset: i64) {
        self.open.push_back((offset, false));
    }

    /// The message at `offset` is done. Says whether it was dispatched and not done yet.
    pub(crate) fn finish(&mut self, offset: i64) -> bool {
        let Some((_, done)) = self.open.iter_mut().find(|(open, done)| *open == offset && !*done) else {
            return false;
        };
        *done = true;
        while let Some((offset, true)) = self.open.front() {
            self.watermark = Some(*offset + 1);
            self.open.pop_front();
        }
        true
    }

    /// How many messages are dispatched and not done.
    pub(crate) fn in_flight(&self) -> usize {
        self.open.iter().filter(|(_, done)| !done).count()
    }

    /// Whether the message at `offset` is dispatched and not done.
    pub(crate) fn is_open(&self, offset: i64) -> bool {
        self.open.iter().any(|(open, done)| *open == offset && !done)
    }

    /// The offset to commit, where no commit held it yet. A commit that is awaited also holds what was asked for
    /// before: the answer may still be on its way, and may be a refusal.
    pub(crate) fn take_commit(&mut self, awaited: bool) -> Option<i64> {
        let offset = self.watermark.filter(|_| awaited || self.watermark > self.asked)?;
        self.asked = Some(offset);
        Some(offset)
    }

    /// A commit was refused: the next one holds the watermark again.
    pub(crate) fn forget_commit(&mut self) {
        self.asked = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_never_passes_an_unfinished_message() {
        let mut ledger = Ledger::default();
        for offset in [3, 4, 7] {
            ledger.begin(offset);
        }
        assert!(ledger.finish(7));
        assert_eq!(ledger.take_commit(false), None);
        assert!(ledger.finish(3));
        assert_eq!(ledger.take_commit(false), Some(4));
        assert_eq!(ledger.take_commit(false), None);
        assert!(ledger.finish(4));
        assert_eq!(ledger.take_commit(false), Some(8));
        assert_eq!(ledger.in_flight(), 0);
    }

    #[test]
    fn what_was_not_dispatched_or_is_done_cannot_be_finished() {
        let mut ledger = Ledger::default();
        ledger.begin(3);
        assert!(!ledger.finish(2));
        assert!(ledger.finish(3));
        assert!(!ledger.finish(3));
    }

    #[test]
    fn a_refused_commit_is_made_again() {
        let mut ledger = Ledger::default();
        ledger.begin(3);
        ledger.finish(3);
        assert_eq!(ledger.take_commit(false), Some(4));
        ledger.forget_commit();
        assert_eq!(ledger.take_commit(false), Some(4));
    }

    #[test]
    fn an_awaited_commit_holds_what_is_not_known_to_be_committed() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.take_commit(true), None);
        ledger.begin(3);
        ledger.finish(3);
        assert_eq!(ledger.take_commit(false), Some(4));
        assert_eq!(ledger.take_commit(true), Some(4));
    }
}
