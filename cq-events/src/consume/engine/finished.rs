//! What is done above the committed offset, and how a commit's metadata tells it to the next owner of the partition.
//!
//! The text is `cq1:` and base64 (RFC 4648, without padding) of LEB128 numbers: the committed offset, so that a text that
//! some tool has copied to another offset is known for what it is; then two for each run of offsets: how far its first
//! offset is from the end of the run before it (from the committed offset for the first run), and how many offsets follow
//! its first.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

const PREFIX: &str = "cq1:";

/// Bytes of metadata that a commit may have: brokers refuse more than 4,096 (`offset.metadata.max.bytes`).
pub(crate) const MAX_METADATA: usize = 3 << 10;

/// Bytes of numbers that fit: base64 makes four of three.
const MAX_BYTES: usize = (MAX_METADATA - PREFIX.len()) / 4 * 3;

/// Offsets, as rising runs that do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finished {
    runs: Vec<Run>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: i64,
    last: i64,
}

/// The metadata of a commit is not ours, or not ours any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foreign;

impl Finished {
    pub(crate) fn contains(&self, offset: i64) -> bool {
        let after = self.runs.partition_point(|run| run.first <= offset);
        after.checked_sub(1).and_then(|index| self.runs.get(index)).is_some_and(|run| offset <= run.last)
    }

    /// The last offset of all.
    pub(crate) fn last(&self) -> Option<i64> {
        self.runs.last().map(|run| run.last)
    }

    /// Adds a run above all others; where it touches the last one, it continues it.
    pub(super) fn push(&mut self, first: i64, last: i64) {
        match self.runs.last_mut() {
            Some(before) if before.last.checked_add(1) == Some(first) => before.last = last,
            _ => self.runs.push(Run { first, last }),
        }
    }

    /// Adds what of another is above an offset.
    pub(super) fn push_above(&mut self, offset: i64, other: &Self) {
        for run in other.runs.iter().filter(|run| run.last > offset) {
            self.push(run.first.max(offset + 1), run.last);
        }
    }

    /// Takes away a run that begins at this offset: the offset after it, or the same where there is none.
    pub(super) fn take_start(&mut self, offset: i64) -> i64 {
        match self.runs.first() {
            Some(run) if run.first <= offset => {
                let next = run.last.saturating_add(1);
                self.runs.remove(0);
                next.max(offset)
            }
            _ => offset,
        }
    }

    /// The metadata of a commit of this offset. What is beyond [`MAX_METADATA`] is left out: it is only done again.
    pub(crate) fn to_metadata(&self, committed: i64) -> String {
        if self.runs.is_empty() {
            return String::new();
        }
        let mut bytes = Vec::new();
        write_number(committed.unsigned_abs(), &mut bytes);
        let mut end = committed;
        for run in &self.runs {
            let before = bytes.len();
            write_number(run.first.abs_diff(end), &mut bytes);
            write_number(run.last.abs_diff(run.first), &mut bytes);
            if bytes.len() > MAX_BYTES {
                bytes.truncate(before);
                break;
            }
            end = run.last + 1;
        }
        let mut text = PREFIX.to_owned();
        STANDARD_NO_PAD.encode_string(bytes, &mut text);
        text
    }

    /// What the metadata of a commit of this offset says; nothing, where there is none.
    pub(crate) fn from_metadata(committed: i64, metadata: &str) -> Result<Self, Foreign> {
        if metadata.is_empty() {
            return Ok(Self::default());
        }
        if committed < 0 || metadata.len() > MAX_METADATA {
            return Err(Foreign);
        }
        let text = metadata.strip_prefix(PREFIX).ok_or(Foreign)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| Foreign)?;
        let (mut input, mut end, mut finished) = (bytes.as_slice(), committed, Self::default());
        if read_number(&mut input) != Some(committed.unsigned_abs()) {
            return Err(Foreign);
        }
        while !input.is_empty() {
            let gap = read_number(&mut input).ok_or(Foreign)?;
            let more = read_number(&mut input).ok_or(Foreign)?;
            // The offset at the end of a run is not done, or it would be of the run.
            let first = end.checked_add_unsigned(gap).filter(|_| gap > 0).ok_or(Foreign)?;
            let last = first.checked_add_unsigned(more).ok_or(Foreign)?;
            end = last.checked_add(1).ok_or(Foreign)?;
            finished.push(first, last);
        }
        Ok(finished)
    }
}

/// Whether so many runs within so many offsets certainly fit into a commit's metadata.
pub(super) fn fits(runs: usize, span: u64) -> bool {
    // The committed offset takes ten bytes at most.
    runs.saturating_mul(2 * number_bytes(span)) + 10 <= MAX_BYTES
}

fn number_bytes(number: u64) -> usize {
    (64 - number.leading_zeros()).div_ceil(7).max(1) as usize
}

fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn read_number(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        let bits = u64::from(byte & 0x7F);
        let shifted = bits << shift;
        if shifted >> shift != bits {
            return None;
        }
        number |= shifted;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(runs: &[(i64, i64)]) -> Finished {
        let mut finished = Finished::default();
        runs.iter().for_each(|(first, last)| finished.push(*first, *last));
        finished
    }

    #[test]
    fn runs_survive_the_metadata() {
        for runs in [
            &[][..],
            &[(1, 1)],
            &[(1, 200), (202, 202)],
            &[(129, 1_000_000), (1_000_002, 1 << 40), (i64::MAX - 1, i64::MAX - 1)],
        ] {
            let finished = finished(runs);
            let metadata = finished.to_metadata(0);
            assert_eq!(Finished::from_metadata(0, &metadata), Ok(finished), "{metadata}");
        }
        assert_eq!(finished(&[]).to_metadata(7), "", "nothing is said by nothing");
        assert_eq!(finished(&[(9, 11), (13, 13)]).to_metadata(7), "cq1:BwICAQA");
    }

    #[test]
    fn an_offset_is_found_in_its_run_only() {
        let finished = finished(&[(3, 5), (8, 8)]);
        let found: Vec<i64> = (0..12).filter(|offset| finished.contains(*offset)).collect();
        assert_eq!(found, [3, 4, 5, 8]);
    }

    #[test]
    fn metadata_of_another_tool_is_foreign() {
        let long = "cq1:".to_owned() + &"AQEB".repeat(2_000);
        for metadata in [
            "a note",
            "cq1",
            "cq2:AgIBAA",
            "cq1:A",
            "cq1:AgIBAA==",
            "cq1:Ag",
            "cq1:CAICAQA",
            "\u{1F525}",
            &long,
        ] {
            assert_eq!(Finished::from_metadata(7, metadata), Err(Foreign), "{metadata}");
        }
        assert_eq!(Finished::from_metadata(-1, "cq1:AgIBAA"), Err(Foreign));
        // Of the right offset, but no runs: half of one, one without a gap before it, numbers that are too long or too large.
        let most = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
        let long = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
        for runs in
            [&[2][..], &[0, 2], &[&long[..], &[0]].concat(), &[&most[..], &[0]].concat(), &[1, 0, 1, 0x80]]
        {
            let metadata = format!("cq1:{}", STANDARD_NO_PAD.encode([&[7], runs].concat()));
            assert_eq!(Finished::from_metadata(7, &metadata), Err(Foreign), "{runs:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_end() {
        let runs: Vec<(i64, i64)> = (0..5_000).map(|run| (2 * run + 1, 2 * run + 1)).collect();
        let all = finished(&runs);
        let metadata = all.to_metadata(0);
        assert!(metadata.len() <= MAX_METADATA, "{}", metadata.len());
        let read = Finished::from_metadata(0, &metadata).unwrap();
        assert_eq!(read.runs, all.runs[..read.runs.len()]);
        assert!(read.runs.len() > 1_000, "{}", read.runs.len());
        assert!(fits(read.runs.len() - 5, 127));
        assert!(!fits(read.runs.len() + 1, 127));
    }
}
