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

macro_rules! text_form {
    ($($ty:ty: $expected:literal),* $(,)?) => {
        $(
            impl JsonForm for $ty {
                fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                    out.collect_str(self)
                }

                fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                    input.deserialize_str(Text { expected: $expected, parse })
                }
            }
        )*
    };
}

text_form! {
    Date: "a date, such as \"2026-11-25\"",
    DateTime: "a local date and time, such as \"2026-11-25T13:00:00\"",
    Decimal: "a decimal number in a string",
    Time: "a time, such as \"13:00:00\"",
    Timestamp: "a time, such as \"2026-11-25T13:00:00Z\"",
    Uuid: "a UUID",
    WideDecimal: "a decimal number in a string",
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
        Ok(input.deserialize_any(Float)? as Self)
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
