//! Types of fields for serde, without an allocation or a detour through text.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A UUID in a string.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Id(pub Uuid);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a UUID")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Id, E> {
                Uuid::try_parse(text).map(Id).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A decimal in bytes: the unscaled value as the shortest two's complement, big-endian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount<const SCALE: u32>(pub Decimal);

impl<const SCALE: u32> Serialize for Amount<SCALE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unscaled = self.0.mantissa();
        let redundant = unscaled.leading_zeros().max(unscaled.leading_ones()) as usize - 1;
        serializer.serialize_bytes(&unscaled.to_be_bytes()[redundant / 8..])
    }
}

impl<'de, const SCALE: u32> Deserialize<'de> for Amount<SCALE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unscaled;
        impl Visitor<'_> for Unscaled {
            type Value = i128;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a two's complement of at most 16 bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<i128, E> {
                let fill = if bytes.first().is_some_and(|first| *first >= 0x80) { 0xFF } else { 0 };
                let mut value = [fill; 16];
                let start = 16_usize.checked_sub(bytes.len()).ok_or_else(|| E::custom("too long"))?;
                value[start..].copy_from_slice(bytes);
                Ok(i128::from_be_bytes(value))
            }
        }
        let unscaled = deserializer.deserialize_bytes(Unscaled)?;
        Decimal::try_from_i128_with_scale(unscaled, SCALE).map(Self).map_err(D::Error::custom)
    }
}

/// A map of strings as its entries in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Entries<'a>(pub Vec<(&'a str, &'a str)>);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Map)
    }
}
