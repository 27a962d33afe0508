//! Writing: the types that Avro calls primitive, and those with parts.

mod error;
mod logical;
mod put;

use std::collections::BTreeMap;

use super::{DecodeLimits, varint};

pub use error::{EncodeError, EncodeErrorKind};

/// A value that knows how to write itself as Avro binary data. Implemented by generated code.
pub trait Encode {
    /// Appends the value.
    fn encode(&self, out: &mut Encoder<'_>);
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self, out: &mut Encoder<'_>) {
        T::encode(self, out);
    }
}

/// Writes Avro binary data (Avro 1.12, "Binary Encoding") to the end of a buffer.
///
/// Generated code calls one method per field. The encoder remembers its first error and goes on, so that a write
/// needs no check; [`Encoder::finish`] tells.
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    /// How many records that may hold themselves are being written, each in the one before.
    depth: usize,
    error: Option<EncodeError>,
}

impl<'a> Encoder<'a> {
    /// An encoder that appends to `out`.
    #[inline]
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start, depth: 0, error: None }
    }

    /// Ends the writing.
    ///
    /// # Errors
    /// The first value that its schema cannot hold; the buffer is then as it was before.
    #[inline]
    pub fn finish(self) -> Result<(), EncodeError> {
        match self.error {
            None => Ok(()),
            Some(error) => {
                self.out.truncate(self.start);
                Err(error)
            }
        }
    }

    #[cold]
    fn fail(&mut self, field: &'static str, kind: EncodeErrorKind) {
        self.error.get_or_insert(EncodeError { field, kind });
    }

    /// A boolean: one byte.
    #[inline]
    pub fn boolean(&mut self, value: bool) {
        self.out.push(u8::from(value));
    }

    /// An int: a zigzag varint.
    #[inline]
    pub fn int(&mut self, value: i32) {
        self.long(i64::from(value));
    }

    /// A long: a zigzag varint of at most 10 bytes.
    #[inline]
    pub fn long(&mut self, value: i64) {
        put::unsigned(self.out, varint::zigzag(value));
    }

    /// A float: 4 bytes, little-endian.
    #[inline]
    pub fn float(&mut self, value: f32) {
        self.fixed(&value.to_le_bytes());
    }

    /// A double: 8 bytes, little-endian.
    #[inline]
    pub fn double(&mut self, value: f64) {
        self.fixed(&value.to_le_bytes());
    }

    /// Bytes, with their length in front.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        put::bytes(self.out, value);
    }

    /// A string, with its length in bytes in front.
    #[inline]
    pub fn string(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// A fixed: its bytes alone.
    #[inline]
    pub fn fixed<const N: usize>(&mut self, value: &[u8; N]) {
        self.out.extend_from_slice(value);
    }

    /// The index of an enum's symbol.
    #[inline]
    pub fn symbol(&mut self, index: usize) {
        put::count(self.out, index);
    }

    /// The index of a union's branch.
    #[inline]
    pub fn branch(&mut self, index: usize) {
        put::count(self.out, index);
    }

    /// A union of null and one other type, null being branch `null` (0 or 1).
    #[inline]
    pub fn optional<T>(&mut self, null: usize, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        match value {
            None => self.branch(null),
            Some(value) => {
                self.branch(1 - null);
                write(self, value);
            }
        }
    }

    /// A union of null, at index `null`, and several other types, of which the value knows its own branch.
    #[inline]
    pub fn nullable<T: Encode>(&mut self, null: usize, value: &Option<T>) {
        match value {
            None => self.branch(null),
            Some(value) => value.encode(self),
        }
    }

    /// Goes into a record that may hold values of itself; [`Encoder::leave`] comes out again. False, and an error for
    /// `record`, where that is deeper than [`DecodeLimits::DEFAULT`] lets readers go.
    #[inline]
    pub fn enter(&mut self, record: &'static str) -> bool {
        let limit = DecodeLimits::DEFAULT.depth;
        if self.depth == limit {
            self.fail(record, EncodeErrorKind::TooDeep { limit });
            return false;
        }
        self.depth += 1;
        true
    }

    /// Comes out of a record.
    #[inline]
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// An array, as one block.
    pub fn array<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        if !items.is_empty() {
            put::count(self.out, items.len());
            for item in items {
                write(self, item);
            }
        }
        self.out.push(0);
    }

    /// A map, as one block, in the order of its keys.
    pub fn map<T>(&mut self, entries: &BTreeMap<String, T>, mut write: impl FnMut(&mut Self, &T)) {
        if !entries.is_empty() {
            put::count(self.out, entries.len());
            for (key, value) in entries {
                self.string(key);
                write(self, value);
            }
        }
        self.out.push(0);
    }
}
