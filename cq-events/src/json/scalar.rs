//! The forms of values without parts, where they are not serde's own.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserializer, Serializer};
use uuid::Uuid;

use super::JsonForm;
use crate::codec::WideDecimal;

/// What a string says, by `FromStr`.
struct Text<T> {
    expected: &'static str,
    parse: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// A date, where jiff takes all that begins with one.
fn date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit() || b"+-".contains(&byte)))
}

/// A time, where jiff takes all that has one in it.
fn time(text: &str) -> Option<Time> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte)))
}

/// A local time, where jiff passes over offsets and zones.
fn local(text: &str) -> Option<DateTime> {
    let (day, clock) = text.split_once(['T', 't', ' '])?;
    Some(date(day)?.to_datetime(time(clock)?))
}

/// A decimal with all its digits, where `FromStr` rounds.
fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

macro_rules! text_form {
    ($($ty:ty: $parse:ident, $expected:literal),* $(,)?) => {
        $(
            impl JsonForm for $ty {
                fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                    out.collect_str(self)
                }

                fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                    input.deserialize_str(Text { expected: $expected, parse: $parse })
                }
            }
        )*
    };
}

text_form! {
    Date: date, "a date, such as \"2026-11-25\"",
    DateTime: local, "a local date and time, such as \"2026-11-25T13:00:00\"",
    Decimal: decimal, "a decimal number of at most 28 digits in a string",
    Time: time, "a time, such as \"13:00:00\"",
    Timestamp: parse, "a time, such as \"2026-11-25T13:00:00Z\"",
    Uuid: parse, "a UUID",
    WideDecimal: parse, "a decimal number in a string",
}

/// A number, or the name of one that JSON has not.
struct Float;

impl Visitor<'_> for Float {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }
}

/// The name of a number that JSON has not.
fn name(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

impl JsonForm for f64 {
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match name(*self) {
            Some(name) => out.serialize_str(name),
            None => out.serialize_f64(*self),
        }
    }

    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Float)
    }
}

impl JsonForm for f32 {
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match name(f64::from(*self)) {
            Some(name) => out.serialize_str(name),
            None => out.serialize_f32(*self),
        }
    }

    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let value = input.deserialize_any(Float)?;
        match value as Self {
            infinite if infinite.is_infinite() && value.is_finite() => {
                Err(D::Error::custom(format_args!("{value} is outside the range of a float")))
            }
            float => Ok(float),
        }
    }
}

const BYTES: &str = "a string of characters up to U+00FF, one per byte";

fn write_bytes<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    out.serialize_str(&text)
}

impl JsonForm for Vec<u8> {
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        write_bytes(self, out)
    }

    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_str(Text { expected: BYTES, parse: cq_events_schema::one_byte_each })
    }
}

impl<const N: usize> JsonForm for [u8; N] {
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        write_bytes(self, out)
    }

    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let bytes = Vec::<u8>::read(input)?;
        let length = bytes.len();
        bytes.try_into().map_err(|_| D::Error::custom(format_args!("{length} bytes for a fixed of {N}")))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, F64Deserializer, StrDeserializer};

    use super::*;

    fn read<T: JsonForm>(text: &str) -> Option<T> {
        let input: StrDeserializer<'_, Error> = text.into_deserializer();
        T::read(input).ok()
    }

    #[test]
    fn nothing_that_is_written_is_passed_over() {
        assert!(read::<Date>("2026-11-25").is_some() && read::<Date>("-000001-01-01").is_some());
        for text in ["2026-11-25T23:30:00-05:00", "2026-11-25T00:00:00", "2026-11-25[Europe/Berlin]"] {
            assert_eq!(read::<Date>(text), None, "{text}");
        }
        assert!(read::<Time>("13:00:00.000001").is_some());
        for text in ["2026-11-25T13:00:00", "13:00:00Z", "13:00:00+01:00"] {
            assert_eq!(read::<Time>(text), None, "{text}");
        }
        assert!(read::<DateTime>("2026-11-25T13:00:00").is_some());
        for text in
            ["2026-11-25", "2026-11-25T13:00:00+01:00", "2026-11-25T13:00:00Z", "2026-11-25T13:00:00[UTC]"]
        {
            assert_eq!(read::<DateTime>(text), None, "{text}");
        }
    }

    #[test]
    fn no_number_is_rounded_to_another_kind() {
        assert!(read::<Decimal>("-12.50").is_some_and(|value| value.to_string() == "-12.50"));
        for text in ["1.00000000000000000000000000004", "1e-40", "1e2", ""] {
            assert_eq!(read::<Decimal>(text), None, "{text}");
        }
        let float = |value: f64| f32::read(F64Deserializer::<Error>::new(value)).ok();
        assert_eq!(float(1.5), Some(1.5));
        assert_eq!(float(1e39), None);
        assert_eq!(read::<f32>("Infinity"), Some(f32::INFINITY));
    }
}
