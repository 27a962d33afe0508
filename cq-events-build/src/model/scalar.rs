//! Types without parts: each is written and read by one call of the codec.

use cq_events_schema::{Kind, Logical, NamedKind, Schemas, Type};

/// The most digits of a decimal that `rust_decimal::Decimal` holds without exception.
const MOST_DIGITS: u32 = 28;
/// The largest fixed that lies in its record; a larger one is boxed.
pub(crate) const MOST_INLINE: usize = 256;

/// A type without parts, as Rust has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    /// Of this size in bytes.
    Fixed(usize),
    Uuid(Base),
    Decimal(Base, Digits),
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    LocalTimestampMillis,
    LocalTimestampMicros,
    LocalTimestampNanos,
    Duration,
}

/// What a logical type stands on, where it may stand on two types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// string or bytes
    Sized,
    /// fixed, of this size in bytes
    Fixed(usize),
}

/// The digits of a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digits {
    pub(crate) precision: u32,
    pub(crate) scale: u32,
}

impl Digits {
    /// Whether they are more than `rust_decimal::Decimal` has.
    pub(crate) fn are_wide(self) -> bool {
        self.precision > MOST_DIGITS
    }
}

impl Scalar {
    /// The scalar that an Avro type is, if it is one.
    pub(crate) fn of(schemas: &Schemas, ty: &Type) -> Option<Self> {
        if let Kind::Named(fullname) = &ty.kind {
            return match &schemas.get(fullname)?.kind {
                NamedKind::Fixed(fixed) => Some(Self::of_fixed(fixed.size, fixed.logical)),
                _ => None,
            };
        }
        Some(match (&ty.kind, ty.logical) {
            (_, Some(logical)) => Self::of_logical(logical, Base::Sized)?,
            (Kind::Boolean, None) => Self::Boolean,
            (Kind::Int, None) => Self::Int,
            (Kind::Long, None) => Self::Long,
            (Kind::Float, None) => Self::Float,
            (Kind::Double, None) => Self::Double,
            (Kind::Bytes, None) => Self::Bytes,
            (Kind::String, None) => Self::String,
            _ => return None,
        })
    }

    fn of_fixed(size: usize, logical: Option<Logical>) -> Self {
        logical.and_then(|logical| Self::of_logical(logical, Base::Fixed(size))).unwrap_or(Self::Fixed(size))
    }

    fn of_logical(logical: Logical, base: Base) -> Option<Self> {
        Some(match logical {
            Logical::Uuid => Self::Uuid(base),
            Logical::Decimal { precision, scale } => Self::Decimal(base, Digits { precision, scale }),
            Logical::Date => Self::Date,
            Logical::TimeMillis => Self::TimeMillis,
            Logical::TimeMicros => Self::TimeMicros,
            Logical::TimestampMillis => Self::TimestampMillis,
            Logical::TimestampMicros => Self::TimestampMicros,
            Logical::TimestampNanos => Self::TimestampNanos,
            Logical::LocalTimestampMillis => Self::LocalTimestampMillis,
            Logical::LocalTimestampMicros => Self::LocalTimestampMicros,
            Logical::LocalTimestampNanos => Self::LocalTimestampNanos,
            Logical::Duration => Self::Duration,
            // A logical type that this version does not know is its base type.
            _ => return None,
        })
    }

    /// The fewest bytes that a value has in Avro's binary form.
    pub(crate) fn min_bytes(self) -> usize {
        match self {
            Self::Float => 4,
            Self::Double => 8,
            Self::Fixed(size) | Self::Decimal(Base::Fixed(size), _) => size,
            Self::Uuid(Base::Fixed(_)) => 16,
            // A length of one byte, and a UUID's hyphenated or plain text.
            Self::Uuid(Base::Sized) => 33,
            Self::Duration => 12,
            _ => 1,
        }
    }

    /// About how many bytes the Rust value has in place.
    pub(crate) fn inline_bytes(self) -> usize {
        match self {
            Self::Boolean => 1,
            Self::Int | Self::Float | Self::Date => 4,
            Self::Long | Self::Double | Self::TimeMillis | Self::TimeMicros => 8,
            Self::Fixed(size) if size <= MOST_INLINE => size,
            Self::Fixed(_) => 8,
            Self::Bytes | Self::String => 24,
            Self::Decimal(_, digits) if digits.are_wide() => 32,
            _ => 16,
        }
    }

    /// Whether a view of it points into the message.
    pub(crate) fn borrows(self) -> bool {
        matches!(self, Self::Bytes | Self::String | Self::Fixed(_))
    }

    /// Whether equality is not total: NaN is not equal to itself.
    pub(crate) fn is_float(self) -> bool {
        matches!(self, Self::Float | Self::Double)
    }
}
