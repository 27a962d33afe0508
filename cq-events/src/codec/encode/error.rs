/// Why an event cannot be written: a value that its schema cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {kind}")]
#[non_exhaustive]
pub struct EncodeError {
    /// The field, as `Record.field`; or the type of a union, as `Union::Type`; or the record alone, where that is what is
    /// wrong.
    pub field: &'static str,
    /// What is wrong with its value.
    pub kind: EncodeErrorKind,
}

/// What is wrong with a value. The value itself is not told, since it may be personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// The decimal has more digits, or more of them after the point, than its schema holds.
    #[error(
        "a decimal of {digits} digits, {decimals} of them after the point, does not fit decimal({precision}, {scale}) \
         without rounding: round it, or widen the schema"
    )]
    Decimal {
        /// Its digits in all.
        digits: u32,
        /// Its digits after the point.
        decimals: u32,
        /// Most digits in all.
        precision: u32,
        /// Most digits after the point.
        scale: u32,
    },
    /// The time is too far from 1970 for nanoseconds in 64 bits.
    #[error(
        "a time outside 1677-09-21 to 2262-04-11 does not fit 64 bits of nanoseconds: use microseconds in the schema"
    )]
    Nanos,
    /// The event is none of those that its stream has schemas for.
    #[error("the stream has no schema for this event alone")]
    NoSchema,
    /// Records lie in each other more deeply than readers accept: see [`DecodeLimits::depth`].
    ///
    /// [`DecodeLimits::depth`]: crate::codec::DecodeLimits::depth
    #[error("records lie in each other more than {limit} deep, which readers refuse")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}
