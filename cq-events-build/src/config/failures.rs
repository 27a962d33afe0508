//! The table `failures` of a stream: what consumers do with events that fail.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::{Reader, Value};

/// What is set; the rest is as the runtime has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Failures {
    pub(crate) max_retries: Option<u32>,
    pub(crate) retry_delay: Option<Duration>,
    pub(crate) max_retry_delay: Option<Duration>,
    pub(crate) handler_deadline: Option<Duration>,
    pub(crate) dead_letters: Option<bool>,
    pub(crate) breaker_in_a_row: Option<u32>,
    /// A part of at least so many messages.
    pub(crate) breaker_ratio: Option<(f64, u32)>,
}

/// The settings.
pub(super) const KEYS: [&str; 7] = [
    "max_retries",
    "retry_delay",
    "max_retry_delay",
    "handler_deadline",
    "dead_letters",
    "breaker_in_a_row",
    "breaker_ratio",
];

/// Units of time, in milliseconds. The longer name first.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

impl Reader {
    pub(super) fn failures(&mut self, value: &Value<'_>) -> Failures {
        let DeValue::Table(table) = value.get_ref() else {
            self.error(
                value.span(),
                "`failures` is a table",
                "write [stream.NAME.failures], and the settings below it",
            );
            return Failures::default();
        };
        self.refuse_unknown(table, &KEYS);
        let value = |key| table.get(key);
        let failures = Failures {
            max_retries: value("max_retries").and_then(|value| self.count("max_retries", value)),
            retry_delay: value("retry_delay").and_then(|value| self.time("retry_delay", "200ms", value)),
            max_retry_delay: value("max_retry_delay")
                .and_then(|value| self.some_time("max_retry_delay", "30s", value)),
            handler_deadline: value("handler_deadline")
                .and_then(|value| self.some_time("handler_deadline", "60s", value)),
            dead_letters: value("dead_letters").map(|value| self.flag("dead_letters", value)),
            breaker_in_a_row: value("breaker_in_a_row")
                .and_then(|value| self.count("breaker_in_a_row", value)),
            breaker_ratio: value("breaker_ratio").and_then(|value| self.ratio(value)),
        };
        self.check_delays(table, &failures);
        failures
    }

    /// Delays rise up to their cap, so the first one must lie below it.
    fn check_delays(&mut self, table: &DeTable<'_>, failures: &Failures) {
        if let (Some(first), Some(most)) = (failures.retry_delay, failures.max_retry_delay)
            && first > most
            && let Some(value) = table.get("max_retry_delay")
        {
            let message = "`max_retry_delay` is shorter than `retry_delay`";
            self.error(value.span(), message, "the delay doubles from `retry_delay` up to `max_retry_delay`");
        }
    }

    fn count(&mut self, key: &str, value: &Value<'_>) -> Option<u32> {
        let number = whole(value).and_then(|number| u32::try_from(number).ok());
        if number.is_none() {
            let message = format!("`{key}` is a number from 0 to {}", u32::MAX);
            self.error(value.span(), message, format!("write {key} = 5"));
        }
        number
    }

    /// A time; `usual` is one that makes sense for the key.
    fn time(&mut self, key: &str, usual: &str, value: &Value<'_>) -> Option<Duration> {
        let time = match value.get_ref() {
            DeValue::String(text) => duration(text),
            _ => None,
        };
        if time.is_none() {
            let hint = match whole(value) {
                Some(number) => format!("write {key} = \"{number}ms\""),
                None => format!("write {key} = \"{usual}\"; the units are ms, s, m and h"),
            };
            let message = format!("`{key}` is a whole number with a unit of time, in quotes");
            self.error(value.span(), message, hint);
        }
        time
    }

    /// A time that would make no sense if it were none.
    fn some_time(&mut self, key: &str, usual: &str, value: &Value<'_>) -> Option<Duration> {
        let time = self.time(key, usual, value)?;
        if time.is_zero() {
            let message = format!("`{key}` is longer than nothing");
            self.error(value.span(), message, format!("write {key} = \"{usual}\""));
            return None;
        }
        Some(time)
    }

    fn ratio(&mut self, value: &Value<'_>) -> Option<(f64, u32)> {
        const FORM: &str = "write breaker_ratio = { above = 0.5, of = 1000 }";
        let DeValue::Table(table) = value.get_ref() else {
            self.error(value.span(), "`breaker_ratio` is a table of `above` and `of`", FORM);
            return None;
        };
        let errors = self.errors.len();
        self.refuse_unknown(table, &["above", "of"]);
        let (Some(above), Some(of)) = (table.get("above"), table.get("of")) else {
            // What is missing may be what was misspelt.
            if self.errors.len() == errors {
                self.error(value.span(), "`breaker_ratio` needs both `above` and `of`", FORM);
            }
            return None;
        };
        let part = match above.get_ref() {
            DeValue::Float(number) => number.as_str().replace('_', "").parse::<f64>().ok(),
            _ => whole(above).and_then(|number| u32::try_from(number).ok()).map(f64::from),
        };
        // NaN lies in no range.
        let part = part.filter(|part| (0.0..=1.0).contains(part));
        if part.is_none() {
            self.error(above.span(), "`above` is a number from 0.0 to 1.0", FORM);
        }
        let messages =
            whole(of).and_then(|number| u32::try_from(number).ok()).filter(|messages| *messages > 0);
        if messages.is_none() {
            self.error(of.span(), format!("`of` is a number from 1 to {}", u32::MAX), FORM);
        }
        Some((part?, messages?))
    }
}

/// A whole number that is not negative.
fn whole(value: &Value<'_>) -> Option<u64> {
    match value.get_ref() {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

/// A whole number and its unit, with nothing between: `200ms`, `30s`, `2m`, `1h`.
fn duration(text: &str) -> Option<Duration> {
    let (number, factor) =
        UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let millis = number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(factor)?;
    Some(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_number_and_a_unit() {
        let millis = |text| duration(text).map(|time| time.as_millis());
        assert_eq!(millis("200ms"), Some(200));
        assert_eq!(millis("0ms"), Some(0));
        assert_eq!(millis("30s"), Some(30_000));
        assert_eq!(millis("2m"), Some(120_000));
        assert_eq!(millis("1h"), Some(3_600_000));
        for text in [
            "",
            "ms",
            "200",
            "200 ms",
            "+2s",
            "-2s",
            "1.5s",
            "2d",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
