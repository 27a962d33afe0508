//! Reading: the cursor, and the types that Avro calls primitive.

mod composite;
mod error;
mod logical;

use super::{DecodeLimits, text, varint};

pub use composite::DecodeBranch;
pub use error::{DecodeError, DecodeErrorKind};

/// A value that knows how to read itself from Avro binary data. Implemented by generated code.
pub trait Decode<'a>: Sized {
    /// Reads a value, or a meaningless one after the decoder's first error.
    fn decode(input: &mut Decoder<'a>) -> Self;
}

impl<'a, T: Decode<'a>> Decode<'a> for Box<T> {
    fn decode(input: &mut Decoder<'a>) -> Self {
        Self::new(T::decode(input))
    }
}

/// Reads Avro binary data (Avro 1.12, "Binary Encoding").
///
/// Generated code calls one method per field. The decoder remembers its first error, and every read after it
/// yields a zero value, so that reads need no check: [`Decoder::finish`] tells whether what was read counts.
pub struct Decoder<'a> {
    rest: &'a [u8],
    length: usize,
    limits: DecodeLimits,
    /// How many records that may hold themselves are being read, each in the one before.
    depth: usize,
    /// What is left of the limits of the same names.
    zero_sized_elements: usize,
    memory_bytes: usize,
    error: Option<(usize, DecodeErrorKind)>,
}

impl<'a> Decoder<'a> {
    /// A decoder at the start of `datum`.
    #[inline]
    pub fn new(datum: &'a [u8], limits: DecodeLimits) -> Self {
        // In one piece, and without a reference to it: the compiler then builds it where it stays.
        let bytes = datum.len();
        let is_too_long = bytes > limits.message_bytes;
        Self {
            rest: if is_too_long { &[] } else { datum },
            length: bytes,
            limits,
            depth: 0,
            zero_sized_elements: limits.zero_sized_elements,
            memory_bytes: limits.memory_bytes,
            error: is_too_long
                .then_some((0, DecodeErrorKind::TooLong { bytes, limit: limits.message_bytes })),
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// The first error, or bytes that are left over.
    #[inline]
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.error {
            Some((offset, kind)) => Err(DecodeError::new(offset, kind)),
            None if self.rest.is_empty() => Ok(()),
            None => {
                let kind = DecodeErrorKind::LeftOver { bytes: self.rest.len() };
                Err(DecodeError::new(self.offset(), kind))
            }
        }
    }

    /// The error of a branch that the stream does not have, unless there was one before.
    pub(crate) fn no_such_branch(self, index: usize, count: usize) -> DecodeError {
        let kind = DecodeErrorKind::Branch { index: index as i64, count };
        let (offset, kind) = self.error.unwrap_or((0, kind));
        DecodeError::new(offset, kind)
    }

    /// The bytes that are not read yet; none after an error.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether an error was met.
    #[inline]
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
        self.error.get_or_insert((offset, kind));
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

    /// A boolean.
    #[inline]
    pub fn boolean(&mut self) -> bool {
        let at = self.offset();
        match self.fixed() {
            [0] => false,
            [1] => true,
            [value] => {
                self.fail(at, DecodeErrorKind::Boolean { value });
                false
            }
        }
    }

    /// An int.
    #[inline]
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
                varint::unzigzag(u64::from(*byte))
            }
            _ => self.long_of_many_bytes(),
        }
    }

    fn long_of_many_bytes(&mut self) -> i64 {
        match varint::read(self.rest) {
            Ok((value, rest)) => {
                self.rest = rest;
                varint::unzigzag(value)
            }
            Err(kind) => {
                self.fail(self.offset(), kind);
                0
            }
        }
    }

    /// A float.
    #[inline]
    pub fn float(&mut self) -> f32 {
        f32::from_le_bytes(self.fixed())
    }

    /// A double.
    #[inline]
    pub fn double(&mut self) -> f64 {
        f64::from_le_bytes(self.fixed())
    }

    /// Bytes.
    #[inline]
    pub fn bytes(&mut self) -> Vec<u8> {
        self.bytes_ref().to_vec()
    }

    /// Bytes, in the message.
    #[inline]
    pub fn bytes_ref(&mut self) -> &'a [u8] {
        // Most lengths are a byte, which is even where they are not negative.
        if let [length, rest @ ..] = self.rest
            && *length & 0x81 == 0
            && let Some((bytes, rest)) = rest.split_at_checked(usize::from(*length / 2))
        {
            self.rest = rest;
            return bytes;
        }
        self.bytes_of_any_length()
    }

    fn bytes_of_any_length(&mut self) -> &'a [u8] {
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

    /// A string.
    #[inline]
    pub fn string(&mut self) -> String {
        self.string_ref().to_owned()
    }

    /// A string, in the message.
    #[inline]
    pub fn string_ref(&mut self) -> &'a str {
        let at = self.offset();
        text::of(self.bytes_ref()).unwrap_or_else(|| {
            self.fail(at, DecodeErrorKind::Utf8);
            ""
        })
    }

    /// A fixed of `N` bytes.
    #[inline]
    pub fn fixed<const N: usize>(&mut self) -> [u8; N] {
        *self.fixed_ref()
    }

    /// A fixed of `N` bytes, in the message.
    #[inline]
    pub fn fixed_ref<const N: usize>(&mut self) -> &'a [u8; N] {
        match self.rest.split_first_chunk() {
            Some((taken, rest)) => {
                self.rest = rest;
                taken
            }
            None => {
                self.fail(self.offset(), DecodeErrorKind::End);
                const { &[0; N] }
            }
        }
    }

    /// A fixed that is too large to lie in its record.
    pub fn fixed_boxed<const N: usize>(&mut self) -> Box<[u8; N]> {
        let value = self.fixed_ref::<N>();
        // By way of a vector, since a large array on the stack could overflow it; the length is right at once.
        loop {
            if let Ok(value) = value.to_vec().into_boxed_slice().try_into() {
                return value;
            }
        }
    }
}
