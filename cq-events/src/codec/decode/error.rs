#[cfg(doc)]
use crate::codec::DecodeLimits;
use crate::codec::place::Places;

/// Why a datum cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset} of the datum{}{path}: {kind}", if path.is_empty() { "" } else { ", " })]
#[non_exhaustive]
pub struct DecodeError {
    /// Where the value that cannot be read begins, in bytes from the start of the datum (the wire header aside).
    pub offset: usize,
    /// The field there, such as `InspectionCompleted.results[3].value`, by the schema that the datum was written with.
    /// Empty where the codec was called without a stream.
    pub path: String,
    /// What is wrong there.
    pub kind: DecodeErrorKind,
}

impl DecodeError {
    /// An error whose field is not known yet.
    pub(crate) const fn new(offset: usize, kind: DecodeErrorKind) -> Self {
        Self { offset, path: String::new(), kind }
    }

    /// With the field where it is, by the schema that the datum was written with.
    pub(crate) fn placed(mut self, places: &Places, datum: &[u8]) -> Self {
        self.path = places.path(datum, self.offset);
        self
    }
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
    /// As this build reads it, with the defaults of what the writer does not have, the datum is longer than
    /// [`DecodeLimits::message_bytes`].
    #[error("with defaults for what the writer does not have, the datum has more than {limit} bytes")]
    TooLongResolved {
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
    /// The elements of arrays and maps need more memory than [`DecodeLimits::memory_bytes`].
    #[error(
        "with {count} more elements, the arrays and maps of the datum need more than {limit} bytes of memory"
    )]
    Memory {
        /// How many more.
        count: i64,
        /// The limit in bytes.
        limit: usize,
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
    /// Records lie in each other more deeply than [`DecodeLimits::depth`].
    #[error("records lie in each other more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
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
    /// A date or timestamp is outside the years -9999 to 9999, or a time is not within a day.
    #[error("{value} is a time outside of a day, or of the years -9999 to 9999")]
    Time {
        /// The number read, in the unit of the schema.
        value: i64,
    },
}
