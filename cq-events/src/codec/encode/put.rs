//! Appending to the buffer. These take the buffer and not the encoder: that what they write is not the buffer's own
//! length is then known to the compiler, and it does not read that again after each byte.

use crate::codec::varint;

/// A number without a sign, as a varint.
#[inline]
pub(super) fn unsigned(out: &mut Vec<u8>, value: u64) {
    match value {
        ..0x80 => out.push(value as u8),
        _ => unsigned_of_many_bytes(out, value),
    }
}

fn unsigned_of_many_bytes(out: &mut Vec<u8>, value: u64) {
    match varint::write_word(value) {
        Some((word, length)) => {
            // To write all of a word is one store, where to write so many bytes of it would be a call.
            let end = out.len() + length;
            out.extend_from_slice(&word);
            out.truncate(end);
        }
        None => out.extend_from_slice(varint::write(value, &mut [0; 10])),
    }
}

/// A length, a count or an index: a long that is not negative.
#[inline]
pub(super) fn count(out: &mut Vec<u8>, count: usize) {
    unsigned(out, (count as u64) << 1);
}

/// Bytes, with their length in front.
#[inline]
pub(super) fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    count(out, value.len());
    out.extend_from_slice(value);
}
