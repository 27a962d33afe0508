//! Which letters of a partition need nothing any more, so that a replay of some does not lose the others.
//!
//! A group's committed offset alone says "all before this". Beside it, in the metadata of the commit, stands what is
//! settled above it: as runs of offsets or as a map of bits, whichever is shorter.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Bytes of a commit's metadata, before they become text. Brokers take 4,096 characters.
const MOST: usize = 2_900;
/// Where letters are no longer taken in: what is on its way then still fits.
const FULL: usize = 2_400;

const RUNS: &str = "cq1r:";
const BITS: &str = "cq1b:";

/// Offsets that are settled: replayed, or not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// From start to end; they neither overlap nor touch.
    ranges: BTreeMap<i64, i64>,
}

impl Settled {
    /// Everything before this offset.
    pub fn before(position: i64) -> Self {
        let mut settled = Self::default();
        settled.add(0..position);
        settled
    }

    /// Adds offsets.
    pub fn add(&mut self, offsets: Range<i64>) {
        let Range { mut start, mut end } = offsets;
        if start >= end {
            return;
        }
        let touching = |(from, to): (&i64, &i64)| (*to >= start).then_some((*from, *to));
        if let Some((from, to)) = self.ranges.range(..=start).next_back().and_then(touching) {
            (start, end) = (from, end.max(to));
        }
        while let Some((from, to)) = self.ranges.range(start..=end).next().map(|(from, to)| (*from, *to)) {
            end = end.max(to);
            self.ranges.remove(&from);
        }
        self.ranges.insert(start, end);
    }

    /// Whether an offset is settled.
    pub fn contains(&self, offset: i64) -> bool {
        self.ranges.range(..=offset).next_back().is_some_and(|(_, end)| offset < *end)
    }

    /// The first offset that is not settled: what the group commits.
    pub fn position(&self) -> i64 {
        self.ranges.first_key_value().filter(|(start, _)| **start == 0).map_or(0, |(_, end)| *end)
    }

    /// What is settled above the position, from there.
    fn above(&self) -> impl Iterator<Item = (u64, u64)> {
        let position = self.position();
        let from_there = move |offset: i64| u64::try_from(offset - position).unwrap_or_default();
        let above = self.ranges.range(position.max(1)..);
        above.map(move |(start, end)| (from_there(*start), from_there(*end)))
    }

    /// Whether a letter can still be remembered. One that closes a gap always can.
    pub fn has_room_for(&self, offset: i64) -> bool {
        if self.bits_length() <= FULL || self.runs_length() <= FULL {
            return true;
        }
        let mut with = self.clone();
        with.add(offset..offset.saturating_add(1));
        with.bytes() <= self.bytes()
    }

    fn bytes(&self) -> usize {
        self.bits_length().min(self.runs_length())
    }

    fn bits_length(&self) -> usize {
        let last = self.ranges.last_key_value().map_or(0, |(_, end)| end - self.position());
        usize::try_from(last).map_or(0, |offsets| offsets.div_ceil(8))
    }

    fn runs_length(&self) -> usize {
        runs(self.above()).map(|number| (64 - (number | 1).leading_zeros()).div_ceil(7) as usize).sum()
    }

    /// The metadata of a commit of the position. Of more than fits, the highest is left out, and so done again.
    pub fn metadata(&self) -> String {
        let mut fitting = self.clone();
        while fitting.bytes() > MOST {
            fitting.ranges.pop_last();
        }
        if fitting.above().next().is_none() {
            return String::new();
        }
        let (prefix, bytes) = if fitting.bits_length() < fitting.runs_length() {
            (BITS, fitting.to_bits())
        } else {
            (RUNS, fitting.to_runs())
        };
        format!("{prefix}{}", STANDARD_NO_PAD.encode(bytes))
    }

    fn to_bits(&self) -> Vec<u8> {
        let mut bits = vec![0_u8; self.bits_length()];
        for (start, end) in self.above() {
            for bit in start..end {
                let byte = usize::try_from(bit / 8).ok().and_then(|index| bits.get_mut(index));
                byte.into_iter().for_each(|byte| *byte |= 1 << (bit % 8));
            }
        }
        bits
    }

    fn to_runs(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for mut number in runs(self.above()) {
            while number >= 0x80 {
                bytes.push(number as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
        }
        bytes
    }

    /// What a group has committed. Metadata that are not ours count as none.
    pub fn read(position: i64, metadata: &str) -> Self {
        let mut settled = Self::before(position);
        let decode = |text: &str| STANDARD_NO_PAD.decode(text).ok();
        if let Some(bits) = metadata.strip_prefix(BITS).and_then(decode) {
            for (byte, index) in bits.iter().zip((0_i64..).step_by(8)) {
                for bit in (0..8).filter(|bit| byte >> bit & 1 == 1) {
                    let offset = position.saturating_add(index + bit);
                    settled.add(offset..offset.saturating_add(1));
                }
            }
        } else if let Some(bytes) = metadata.strip_prefix(RUNS).and_then(decode) {
            let mut at = position;
            let mut numbers = numbers(&bytes).into_iter();
            while let (Some(gap), Some(length)) = (numbers.next(), numbers.next()) {
                let start = at.saturating_add(gap);
                at = start.saturating_add(length);
                settled.add(start..at);
            }
        }
        settled
    }
}

/// How far it is to each range from the one before, and how long it is.
fn runs(ranges: impl Iterator<Item = (u64, u64)>) -> impl Iterator<Item = u64> {
    let mut at = 0;
    ranges.flat_map(move |(start, end)| {
        let gap = start - at;
        at = end;
        [gap, end - start]
    })
}

fn numbers(bytes: &[u8]) -> Vec<i64> {
    let of = |group: &[u8]| {
        group.iter().rev().fold(0_i64, |number, byte| (number << 7) | i64::from(byte & 0x7f)) & i64::MAX
    };
    bytes.split_inclusive(|byte| *byte < 0x80).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(position: i64, offsets: impl IntoIterator<Item = i64>) -> Settled {
        let mut settled = Settled::before(position);
        offsets.into_iter().for_each(|offset| settled.add(offset..offset + 1));
        settled
    }

    #[test]
    fn ranges_merge_whatever_their_order() {
        let mut settled = Settled::default();
        for range in [4..6, 8..9, 6..7, 0..2, 1..3, 20..30, 22..25] {
            settled.add(range);
        }
        assert_eq!(settled.ranges.into_iter().collect::<Vec<_>>(), [(0, 3), (4, 7), (8, 9), (20, 30)]);
        let settled = of(3, [3, 5]);
        assert_eq!(settled.position(), 4);
        assert_eq!([0, 3, 4, 5, 6].map(|offset| settled.contains(offset)), [true, true, false, true, false]);
        assert_eq!(of(0, [1]).position(), 0);
    }

    #[test]
    fn what_is_committed_is_read_back() {
        let sparse = of(1_000_000, (0..300).map(|n| 1_000_100 + n * 5_000));
        let dense = of(7, (0..20_000).filter(|n| n % 3 == 0).map(|n| 8 + n));
        for settled in [of(0, []), of(9, []), of(0, [3]), of(5, [7, 8, 9, 500]), sparse, dense] {
            let metadata = settled.metadata();
            assert!(metadata.len() < 4_000, "{}", metadata.len());
            assert_eq!(Settled::read(settled.position(), &metadata), settled);
        }
    }

    #[test]
    fn of_more_than_fits_the_highest_is_forgotten() {
        let settled = of(0, (0..5_000).map(|n| 1 + n * 100));
        let metadata = settled.metadata();
        assert!(metadata.len() < 4_000);
        let read = Settled::read(0, &metadata);
        let kept = read.ranges.len();
        assert!(kept > 1_000, "{kept}");
        assert!(settled.ranges.iter().take(kept).eq(read.ranges.iter()));
    }

    #[test]
    fn there_is_room_until_it_is_full_and_for_what_closes_a_gap() {
        let mut settled = Settled::default();
        let scattered = (0_i64..).map(|n| 1 + n * 2).find(|offset| {
            let has_room = settled.has_room_for(*offset);
            settled.add(*offset..offset + 1);
            !has_room
        });
        let full = scattered.unwrap();
        assert!((19_000..20_000).contains(&full), "{full}");
        assert!(!settled.has_room_for(full + 100));
        for gap in (0..full).step_by(2) {
            assert!(settled.has_room_for(gap), "{gap}");
            settled.add(gap..gap + 1);
        }
        assert_eq!((settled.position(), settled.has_room_for(full + 100)), (full + 1, true));
    }

    #[test]
    fn metadata_of_others_count_as_none() {
        for metadata in ["", "hello", "cq1r:!!", "cq1x:AAAA", "cq1r:"] {
            assert_eq!(Settled::read(7, metadata), Settled::before(7), "{metadata}");
        }
        // Numbers that are too large, and one that does not end.
        for bytes in [&[0xff; 40][..], &[0x80]] {
            let metadata = format!("{RUNS}{}", STANDARD_NO_PAD.encode(bytes));
            assert_eq!(Settled::read(7, &metadata).position(), 7);
        }
    }
}
