//! Which dead letters are meant.

use std::ops::Range;

use cq_events::dead_letter::ErrorKind;
use jiff::Timestamp;

use crate::letter::Letter;
use crate::read::Span;

/// Which dead letters are meant: those that fit all that is said. What cannot be told of a letter does not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What went wrong: one of these, unless it is empty.
    pub kinds: Vec<ErrorKind>,
    /// The event's fullname, or its last part: one of these, unless it is empty.
    pub events: Vec<String>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// Given up at this time or later.
    pub since: Option<Timestamp>,
    /// Given up before this time.
    pub until: Option<Timestamp>,
    /// In one of these partitions of the dead letters, unless it is empty.
    pub partitions: Vec<i32>,
    /// At these offsets of the dead letters.
    pub offsets: Option<Range<i64>>,
    /// Given up by this consumer group.
    pub group: Option<String>,
}

impl Filter {
    /// The parts of a topic where such letters may be.
    pub fn spans(&self, spans: Vec<Span>) -> Vec<Span> {
        let wanted = |span: &Span| self.partitions.is_empty() || self.partitions.contains(&span.partition);
        let mut spans: Vec<Span> = spans.into_iter().filter(wanted).collect();
        if let Some(offsets) = &self.offsets {
            for span in &mut spans {
                span.start = span.start.max(offsets.start);
                span.end = span.end.min(offsets.end).max(span.start);
            }
        }
        spans
    }

    /// Whether a letter of [`Filter::spans`] is meant. `event` is the fullname of its event, where it is known.
    pub fn fits(&self, letter: &Letter, event: Option<&str>) -> bool {
        let is_event = |wanted: &String| {
            event.is_some_and(|event| event == wanted || event.rsplit('.').next() == Some(wanted.as_str()))
        };
        (self.events.is_empty() || self.events.iter().any(is_event)) && self.fits_but_for_its_event(letter)
    }

    /// Whether a letter is meant or not by its event alone.
    pub fn is_about_the_event_of(&self, letter: &Letter) -> bool {
        !self.events.is_empty() && self.fits_but_for_its_event(letter)
    }

    fn fits_but_for_its_event(&self, letter: &Letter) -> bool {
        let ours = letter.ours();
        let at = letter.failed_at();
        (self.kinds.is_empty() || ours.is_some_and(|ours| self.kinds.contains(&ours.kind)))
            && self.key.as_ref().is_none_or(|key| letter.key.as_ref() == Some(key))
            && self.since.is_none_or(|since| at.is_some_and(|at| at >= since))
            && self.until.is_none_or(|until| at.is_some_and(|at| at < until))
            && self.group.as_ref().is_none_or(|group| ours.is_some_and(|ours| ours.group == *group))
    }
}

/// `A..B`, without B; `A..=B`, with it; `A..`, `..B`, or one offset.
///
/// # Errors
/// When it is none of them, with what would be.
pub fn offsets(text: &str) -> Result<Range<i64>, String> {
    let wrong = || format!("`{text}` are no offsets: write one, or 100..200 (without 200), 100.., ..200");
    let number = |text: &str| text.parse::<i64>().ok().filter(|offset| *offset >= 0).ok_or_else(wrong);
    let range = match text.split_once("..") {
        None => {
            let offset = number(text)?;
            offset..offset.saturating_add(1)
        }
        Some((start, end)) => {
            let start = if start.is_empty() { 0 } else { number(start)? };
            match end.strip_prefix('=') {
                Some(last) => start..number(last)?.saturating_add(1),
                None if end.is_empty() => start..i64::MAX,
                None => start..number(end)?,
            }
        }
    };
    if range.start > range.end { Err(format!("`{text}` ends before it begins")) } else { Ok(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_one_or_a_range() {
        assert_eq!(offsets("7"), Ok(7..8));
        assert_eq!(offsets("7..9"), Ok(7..9));
        assert_eq!(offsets("7..=9"), Ok(7..10));
        assert_eq!(offsets("7.."), Ok(7..i64::MAX));
        assert_eq!(offsets("..9"), Ok(0..9));
        for wrong in ["", "x", "-1", "9..7", "1..x", "1...3"] {
            assert!(offsets(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn spans_are_cut_to_the_partitions_and_offsets() {
        let span = |partition, start, end| Span { partition, start, end };
        let spans = vec![span(0, 0, 10), span(1, 5, 8), span(2, 0, 3)];
        let filter = Filter { partitions: vec![0, 2], offsets: Some(4..7), ..Filter::default() };
        assert_eq!(filter.spans(spans), [span(0, 4, 7), span(2, 4, 4)]);
    }
}
