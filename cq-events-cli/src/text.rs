//! Bytes that somebody else wrote, made safe to be shown: a terminal obeys some of them.

use std::fmt::Write;

/// Text for one line of a terminal: what is invisible or would move the cursor, change colours or the direction of
/// writing is escaped, and so is the backslash.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x7f' if character.is_control() => _ = write!(out, "\\x{:02x}", u32::from(character)),
            _ if is_unsafe(character) => _ = write!(out, "\\u{{{:x}}}", u32::from(character)),
            _ => out.push(character),
        }
    }
    out
}

/// [`escape`] for bytes that may be no text: those that are none are `\xff`.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&escape(chunk.valid()));
        chunk.invalid().iter().for_each(|byte| _ = write!(out, "\\x{byte:02x}"));
    }
    out
}

/// Control characters, separators of lines, and the invisible ones that change what is seen of others.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' |
            '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Bytes as pairs of hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        _ = write!(out, "{byte:02x}");
        out
    })
}

/// The bytes that an even number of hexadecimal digits stands for.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// `1,234,567`
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_that_it_obeys() {
        let text = "a\x1b[31mred\x07\u{9b}2J\r\n\u{202e}evil\u{2028}\u{200b}\\ü€";
        let escaped = escape(text);
        assert_eq!(escaped, "a\\x1b[31mred\\x07\\u{9b}2J\\r\\n\\u{202e}evil\\u{2028}\\u{200b}\\\\ü€");
        assert!(!escaped.chars().any(is_unsafe));
        assert_eq!(escape_bytes(b"a\xff\xfe\x1bz"), "a\\xff\\xfe\\x1bz");
        assert_eq!(escape_bytes("€".as_bytes()), "€");
    }

    #[test]
    fn hexadecimal_digits_are_read_back() {
        assert_eq!(unhex(&hex(&[0, 0xff, 0x1b])), Some(vec![0, 0xff, 0x1b]));
        assert_eq!((unhex("abc"), unhex("zz"), unhex("")), (None, None, Some(Vec::new())));
    }

    #[test]
    fn large_numbers_have_commas() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
