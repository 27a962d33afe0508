//! Varints: seven bits to a byte, the lowest first, and zigzag, which makes small numbers of small magnitudes.

use super::DecodeErrorKind;

/// In each byte of a word the bit that says that another byte follows.
const FOLLOWED: u64 = 0x8080_8080_8080_8080;

pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub(super) const fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

/// The bytes of a varint.
pub(super) fn write(value: u64, buffer: &mut [u8; 10]) -> &[u8] {
    let (mut rest, mut length) = (value, 0);
    for byte in buffer.iter_mut() {
        length += 1;
        *byte = rest as u8 & 0x7F;
        rest >>= 7;
        if rest == 0 {
            break;
        }
        *byte |= 0x80;
    }
    buffer.get(..length).unwrap_or_default()
}

/// A varint of at most 8 bytes, made without a loop: a word, and how many of its bytes count.
#[inline]
pub(super) fn write_word(value: u64) -> Option<([u8; 8], usize)> {
    if value >= 1 << 56 {
        return None;
    }
    // Halves of 28 bits are moved apart, then quarters of 14, then eighths of 7.
    let word = (value & 0x0FFF_FFFF) | ((value >> 28) << 32);
    let word = (word & 0x0000_3FFF_0000_3FFF) | ((word & 0x0FFF_C000_0FFF_C000) << 2);
    let word = (word & 0x007F_007F_007F_007F) | ((word & 0x3F80_3F80_3F80_3F80) << 1);
    let last = word.checked_ilog2().unwrap_or(0) / 8;
    let before_last = (1 << (8 * last)) - 1;
    Some(((word | (FOLLOWED & before_last)).to_le_bytes(), last as usize + 1))
}

/// The varint at the start of `bytes`, and what follows it.
#[inline]
pub(super) fn read(bytes: &[u8]) -> Result<(u64, &[u8]), DecodeErrorKind> {
    let word = bytes.first_chunk().map_or(u64::MAX, |word| u64::from_le_bytes(*word));
    match read_word(word) {
        Some((value, length)) => Ok((value, bytes.get(length..).unwrap_or_default())),
        None => read_by_bytes(bytes),
    }
}

/// The varint at the start of a word, and how many bytes it has; None where it does not end there. This is
/// [`write_word`], backwards.
#[inline]
fn read_word(word: u64) -> Option<(u64, usize)> {
    let ends = !word & FOLLOWED;
    if ends == 0 {
        return None;
    }
    let last = ends.trailing_zeros();
    let word = word & (u64::MAX >> (63 - last)) & !FOLLOWED;
    let word = (word & 0x007F_007F_007F_007F) | ((word & 0x7F00_7F00_7F00_7F00) >> 1);
    let word = (word & 0x0000_3FFF_0000_3FFF) | ((word & 0x3FFF_0000_3FFF_0000) >> 2);
    let value = (word & 0x0FFF_FFFF) | ((word & 0x0FFF_FFFF_0000_0000) >> 4);
    Some((value, last as usize / 8 + 1))
}

fn read_by_bytes(bytes: &[u8]) -> Result<(u64, &[u8]), DecodeErrorKind> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7F) << (7 * index);
        if *byte < 0x80 {
            // The tenth byte has room for one bit.
            if index == 9 && *byte > 1 {
                break;
            }
            return Ok((value, bytes.get(index + 1..).unwrap_or_default()));
        }
    }
    Err(if bytes.len() < 10 { DecodeErrorKind::End } else { DecodeErrorKind::Varint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zigzag_maps_small_magnitudes_to_small_numbers() {
        for (value, coded) in
            [(0, 0), (-1, 1), (1, 2), (-2, 3), (i64::MAX, u64::MAX - 1), (i64::MIN, u64::MAX)]
        {
            assert_eq!((zigzag(value), unzigzag(coded)), (coded, value));
        }
    }

    #[test]
    fn words_and_bytes_are_the_same_varints() {
        let near =
            |value: u64| [value.wrapping_sub(1), value, value.wrapping_add(1), value ^ 0x5555_5555_5555];
        for value in (0..64).map(|bit| 1 << bit).flat_map(near) {
            let mut buffer = [0; 10];
            let written = write(value, &mut buffer);
            let expected = (written.len() <= 8).then_some(written);
            let word = write_word(value);
            assert_eq!(word.as_ref().map(|(word, length)| &word[..*length]), expected, "{value:#x}");
            // Followed by nothing, and by bytes that look as if the varint went on, or ended.
            for next in [&[][..], &[0xFF; 8], &[0; 8]] {
                let bytes = [written, next].concat();
                assert_eq!(read(&bytes), Ok((value, next)), "{value:#x}");
                assert_eq!(read_by_bytes(&bytes), Ok((value, next)), "{value:#x}");
            }
        }
    }

    #[test]
    fn varints_without_an_end_and_beyond_64_bits_are_refused() {
        assert_eq!(read(&[]), Err(DecodeErrorKind::End));
        assert_eq!(read(&[0xFF; 9]), Err(DecodeErrorKind::End));
        assert_eq!(read(&[0xFF; 10]), Err(DecodeErrorKind::Varint));
        let beyond = [&[0xFF; 9][..], &[0x02, 0, 0]].concat();
        assert_eq!(read(&beyond), Err(DecodeErrorKind::Varint));
        // More bytes than it needs are no mistake.
        assert_eq!(read(&[0x81, 0x80, 0, 7, 0, 0, 0, 0]), Ok((1, &[7, 0, 0, 0, 0][..])));
    }
}
