//! What was delivered in one assignment of a partition, and what of it is done.

use std::collections::VecDeque;

use super::finished::{Finished, fits};

/// Counts messages, not integers: compaction and transaction markers leave holes between offsets.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// What was delivered and is not behind the watermark yet, in the order of its offsets.
    open: VecDeque<Entry>,
    /// The next offset to commit: one past the last message with nothing unfinished before it.
    watermark: Option<i64>,
    /// The last message that was delivered.
    last: Option<i64>,
    /// What an earlier assignment finished above the offset at which this one starts.
    inherited: Finished,
    /// Runs of done messages in `open`.
    runs: usize,
    /// Something is done that no commit holds.
    changed: bool,
    /// A commit was asked for, whether or not it is answered.
    asked: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: i64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Done,
    Failed,
}

/// What to commit of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The next offset to read.
    pub(crate) offset: i64,
    /// What above it is done nevertheless.
    pub(crate) finished: Finished,
}

impl Ledger {
    /// For an assignment that starts at this offset; None: with the first message that is delivered. A start that is
    /// new to the group is committed, too.
    pub(crate) fn new(start: Option<i64>, inherited: Finished, is_new: bool) -> Self {
        Self {
            open: VecDeque::new(),
            watermark: start,
            last: None,
            inherited,
            runs: 0,
            changed: is_new,
            asked: false,
        }
    }

    /// Takes in a message that is delivered. Offsets must rise. Says whether it is to be handled: it is not where an
    /// earlier assignment finished it.
    pub(crate) fn deliver(&mut self, offset: i64) -> bool {
        self.watermark.get_or_insert(offset);
        self.last = Some(offset);
        self.open.push_back(Entry { offset, state: State::Open });
        let is_done = self.inherited.contains(offset);
        if is_done {
            self.mark_done(self.open.len() - 1);
        }
        !is_done
    }

    /// The message at `offset` is done. Says whether it was awaited.
    pub(crate) fn finish(&mut self, offset: i64) -> bool {
        let index = self.awaited(offset);
        if let Some(index) = index {
            self.mark_done(index);
        }
        index.is_some()
    }

    /// The message at `offset` failed, and is not awaited any more. Says whether it was.
    pub(crate) fn fail(&mut self, offset: i64) -> bool {
        let index = self.awaited(offset);
        if let Some(entry) = index.and_then(|index| self.open.get_mut(index)) {
            entry.state = State::Failed;
        }
        index.is_some()
    }

    /// Whether the intake must pause for what is above a gap: it has no place in a commit's metadata, or in memory.
    /// What was inherited does not count, since only more intake gets past it.
    pub(crate) fn is_full(&self, most_open: usize) -> bool {
        let span = self.watermark.zip(self.last).map_or(0, |(watermark, last)| last.abs_diff(watermark));
        self.open.len() >= most_open || !fits(self.runs, span)
    }

    /// What to commit, where no commit held it yet. A commit that is awaited also holds what was asked for before: the
    /// answer may still be on its way, and may be a refusal.
    pub(crate) fn take_progress(&mut self, awaited: bool) -> Option<Progress> {
        let watermark = self.watermark.filter(|_| self.changed || (awaited && self.asked))?;
        (self.changed, self.asked) = (false, true);
        let mut finished = self.finished();
        let offset = finished.take_start(watermark);
        Some(Progress { offset, finished })
    }

    /// The offset up to which all is done.
    pub(crate) fn position(&self) -> Option<i64> {
        self.watermark
    }

    /// Whether something is done that no commit holds.
    pub(crate) fn has_news(&self) -> bool {
        self.changed
    }

    /// A commit was refused: the next one holds it again.
    pub(crate) fn forget_commit(&mut self) {
        self.changed |= self.asked;
    }

    fn finished(&self) -> Finished {
        let mut finished = Finished::default();
        let mut run: Option<(i64, i64)> = None;
        for entry in &self.open {
            match (entry.state, run) {
                (State::Done, None) => run = Some((entry.offset, entry.offset)),
                (State::Done, Some((first, _))) => run = Some((first, entry.offset)),
                (_, Some((first, last))) => {
                    finished.push(first, last);
                    run = None;
                }
                (_, None) => {}
            }
        }
        if let Some((first, last)) = run {
            finished.push(first, last);
        }
        finished.push_above(self.last.or(self.watermark).unwrap_or_default(), &self.inherited);
        finished
    }

    /// Where the message is, if it was delivered and neither is done nor failed.
    fn awaited(&self, offset: i64) -> Option<usize> {
        // Mostly there are no holes, and the offset says where it is.
        let dense = usize::try_from(offset.checked_sub(self.open.front()?.offset)?).ok()?;
        let is_it = |index: &usize| self.open.get(*index).is_some_and(|entry| entry.offset == offset);
        let index = Some(dense)
            .filter(is_it)
            .unwrap_or_else(|| self.open.partition_point(|entry| entry.offset < offset));
        let entry = self.open.get(index)?;
        (entry.offset == offset && entry.state == State::Open).then_some(index)
    }

    fn mark_done(&mut self, index: usize) {
        let is_done = |index: Option<usize>| {
            index.and_then(|index| self.open.get(index)).is_some_and(|entry| entry.state == State::Done)
        };
        let neighbours = usize::from(is_done(index.checked_sub(1))) + usize::from(is_done(Some(index + 1)));
        // Alone it is a run of its own, between two it joins them.
        self.runs = (self.runs + 1).saturating_sub(neighbours);
        if let Some(entry) = self.open.get_mut(index) {
            entry.state = State::Done;
        }
        self.changed = true;
        if index == 0 {
            self.advance();
        }
    }

    /// Moves the watermark over the run at the front.
    fn advance(&mut self) {
        while let Some(Entry { offset, state: State::Done }) = self.open.front() {
            self.watermark = Some(offset + 1);
            self.open.pop_front();
        }
        self.runs = self.runs.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(offsets: impl IntoIterator<Item = i64>) -> Ledger {
        let mut ledger = Ledger::new(None, Finished::default(), false);
        for offset in offsets {
            assert!(ledger.deliver(offset));
        }
        ledger
    }

    /// Offset and metadata of the next commit.
    fn commit(ledger: &mut Ledger, awaited: bool) -> Option<(i64, String)> {
        let Progress { offset, finished } = ledger.take_progress(awaited)?;
        Some((offset, finished.to_metadata(offset)))
    }

    #[test]
    fn a_commit_never_passes_an_unfinished_message() {
        let mut ledger = ledger([3, 4, 7]);
        assert_eq!(commit(&mut ledger, false), None);
        assert!(ledger.finish(7));
        let progress = ledger.take_progress(false).unwrap();
        assert_eq!(progress.offset, 3);
        assert!(progress.finished.contains(7) && !progress.finished.contains(4));
        assert!(ledger.finish(3));
        assert_eq!(ledger.take_progress(false).unwrap().offset, 4);
        assert_eq!(commit(&mut ledger, false), None);
        assert!(ledger.finish(4));
        assert_eq!(commit(&mut ledger, false), Some((8, String::new())));
    }

    #[test]
    fn what_was_not_delivered_or_is_done_or_failed_is_not_awaited() {
        let mut ledger = ledger([3, 5, 6]);
        assert!(!ledger.finish(2) && !ledger.finish(4) && !ledger.finish(7));
        assert!(ledger.finish(5));
        assert!(!ledger.finish(5) && !ledger.fail(5));
        assert!(ledger.fail(3));
        assert!(!ledger.finish(3) && !ledger.fail(3));
        assert_eq!(ledger.take_progress(false).unwrap().offset, 3);
    }

    #[test]
    fn what_an_earlier_assignment_finished_moves_the_watermark_when_the_gap_closes() {
        let mut inherited = Finished::default();
        inherited.push(4, 4);
        let mut ledger = Ledger::new(Some(3), inherited, false);
        assert!(ledger.deliver(3) && !ledger.deliver(4) && ledger.deliver(6));
        assert!(ledger.finish(3));
        assert_eq!(commit(&mut ledger, false), Some((5, String::new())));
    }

    #[test]
    fn what_an_earlier_assignment_finished_and_this_one_did_not_reach_is_told_to_the_next() {
        let mut inherited = Finished::default();
        inherited.push(4, 6);
        inherited.push(9, 9);
        let mut ledger = Ledger::new(Some(2), inherited, false);
        assert!(ledger.deliver(2) && ledger.deliver(3) && !ledger.deliver(4) && !ledger.deliver(5));
        assert!(ledger.finish(2));
        let Progress { offset, finished } = ledger.take_progress(false).unwrap();
        assert_eq!(offset, 3);
        let told: Vec<i64> = (0..12).filter(|offset| finished.contains(*offset)).collect();
        assert_eq!(told, [4, 5, 6, 9]);
        assert_eq!(Finished::from_metadata(3, &finished.to_metadata(3)), Ok(finished));
    }

    #[test]
    fn a_watermark_that_reaches_what_was_finished_earlier_goes_past_it() {
        let mut inherited = Finished::default();
        inherited.push(4, 6);
        inherited.push(9, 9);
        let mut ledger = Ledger::new(Some(3), inherited, false);
        assert!(ledger.deliver(3) && ledger.finish(3));
        let Progress { offset, finished } = ledger.take_progress(false).unwrap();
        assert_eq!(offset, 7);
        assert!(finished.contains(9) && !finished.contains(6));
    }

    #[test]
    fn a_start_that_is_new_to_the_group_is_committed() {
        let mut ledger = Ledger::new(Some(3), Finished::default(), true);
        assert_eq!(commit(&mut ledger, false), Some((3, String::new())));
        assert_eq!(commit(&mut ledger, false), None);
    }

    #[test]
    fn a_refused_commit_is_made_again() {
        let mut ledger = ledger([3]);
        ledger.forget_commit();
        assert_eq!(commit(&mut ledger, false), None);
        ledger.finish(3);
        assert_eq!(commit(&mut ledger, false), Some((4, String::new())));
        ledger.forget_commit();
        assert_eq!(commit(&mut ledger, false), Some((4, String::new())));
    }

    #[test]
    fn an_awaited_commit_holds_what_is_not_known_to_be_committed() {
        let mut ledger = ledger([3]);
        assert_eq!(commit(&mut ledger, true), None);
        ledger.finish(3);
        assert_eq!(commit(&mut ledger, false), Some((4, String::new())));
        assert_eq!(commit(&mut ledger, true), Some((4, String::new())));
    }

    #[test]
    fn runs_are_counted_as_they_come_join_and_go() {
        let mut ledger = ledger(0..9);
        for (offset, runs) in [(2, 1), (4, 2), (6, 3), (3, 2), (5, 1), (8, 2), (0, 2), (1, 1), (7, 0)] {
            assert!(ledger.finish(offset));
            assert_eq!(ledger.runs, runs, "after {offset}");
        }
        assert_eq!(commit(&mut ledger, false), Some((9, String::new())));
    }

    #[test]
    fn the_intake_pauses_before_a_commit_has_no_place_for_what_is_done() {
        let mut ledger = ledger(0..5_000);
        let mut done = (1..5_000).step_by(2);
        while !ledger.is_full(10_000) {
            assert!(ledger.finish(done.next().expect("there is an end to it")));
        }
        let Progress { offset, finished } = ledger.take_progress(false).unwrap();
        let metadata = finished.to_metadata(offset);
        assert_eq!(Finished::from_metadata(offset, &metadata), Ok(finished), "nothing was left out");
        for offset in 0..5_000 {
            ledger.finish(offset);
        }
        assert!(!ledger.is_full(10_000));
    }
}
