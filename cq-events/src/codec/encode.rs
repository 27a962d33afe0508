use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::number;

/// A value that knows how to write itself as Avro binary data. Implemented by generated code.
pub trait Encode {
    /// Appends the value.
    fn encode(&self, out: &mut Encoder<'_>);
}

/// Why an event cannot be written: a value that its schema cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: {kind}")]
#[non_exhaustive]
pub struct EncodeError {
    /// The field, as `Record.field`.
    pub field: &'static str,
    /// What is wrong with its value.
    pub kind: EncodeErrorKind,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// The decimal has more digits, or more of them after the point, than its schema holds.
    #[error(
        "{value} does not fit decimal({precision}, {scale}) without rounding: round it, or widen the schema"
    )]
    Decimal {
        /// The value.
        value: Decimal,
        /// Most digits in all.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
}

/// Writes Avro binary data (Avro 1.12, "Binary Encoding") to the end of a buffer.
///
/// Generated code calls one method per field. The encoder remembers its first error and goes on, so that a write
/// needs no check; [`Encoder::finish`] tells.
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    error: Option<EncodeError>,
}

impl<'a> Encoder<'a> {
    /// An encoder that appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start, error: None }
    }

    /// Ends the writing.
    ///
    /// # Errors
    /// The first value that its schema cannot hold; the buffer is then as it was before.
    pub fn finish(self) -> Result<(), EncodeError> {
        match self.error {
            None => Ok(()),
            Some(error) => {
                self.out.truncate(self.start);
                Err(error)
            }
        }
    }

    /// A boolean: one byte.
    pub fn boolean(&mut self, value: bool) {
        self.out.push(u8::from(value));
    }

    /// An int: a zigzag varint.
    pub fn int(&mut self, value: i32) {
        self.long(i64::from(value));
    }

    /// A long: a zigzag varint of at most 10 bytes.
    #[inline]
    pub fn long(&mut self, value: i64) {
        let mut rest = number::zigzag(value);
        while rest >= 0x80 {
            self.out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.out.push(rest as u8);
    }

    /// A float: 4 bytes, little-endian.
    pub fn float(&mut self, value: f32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    /// A double: 8 bytes, little-endian.
    pub fn double(&mut self, value: f64) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    /// Bytes, with their length in front.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        // A slice has at most isize::MAX bytes.
        self.long(value.len() as i64);
        self.out.extend_from_slice(value);
    }

    /// A string, with its length in bytes in front.
    pub fn string(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// A `uuid` over string, hyphenated and in lower case.
    pub fn uuid(&mut self, value: Uuid) {
        self.string(value.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }

    /// A `date`: days since 1970-01-01.
    pub fn date(&mut self, value: Date) {
        self.int(number::days(value));
    }

    /// A `timestamp-millis`; what is finer is cut off, downwards.
    pub fn timestamp_millis(&mut self, value: Timestamp) {
        self.long(number::millis(value));
    }

    /// A `timestamp-micros`; what is finer is cut off, downwards.
    pub fn timestamp_micros(&mut self, value: Timestamp) {
        self.long(number::micros(value));
    }

    /// A `decimal` over bytes: the unscaled value in the shortest two's complement, big-endian. A value of another
    /// scale is rescaled where no digit is lost; else it is an error that names `field`.
    pub fn decimal(&mut self, value: Decimal, precision: u32, scale: u32, field: &'static str) {
        match number::unscaled(value, precision, scale) {
            Some(unscaled) => {
                let (bytes, start) = number::shortest_be(unscaled);
                self.bytes(bytes.get(start..).unwrap_or_default());
            }
            None => {
                let kind = EncodeErrorKind::Decimal { value, precision, scale };
                self.error.get_or_insert(EncodeError { field, kind });
            }
        }
    }

    /// The index of an enum's symbol.
    pub fn symbol(&mut self, index: usize) {
        self.long(index as i64);
    }

    /// The index of a union's branch.
    pub fn branch(&mut self, index: usize) {
        self.long(index as i64);
    }

    /// A union of null and one other type, null being branch `null` (0 or 1).
    pub fn optional<T>(&mut self, null: usize, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        match value {
            None => self.branch(null),
            Some(value) => {
                self.branch(1 - null);
                write(self, value);
            }
        }
    }

    /// An array, as one block.
    pub fn array<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        if !items.is_empty() {
            self.long(items.len() as i64);
            for item in items {
                write(self, item);
            }
        }
        self.out.push(0);
    }

    /// A map, as one block, in the order of its keys.
    pub fn map<T>(&mut self, entries: &BTreeMap<String, T>, mut write: impl FnMut(&mut Self, &T)) {
        if !entries.is_empty() {
            self.long(entries.len() as i64);
            for (key, value) in entries {
                self.string(key);
                write(self, value);
            }
        }
        self.out.push(0);
    }
}
