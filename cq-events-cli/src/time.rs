//! Points in time as people say them.

use jiff::{SpanRelativeTo, Timestamp};

/// A time in RFC 3339, a date (its first moment in UTC), or how long it is ago, such as `2h` or `1d 12h`.
///
/// # Errors
/// When it is none of them, with what would be.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    if let Ok(time) = format!("{text}T00:00:00Z").parse() {
        return Ok(time);
    }
    let wrong = || {
        format!("`{text}` is no time: write 2026-01-31T12:00:00Z, 2026-01-31, or how long ago, such as 2h")
    };
    let ago: jiff::Span = text.parse().map_err(|_| wrong())?;
    let ago = ago.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    now.checked_sub(ago.abs()).map_err(|_| format!("`{text}` is too long ago"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_dates_and_spans_are_understood() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-01-30T01:02:03Z", "2026-01-30T01:02:03Z"),
            ("2026-01-30T01:02:03+02:00", "2026-01-29T23:02:03Z"),
            ("2026-01-30", "2026-01-30T00:00:00Z"),
            ("2h", "2026-01-31T10:00:00Z"),
            ("1d 12h", "2026-01-30T00:00:00Z"),
            ("90m", "2026-01-31T10:30:00Z"),
        ] {
            assert_eq!(moment(text, now), Ok(expected.parse().unwrap()), "{text}");
        }
        for text in ["", "yesterday", "2", "2026-13-01", "1month"] {
            assert!(moment(text, now).unwrap_err().contains("such as 2h"), "{text}");
        }
    }
}
