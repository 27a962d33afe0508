//! Events as JSON for people: logs, tools, tests. What travels is always Avro's binary form.
//!
//! A stream with `serde = true` in `streams.toml` has `serde::Serialize` and `serde::Deserialize` on its enum, its
//! events and their parts. The forms are those of Avro's JSON encoding (Avro 1.12, "JSON Encoding"), but for three things
//! that are written as people write them: logical types; a union of one type beside null, which is the bare value; and
//! NaN and the infinities, which JSON has not. Other Avro libraries' JSON decoders do not read these:
//!
//! | Avro | JSON |
//! |---|---|
//! | an event, in its stream's enum | `{"<fullname>": {...}}` |
//! | record | an object, with the schema's field names; all fields, and no others |
//! | null, boolean, int, long, string | `null`, `true`, `1`, `"text"` |
//! | float, double | a number, or one of `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | bytes, fixed | a string with a character from U+0000 to U+00FF per byte |
//! | enum | its symbol |
//! | array, map | an array, an object in the order of its keys |
//! | union of null and one type, union of one type | the value |
//! | union of several types | null, or `{"<type>": value}` with the fullname, the primitive type, `array` or `map` |
//! | uuid | `"00000000-0000-0000-0000-000000000000"` |
//! | decimal | a string, such as `"12.50"` |
//! | date, time | `"2026-11-25"`, `"13:00:00"` |
//! | timestamp, local timestamp | `"2026-11-25T13:00:00Z"`, `"2026-11-25T13:00:00"` |
//! | duration | `{"months": 1, "days": 2, "millis": 3}` |
//!
//! They need a format that describes itself, as JSON does. Fields tagged as personal data are written like all others:
//! only `Debug` hides them.

mod scalar;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value with a JSON form of Avro's, which need not be the one that its type has elsewhere. Generated fields are
/// marked with `#[serde(with = "cq_events::json")]`.
pub trait JsonForm: Sized {
    /// Writes the form.
    ///
    /// # Errors
    /// Those of the serializer.
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;

    /// Reads the form.
    ///
    /// # Errors
    /// When the input is not of the form.
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error>;
}

/// For `#[serde(with = "cq_events::json")]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<T: JsonForm, S: Serializer>(value: &T, out: S) -> Result<S::Ok, S::Error> {
    value.write(out)
}

/// For `#[serde(with = "cq_events::json")]`.
///
/// # Errors
/// When the input is not of the form.
pub fn deserialize<'de, T: JsonForm, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    T::read(input)
}

/// A part of a value, written by its form.
struct Written<'a, T>(&'a T);

impl<T: JsonForm> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.write(out)
    }
}

/// A part of a value, read by its form.
struct Read<T>(T);

impl<'de, T: JsonForm> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        T::read(input).map(Self)
    }
}

/// Gives types that have serde's traits these as their form.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_form {
    ($($ty:ty),* $(,)?) => {
        $(
            impl $crate::json::JsonForm for $ty {
                fn write<S: $crate::__private::serde::Serializer>(
                    &self,
                    out: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    $crate::__private::serde::Serialize::serialize(self, out)
                }

                fn read<'de, D: $crate::__private::serde::Deserializer<'de>>(
                    input: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    $crate::__private::serde::Deserialize::deserialize(input)
                }
            }
        )*
    };
}

__json_form!((), bool, i32, i64, String, crate::codec::Duration);

impl<T: JsonForm> JsonForm for Option<T> {
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Written).serialize(out)
    }

    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Ok(Option::<Read<T>>::deserialize(input)?.map(|read| read.0))
    }
}

impl<T: JsonForm> JsonForm for Box<T> {
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        T::write(self, out)
    }

    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        T::read(input).map(Self::new)
    }
}

impl<T: JsonForm> JsonForm for Vec<T> {
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.iter().map(Written))
    }

    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Ok(Vec::<Read<T>>::deserialize(input)?.into_iter().map(|read| read.0).collect())
    }
}

impl<T: JsonForm> JsonForm for BTreeMap<String, T> {
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.iter().map(|(key, value)| (key, Written(value))))
    }

    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let entries = BTreeMap::<String, Read<T>>::deserialize(input)?;
        Ok(entries.into_iter().map(|(key, read)| (key, read.0)).collect())
    }
}
