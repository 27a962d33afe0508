//! Counting dead letters, and bars for the counts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::letter::{Letter, Origin};

/// How many different errors are told apart; what is new then counts as others.
const MOST: usize = 10_000;
/// The most buckets of time.
const BUCKETS: i64 = 24;
/// How long a bucket may be, in seconds: a minute, 5, 15, an hour, 6, a day, a week, 4 weeks.
const LENGTHS: [i64; 8] = [60, 300, 900, 3_600, 21_600, 86_400, 604_800, 2_419_200];

/// An error, as far as letters are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorKey {
    /// The kind, or the framework that says it its own way.
    pub kind: String,
    /// The name of the error's type.
    pub exception: String,
    /// The message, with `#` for numbers.
    pub message: String,
}

/// Letters by error and event.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    errors: BTreeMap<ErrorKey, u64>,
    events: BTreeMap<String, u64>,
}

impl Errors {
    /// Counts a letter.
    pub fn add(&mut self, letter: &Letter, event: Option<&str>) {
        let key = match &letter.origin {
            Origin::Ours(ours) => ErrorKey {
                kind: ours.kind.name().to_owned(),
                exception: ours.exception.clone(),
                message: pattern(&ours.message),
            },
            Origin::Other(framework) => ErrorKey {
                kind: "-".to_owned(),
                exception: "-".to_owned(),
                message: format!("(a dead letter of {framework})"),
            },
        };
        count(&mut self.errors, key, || ErrorKey {
            kind: "-".to_owned(),
            exception: "-".to_owned(),
            message: "(others)".to_owned(),
        });
        count(&mut self.events, event.unwrap_or("-").to_owned(), || "(others)".to_owned());
    }

    /// The errors, the most frequent first.
    pub fn errors(&self) -> Vec<(&ErrorKey, u64)> {
        sorted(&self.errors)
    }

    /// The events, the most frequent first.
    pub fn events(&self) -> Vec<(&String, u64)> {
        sorted(&self.events)
    }
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, others: impl FnOnce() -> K) {
    let is_full = counts.len() >= MOST && !counts.contains_key(&key);
    *counts.entry(if is_full { others() } else { key }).or_default() += 1;
}

fn sorted<K: Ord>(counts: &BTreeMap<K, u64>) -> Vec<(&K, u64)> {
    let mut sorted: Vec<(&K, u64)> = counts.iter().map(|(key, count)| (key, *count)).collect();
    sorted.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
    sorted
}

/// A message with `#` for each word that has a digit in it, and for the rest of identifiers: those differ from letter to
/// letter where the error is one.
fn pattern(message: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let length = if is_part(first) {
            rest.find(|character| !is_part(character)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, next) = rest.split_at(length);
        out.push_str(if word.bytes().any(|byte| byte.is_ascii_digit()) { "#" } else { word });
        rest = next;
    }
    out
}

/// Letters by time.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// By minute, from 1970.
    minutes: BTreeMap<i64, u64>,
}

impl Times {
    /// Counts a letter.
    pub fn add(&mut self, at: Timestamp) {
        *self.minutes.entry(at.as_second().div_euclid(60)).or_default() += 1;
    }

    /// Buckets of one length that fits the range, those without letters too: their beginnings, and counts.
    pub fn buckets(&self) -> (i64, Vec<(Timestamp, u64)>) {
        let (Some((first, _)), Some((last, _))) =
            (self.minutes.first_key_value(), self.minutes.last_key_value())
        else {
            return (60, Vec::new());
        };
        let (first, last) = (first * 60, last * 60);
        let fits = |length: &i64| last.div_euclid(*length) - first.div_euclid(*length) < BUCKETS;
        let longest = || (last - first) / BUCKETS + 86_400;
        let length = LENGTHS.into_iter().find(fits).unwrap_or_else(longest);
        let mut counts: BTreeMap<i64, u64> =
            (first.div_euclid(length)..=last.div_euclid(length)).map(|bucket| (bucket, 0)).collect();
        for (minute, count) in &self.minutes {
            *counts.entry((minute * 60).div_euclid(length)).or_default() += count;
        }
        let begin =
            |bucket: i64| Timestamp::from_second(bucket.saturating_mul(length)).unwrap_or(Timestamp::MIN);
        (length, counts.into_iter().map(|(bucket, count)| (begin(bucket), count)).collect())
    }
}

/// A bar for a count, of at most `width` columns, in eighths of one.
pub fn bar(count: u64, most: u64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let width = u128::try_from(width).unwrap_or_default();
    let eighths = (u128::from(count) * width * 8).div_ceil(u128::from(most.max(1)));
    let full = usize::try_from(eighths / 8).unwrap_or_default();
    let part = usize::try_from(eighths % 8).ok().and_then(|part| EIGHTHS.get(part)).unwrap_or(&"");
    format!("{}{part}", "█".repeat(full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_numbers_do_not_tell_errors_apart() {
        for (message, expected) in [
            ("no stock of INS-001 in 3 stores", "no stock of # in # stores"),
            ("id 6a9f-33: not found", "id #: not found"),
            ("at 10.0.0.7:9092", "at #.#.#.#:#"),
            ("größe zu groß", "größe zu groß"),
            ("", ""),
        ] {
            assert_eq!(pattern(message), expected);
        }
    }

    #[test]
    fn buckets_are_as_long_as_the_range_needs() {
        let times = |texts: &[&str]| {
            let mut times = Times::default();
            texts.iter().for_each(|text| times.add(text.parse().unwrap()));
            times.buckets()
        };
        let (length, buckets) =
            times(&["2026-01-01T00:00:30Z", "2026-01-01T00:03:00Z", "2026-01-01T00:03:59Z"]);
        assert_eq!(length, 60);
        assert_eq!(buckets.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 0, 0, 2]);
        let (length, buckets) = times(&["2026-01-01T00:30:00Z", "2026-01-01T20:00:00Z"]);
        assert_eq!((length, buckets.len()), (3_600, 21));
        let (length, buckets) = times(&["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z"]);
        assert!(length > 86_400 && buckets.len() <= 25, "{length} {}", buckets.len());
        assert_eq!(buckets.iter().map(|(_, count)| count).sum::<u64>(), 2);
        assert_eq!(times(&[]).1, []);
    }

    #[test]
    fn bars_fit_and_show_the_least_too() {
        assert_eq!(bar(10, 10, 4), "████");
        assert_eq!(bar(5, 10, 4), "██");
        assert_eq!(bar(1, 1_000_000, 4), "▏");
        assert_eq!(bar(0, 10, 4), "");
    }
}
