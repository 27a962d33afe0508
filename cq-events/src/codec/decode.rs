use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{DecodeLimits, number};

/// A value that knows how to read itself from Avro binary data. Implemented by generated code.
pub trait Decode<'a>: Sized {
    /// The fewest bytes that a value has: it bounds how many of them a message can hold.
    const MIN_BYTES: usize;

    /// Reads a value, or a meaningless one after the decoder's first error.
    fn decode(input: &mut Decoder<'a>) -> Self;
}

/// Why a datum cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset} of the datum: {kind}")]
#[non_exhaustive]
pub struct DecodeError {
    /// Where the value that cannot be read begins, in bytes from the start of the datum (the wire header aside).
    pub offset: usize,
    /// What is wrong there.
    pub kind: DecodeErrorKind,
}

/// What is wrong with a datum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The datum ends within a value.
    #[error("the datum ends within a value")]
    End,
    /// Bytes are left after the event.
    #[error("{bytes} bytes are left over after the event")]
    LeftOver {
        /// Their number.
        bytes: usize,
    },
    /// The datum is longer than [`DecodeLimits::message_bytes`].
    #[error("the datum has {bytes} bytes, more than the limit of {limit}")]
    TooLong {
        /// The datum's length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A varint has more than 10 bytes, or more than 64 bits.
    #[error("a number has more than 64 bits")]
    Varint,
    /// An int is outside 32 bits.
    #[error("{value} is outside an int's 32 bits")]
    Int {
        /// The value.
        value: i64,
    },
    /// A boolean is neither 0 nor 1.
    #[error("a boolean is {value:#04x}, not 0 or 1")]
    Boolean {
        /// The byte.
        value: u8,
    },
    /// A length is negative, or more than what is left.
    #[error("a length of {length} with {left} bytes left")]
    Length {
        /// The length.
        length: i64,
        /// Bytes left.
        left: usize,
    },
    /// An array or map claims more elements than the bytes that are left can hold.
    #[error("a count of {count} elements with {left} bytes left")]
    Count {
        /// The count.
        count: i64,
        /// Bytes left.
        left: usize,
    },
    /// The size in bytes in front of a block is not the block's.
    #[error("a block says that it has {size} bytes, but has {found}")]
    BlockSize {
        /// The size that the block claims.
        size: i64,
        /// The bytes that its elements took.
        found: usize,
    },
    /// A string is not UTF-8.
    #[error("a string is not UTF-8")]
    Utf8,
    /// A union's branch does not exist.
    #[error("branch {index} of a union with {count} branches")]
    Branch {
        /// The index.
        index: i64,
        /// The number of branches.
        count: usize,
    },
    /// An enum's symbol does not exist.
    #[error("symbol {index} of an enum with {count} symbols")]
    Symbol {
        /// The index.
        index: i64,
        /// The number of symbols.
        count: usize,
    },
    /// A string with the logical type `uuid` is none.
    #[error("a string with the logical type uuid is no UUID")]
    Uuid,
    /// A decimal has more digits than its schema holds.
    #[error("a decimal has more digits than its precision of {precision}")]
    Decimal {
        /// The precision.
        precision: u32,
    },
    /// A date or time is outside the years -9999 to 9999.
    #[error("{value} is a time outside the years -9999 to 9999")]
    Time {
        /// The number read, in the unit of the schema.
        value: i64,
    },
}

/// Reads Avro binary data (Avro 1.12, "Binary Encoding").
///
/// Generated code calls one method per field. The decoder remembers its first error, and every read after it
/// yields a zero value, so that reads need no check: [`Decoder::finish`] tells whether what was read counts.
pub struct Decoder<'a> {
    rest: &'a [u8],
    length: usize,
    limits: DecodeLimits,
    error: Option<DecodeError>,
}

impl<'a> Decoder<'a> {
    /// A decoder at the start of `datum`.
    pub fn new(datum: &'a [u8], limits: DecodeLimits) -> Self {
        let mut decoder = Self { rest: datum, length: datum.len(), limits, error: None };
        if datum.len() > limits.message_bytes {
            decoder.fail(0, DecodeErrorKind::TooLong { bytes: datum.len(), limit: limits.message_bytes });
        }
        decoder
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// The first error, or bytes that are left over.
    pub fn finish(mut self) -> Result<(), DecodeError> {
        if !self.rest.is_empty() {
            self.fail(self.offset(), DecodeErrorKind::LeftOver { bytes: self.rest.len() });
        }
        self.error.map_or(Ok(()), Err)
    }

    /// The error of a branch that the stream does not have, unless there was one before.
    pub(crate) fn no_such_branch(self, index: usize, count: usize) -> DecodeError {
        let kind = DecodeErrorKind::Branch { index: index as i64, count };
        self.error.unwrap_or(DecodeError { offset: 0, kind })
    }

    /// The bytes that are not read yet; none after an error.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether an error was met.
    pub fn failed(&self) -> bool {
        self.error.is_some()
    }

    fn offset(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Remembers the first error, and leaves nothing to read, which ends every loop.
    #[cold]
    fn fail(&mut self, offset: usize, kind: DecodeErrorKind) {
        self.rest = &[];
        self.error.get_or_insert(DecodeError { offset, kind });
    }

    #[inline]
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        match self.rest.split_at_checked(bytes) {
            Some((taken, rest)) => {
                self.rest = rest;
                Some(taken)
            }
            None => {
                self.fail(self.offset(), DecodeErrorKind::End);
                None
            }
        }
    }

    fn take_array<const N: usize>(&mut self) -> [u8; N] {
        match self.rest.split_first_chunk() {
            Some((taken, rest)) => {
                self.rest = rest;
                *taken
            }
            None => {
                self.fail(self.offset(), DecodeErrorKind::End);
                [0; N]
            }
        }
    }

    /// A boolean.
    pub fn boolean(&mut self) -> bool {
        let at = self.offset();
        match self.take_array() {
            [0] => false,
            [1] => true,
            [value] => {
                self.fail(at, DecodeErrorKind::Boolean { value });
                false
            }
        }
    }

    /// An int.
    pub fn int(&mut self) -> i32 {
        let at = self.offset();
        let value = self.long();
        i32::try_from(value).unwrap_or_else(|_| {
            self.fail(at, DecodeErrorKind::Int { value });
            0
        })
    }

    /// A long.
    #[inline]
    pub fn long(&mut self) -> i64 {
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                number::unzigzag(u64::from(*byte))
            }
            _ => self.long_of_many_bytes(),
        }
    }

    fn long_of_many_bytes(&mut self) -> i64 {
        let mut value = 0_u64;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7F) << (7 * index);
            if *byte < 0x80 {
                // The tenth byte has room for one bit.
                if index == 9 && *byte > 1 {
                    break;
                }
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return number::unzigzag(value);
            }
        }
        let kind = if self.rest.len() < 10 { DecodeErrorKind::End } else { DecodeErrorKind::Varint };
        self.fail(self.offset(), kind);
        0
    }

    /// A float.
    pub fn float(&mut self) -> f32 {
        f32::from_le_bytes(self.take_array())
    }

    /// A double.
    pub fn double(&mut self) -> f64 {
        f64::from_le_bytes(self.take_array())
    }

    #[inline]
    fn slice(&mut self) -> &'a [u8] {
        let at = self.offset();
        let length = self.long();
        match usize::try_from(length) {
            Ok(bytes) if bytes <= self.rest.len() => self.take(bytes).unwrap_or_default(),
            _ => {
                self.fail(at, DecodeErrorKind::Length { length, left: self.rest.len() });
                &[]
            }
        }
    }

    fn text(&mut self) -> &'a str {
        let at = self.offset();
        std::str::from_utf8(self.slice()).unwrap_or_else(|_| {
            self.fail(at, DecodeErrorKind::Utf8);
            ""
        })
    }

    /// Bytes.
    pub fn bytes(&mut self) -> Vec<u8> {
        self.slice().to_vec()
    }

    /// A string.
    pub fn string(&mut self) -> String {
        self.text().to_owned()
    }

    /// A `uuid` over string.
    pub fn uuid(&mut self) -> Uuid {
        let at = self.offset();
        Uuid::try_parse(self.text()).unwrap_or_else(|_| {
            self.fail(at, DecodeErrorKind::Uuid);
            Uuid::nil()
        })
    }

    /// A `date`.
    pub fn date(&mut self) -> Date {
        let at = self.offset();
        let days = self.int();
        number::date_from_days(days).unwrap_or_else(|| {
            self.fail(at, DecodeErrorKind::Time { value: i64::from(days) });
            Date::default()
        })
    }

    /// A `timestamp-millis`.
    pub fn timestamp_millis(&mut self) -> Timestamp {
        self.timestamp(Timestamp::from_millisecond)
    }

    /// A `timestamp-micros`.
    pub fn timestamp_micros(&mut self) -> Timestamp {
        self.timestamp(Timestamp::from_microsecond)
    }

    fn timestamp(&mut self, convert: impl FnOnce(i64) -> Result<Timestamp, jiff::Error>) -> Timestamp {
        let at = self.offset();
        let value = self.long();
        convert(value).unwrap_or_else(|_| {
            self.fail(at, DecodeErrorKind::Time { value });
            Timestamp::UNIX_EPOCH
        })
    }

    /// A `decimal` over bytes, of at most 28 digits.
    pub fn decimal(&mut self, precision: u32, scale: u32) -> Decimal {
        let at = self.offset();
        number::from_be(self.slice())
            .filter(|unscaled| number::has_at_most(precision, *unscaled))
            .and_then(|unscaled| Decimal::try_from_i128_with_scale(unscaled, scale).ok())
            .unwrap_or_else(|| {
                self.fail(at, DecodeErrorKind::Decimal { precision });
                Decimal::ZERO
            })
    }

    /// The index of an enum's symbol, below `count`.
    pub fn symbol(&mut self, count: usize) -> usize {
        self.index(count, |index| DecodeErrorKind::Symbol { index, count })
    }

    /// The index of a union's branch, below `count`.
    pub fn branch(&mut self, count: usize) -> usize {
        self.index(count, |index| DecodeErrorKind::Branch { index, count })
    }

    fn index(&mut self, count: usize, kind: impl FnOnce(i64) -> DecodeErrorKind) -> usize {
        let at = self.offset();
        let index = self.long();
        usize::try_from(index).ok().filter(|index| *index < count).unwrap_or_else(|| {
            self.fail(at, kind(index));
            0
        })
    }

    /// A union of null and one other type, null being branch `null` (0 or 1).
    pub fn optional<T>(&mut self, null: usize, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let branch = self.branch(2);
        (branch != null && !self.failed()).then(|| read(self))
    }

    /// An array whose elements have at least `min_bytes` bytes each.
    pub fn array<T>(&mut self, min_bytes: usize, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut items = Vec::new();
        self.blocks(min_bytes, |input, expected| {
            // What is claimed is not trusted with memory: more room is made as elements are read.
            if items.capacity() == 0 {
                items.reserve_exact(expected.min(1_024));
            }
            items.push(read(input));
        });
        items
    }

    /// A map whose values have at least `min_bytes` bytes each. Of two entries with one key, the last wins.
    pub fn map<T>(&mut self, min_bytes: usize, mut read: impl FnMut(&mut Self) -> T) -> BTreeMap<String, T> {
        let mut entries = BTreeMap::new();
        // A key has at least its length's byte.
        self.blocks(min_bytes.saturating_add(1), |input, _| {
            let key = input.string();
            entries.insert(key, read(input));
        });
        entries
    }

    /// Reads blocks, calling `element` with the count of the block that each element is in.
    fn blocks(&mut self, min_bytes: usize, mut element: impl FnMut(&mut Self, usize)) {
        let mut zero_sized_left = self.limits.zero_sized_elements;
        loop {
            let at = self.offset();
            let count = self.long();
            // A negative count is followed by the block's size in bytes.
            let size = (count < 0).then(|| self.long());
            if count == 0 || self.failed() {
                return;
            }
            let left = self.rest.len();
            let most = left.checked_div(min_bytes).unwrap_or(zero_sized_left);
            let elements = match usize::try_from(count.unsigned_abs()) {
                Ok(elements) if elements <= most => elements,
                _ => return self.fail(at, DecodeErrorKind::Count { count, left }),
            };
            if min_bytes == 0 {
                zero_sized_left -= elements;
            }
            for _ in 0..elements {
                element(self, elements);
                if self.failed() {
                    return;
                }
            }
            if let Some(size) = size {
                let found = left - self.rest.len();
                if usize::try_from(size) != Ok(found) {
                    return self.fail(at, DecodeErrorKind::BlockSize { size, found });
                }
            }
        }
    }
}
