//! Logical types (Avro 1.12, "Logical Types").

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{DecodeErrorKind, Decoder};
use crate::codec::{Duration, WideDecimal, number};

impl Decoder<'_> {
    /// A `uuid` over string.
    pub fn uuid(&mut self) -> Uuid {
        let at = self.offset();
        Uuid::try_parse_ascii(self.bytes_ref()).unwrap_or_else(|_| {
            self.fail(at, DecodeErrorKind::Uuid);
            Uuid::nil()
        })
    }

    /// A `uuid` over fixed.
    pub fn uuid_fixed(&mut self) -> Uuid {
        Uuid::from_bytes(self.fixed())
    }

    /// A `date`.
    pub fn date(&mut self) -> Date {
        let at = self.offset();
        let days = self.int();
        number::date_from_days(i64::from(days)).unwrap_or_else(|| self.no_time(at, i64::from(days)))
    }

    /// A `time-millis`.
    pub fn time_millis(&mut self) -> Time {
        let at = self.offset();
        let millis = i64::from(self.int());
        number::time_of_day(millis, number::MILLI).unwrap_or_else(|| self.no_time(at, millis))
    }

    /// A `time-micros`.
    pub fn time_micros(&mut self) -> Time {
        let at = self.offset();
        let micros = self.long();
        number::time_of_day(micros, number::MICRO).unwrap_or_else(|| self.no_time(at, micros))
    }

    /// A `timestamp-millis`.
    pub fn timestamp_millis(&mut self) -> Timestamp {
        self.timestamp(number::MILLI)
    }

    /// A `timestamp-micros`.
    pub fn timestamp_micros(&mut self) -> Timestamp {
        self.timestamp(number::MICRO)
    }

    /// A `timestamp-nanos`.
    pub fn timestamp_nanos(&mut self) -> Timestamp {
        self.timestamp(1)
    }

    fn timestamp(&mut self, nanos_per_unit: i64) -> Timestamp {
        let at = self.offset();
        let value = self.long();
        number::timestamp(value, nanos_per_unit).unwrap_or_else(|| self.no_time(at, value))
    }

    /// A `local-timestamp-millis`.
    pub fn local_timestamp_millis(&mut self) -> DateTime {
        self.local_timestamp(number::MILLI)
    }

    /// A `local-timestamp-micros`.
    pub fn local_timestamp_micros(&mut self) -> DateTime {
        self.local_timestamp(number::MICRO)
    }

    /// A `local-timestamp-nanos`.
    pub fn local_timestamp_nanos(&mut self) -> DateTime {
        self.local_timestamp(1)
    }

    fn local_timestamp(&mut self, nanos_per_unit: i64) -> DateTime {
        let at = self.offset();
        let value = self.long();
        number::local_time(value, nanos_per_unit).unwrap_or_else(|| self.no_time(at, value))
    }

    #[cold]
    fn no_time<T: Default>(&mut self, at: usize, value: i64) -> T {
        self.fail(at, DecodeErrorKind::Time { value });
        T::default()
    }

    /// A `decimal` over bytes, of at most 28 digits.
    pub fn decimal(&mut self, precision: u32, scale: u32) -> Decimal {
        let at = self.offset();
        let unscaled = self.bytes_ref();
        self.decimal_of(at, unscaled, precision, scale)
    }

    /// A `decimal` over a fixed of `size` bytes, of at most 28 digits.
    pub fn decimal_fixed(&mut self, size: usize, precision: u32, scale: u32) -> Decimal {
        let at = self.offset();
        let unscaled = self.take(size).unwrap_or_default();
        self.decimal_of(at, unscaled, precision, scale)
    }

    fn decimal_of(&mut self, at: usize, unscaled: &[u8], precision: u32, scale: u32) -> Decimal {
        number::from_be(unscaled)
            .filter(|unscaled| number::has_at_most(precision, *unscaled))
            .and_then(|unscaled| Decimal::try_from_i128_with_scale(unscaled, scale).ok())
            .unwrap_or_else(|| {
                self.fail(at, DecodeErrorKind::Decimal { precision });
                Decimal::ZERO
            })
    }

    /// A `decimal` over bytes, of any number of digits.
    pub fn wide_decimal(&mut self, precision: u32, scale: u32) -> WideDecimal {
        let at = self.offset();
        let unscaled = self.bytes_ref();
        self.wide_decimal_of(at, unscaled, precision, scale)
    }

    /// A `decimal` over a fixed of `size` bytes, of any number of digits.
    pub fn wide_decimal_fixed(&mut self, size: usize, precision: u32, scale: u32) -> WideDecimal {
        let at = self.offset();
        let unscaled = self.take(size).unwrap_or_default();
        self.wide_decimal_of(at, unscaled, precision, scale)
    }

    fn wide_decimal_of(&mut self, at: usize, unscaled: &[u8], precision: u32, scale: u32) -> WideDecimal {
        WideDecimal::from_be_within(unscaled, precision, scale).unwrap_or_else(|| {
            self.fail(at, DecodeErrorKind::Decimal { precision });
            WideDecimal::default()
        })
    }

    /// A `duration`: months, days and milliseconds, each as 4 bytes, little-endian.
    pub fn duration(&mut self) -> Duration {
        Duration::from_le_bytes(self.fixed())
    }
}
