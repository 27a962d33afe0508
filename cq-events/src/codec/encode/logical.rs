//! Logical types (Avro 1.12, "Logical Types").

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{EncodeErrorKind, Encoder};
use crate::codec::{Duration, WideDecimal, number};

impl Encoder<'_> {
    /// A `uuid` over string, hyphenated and in lower case.
    pub fn uuid(&mut self, value: Uuid) {
        self.string(value.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }

    /// A `uuid` over fixed.
    pub fn uuid_fixed(&mut self, value: Uuid) {
        self.fixed(value.as_bytes());
    }

    /// A `date`: days since 1970-01-01.
    pub fn date(&mut self, value: Date) {
        self.int(number::days(value));
    }

    /// A `time-millis`: since midnight; what is finer is cut off.
    pub fn time_millis(&mut self, value: Time) {
        self.long(number::since_midnight(value) / number::MILLI);
    }

    /// A `time-micros`: since midnight; what is finer is cut off.
    pub fn time_micros(&mut self, value: Time) {
        self.long(number::since_midnight(value) / number::MICRO);
    }

    /// A `timestamp-millis`; what is finer is cut off, downwards.
    pub fn timestamp_millis(&mut self, value: Timestamp) {
        self.long(number::millis(value));
    }

    /// A `timestamp-micros`; what is finer is cut off, downwards.
    pub fn timestamp_micros(&mut self, value: Timestamp) {
        self.long(number::micros(value));
    }

    /// A `timestamp-nanos`; one that 64 bits cannot hold is an error that names `field`.
    pub fn timestamp_nanos(&mut self, value: Timestamp, field: &'static str) {
        self.nanos(value.as_nanosecond(), field);
    }

    /// A `local-timestamp-millis`; what is finer is cut off, downwards.
    pub fn local_timestamp_millis(&mut self, value: DateTime) {
        self.long(number::local(value, number::MILLI));
    }

    /// A `local-timestamp-micros`; what is finer is cut off, downwards.
    pub fn local_timestamp_micros(&mut self, value: DateTime) {
        self.long(number::local(value, number::MICRO));
    }

    /// A `local-timestamp-nanos`; one that 64 bits cannot hold is an error that names `field`.
    pub fn local_timestamp_nanos(&mut self, value: DateTime, field: &'static str) {
        self.nanos(number::local_nanos(value), field);
    }

    fn nanos(&mut self, nanos: i128, field: &'static str) {
        match i64::try_from(nanos) {
            Ok(nanos) => self.long(nanos),
            Err(_) => self.fail(field, EncodeErrorKind::Nanos),
        }
    }

    /// A `decimal` over bytes: the unscaled value in the shortest two's complement, big-endian. A value of another
    /// scale is rescaled where no digit is lost; else it is an error that names `field`.
    pub fn decimal(&mut self, value: Decimal, precision: u32, scale: u32, field: &'static str) {
        match number::unscaled(value, precision, scale) {
            Some(unscaled) => {
                let (bytes, start) = number::shortest_be(unscaled);
                self.bytes(bytes.get(start..).unwrap_or_default());
            }
            None => self.no_decimal(value, precision, scale, field),
        }
    }

    /// A `decimal` over a fixed of `size` bytes, otherwise as [`Encoder::decimal`].
    pub fn decimal_fixed(
        &mut self,
        value: Decimal,
        size: usize,
        precision: u32,
        scale: u32,
        field: &'static str,
    ) {
        match number::unscaled(value, precision, scale) {
            Some(unscaled) => {
                let (bytes, start) = number::shortest_be(unscaled);
                self.sign_extended(bytes.get(start..).unwrap_or_default(), size);
            }
            None => self.no_decimal(value, precision, scale, field),
        }
    }

    #[cold]
    fn no_decimal(&mut self, value: Decimal, precision: u32, scale: u32, field: &'static str) {
        let digits = value.mantissa().unsigned_abs().checked_ilog10().map_or(0, |log| log + 1);
        let decimals = value.scale();
        self.fail(
            field,
            EncodeErrorKind::Decimal { digits: digits.max(decimals), decimals, precision, scale },
        );
    }

    /// A `decimal` over bytes, of any number of digits; otherwise as [`Encoder::decimal`].
    pub fn wide_decimal(&mut self, value: &WideDecimal, precision: u32, scale: u32, field: &'static str) {
        match value.unscaled_within(precision, scale) {
            Some(unscaled) => self.bytes(&unscaled),
            None => self.no_wide_decimal(value, precision, scale, field),
        }
    }

    /// A `decimal` over a fixed of `size` bytes, of any number of digits; otherwise as [`Encoder::decimal`].
    pub fn wide_decimal_fixed(
        &mut self,
        value: &WideDecimal,
        size: usize,
        precision: u32,
        scale: u32,
        field: &'static str,
    ) {
        match value.unscaled_within(precision, scale) {
            Some(unscaled) => self.sign_extended(&unscaled, size),
            None => self.no_wide_decimal(value, precision, scale, field),
        }
    }

    #[cold]
    fn no_wide_decimal(&mut self, value: &WideDecimal, precision: u32, scale: u32, field: &'static str) {
        let (digits, decimals) = (value.digits(), value.scale());
        self.fail(
            field,
            EncodeErrorKind::Decimal { digits: digits.max(decimals), decimals, precision, scale },
        );
    }

    /// A two's complement in `size` bytes, which are enough: the build has checked that the precision fits.
    fn sign_extended(&mut self, shortest: &[u8], size: usize) {
        let is_negative = shortest.first().is_some_and(|first| *first >= 0x80);
        let fill = if is_negative { 0xFF } else { 0 };
        let missing = size.saturating_sub(shortest.len());
        self.out.resize(self.out.len() + missing, fill);
        self.out.extend_from_slice(shortest);
    }

    /// A `duration`: months, days and milliseconds, each as 4 bytes, little-endian.
    pub fn duration(&mut self, value: Duration) {
        self.fixed(&value.to_le_bytes());
    }
}
