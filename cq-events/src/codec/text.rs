//! Bytes that are text.
//!
//! The standard library's check takes longer than all else of a short string, and strings are mostly ASCII, which a few
//! words tell. That makes decoding a view a fifth faster (`cargo bench --bench codec`), and is worth the one line of
//! `unsafe` that the codec has.
#![allow(unsafe_code, reason = "see above")]

/// In each byte of a word the bit that ASCII does not have.
const NOT_ASCII: u64 = 0x8080_8080_8080_8080;

/// The text, where the bytes are UTF-8.
#[inline]
pub(super) fn of(bytes: &[u8]) -> Option<&str> {
    if is_ascii(bytes) {
        // SAFETY: no byte has its highest bit, so each is a character of ASCII, and ASCII is UTF-8.
        Some(unsafe { std::str::from_utf8_unchecked(bytes) })
    } else {
        std::str::from_utf8(bytes).ok()
    }
}

/// Whether no byte has its highest bit. Looks at some bytes twice rather than at the last ones one by one.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let bits = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes.last_chunk::<8>()) {
        (_, _, Some(last)) => {
            let (words, _) = bytes.as_chunks::<8>();
            words.iter().fold(u64::from_le_bytes(*last), |bits, word| bits | u64::from_le_bytes(*word))
        }
        (Some(first), Some(last), None) => u64::from(u32::from_le_bytes(*first) | u32::from_le_bytes(*last)),
        _ => bytes.iter().fold(0, |bits, byte| bits | u64::from(*byte)),
    };
    bits & NOT_ASCII == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of their own on the heap, so that a look beyond them is seen by valgrind.
    fn check(bytes: &[u8]) {
        let own: Box<[u8]> = bytes.into();
        assert_eq!(of(&own), std::str::from_utf8(bytes).ok(), "{bytes:?}");
        assert_eq!(is_ascii(&own), bytes.is_ascii(), "{bytes:?}");
    }

    #[test]
    fn text_is_what_the_standard_library_takes_for_it() {
        for length in 0..70 {
            let ascii = vec![b'a'; length];
            check(&ascii);
            for at in 0..length {
                for byte in [0x00, 0x7F, 0x80, 0xC3, 0xFF] {
                    let mut other = ascii.clone();
                    other[at] = byte;
                    check(&other);
                }
                let mut accented = ascii.clone();
                accented.splice(at..at, "é🌡".bytes());
                check(&accented);
            }
        }
    }

    #[test]
    fn two_bytes_of_any_kind() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                check(&[first, second]);
            }
        }
    }
}
