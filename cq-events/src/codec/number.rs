//! Conversions between Rust's types and the integers and bytes that Avro writes.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, date};
use rust_decimal::Decimal;

/// The Unix epoch's day, from which Avro counts dates.
const EPOCH: Date = date(1970, 1, 1);

/// Nanoseconds in a microsecond.
pub(super) const MICRO: i64 = 1_000;
/// Nanoseconds in a millisecond.
pub(super) const MILLI: i64 = 1_000_000;
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Whole milliseconds since the epoch, rounded down.
pub(super) fn millis(time: Timestamp) -> i64 {
    floor(time, MILLI)
}

/// Whole microseconds since the epoch, rounded down.
pub(super) fn micros(time: Timestamp) -> i64 {
    floor(time, MICRO)
}

fn floor(time: Timestamp, nanos_per_unit: i64) -> i64 {
    // A Timestamp spans the years -9999 to 9999, which fits in 64 bits at microseconds. Its seconds and nanoseconds have
    // one sign, so that rounding the latter down rounds the sum down.
    let nanos = i64::from(time.subsec_nanosecond());
    time.as_second() * (SECOND / nanos_per_unit) + nanos.div_euclid(nanos_per_unit)
}

/// The time so many units after the epoch.
pub(super) fn timestamp(value: i64, nanos_per_unit: i64) -> Option<Timestamp> {
    // By way of seconds: jiff's own conversions refuse the last second that it has.
    let units_per_second = SECOND / nanos_per_unit;
    let nanos = value.rem_euclid(units_per_second) * nanos_per_unit;
    Timestamp::new(value.div_euclid(units_per_second), nanos as i32).ok()
}

pub(super) fn days(date: Date) -> i32 {
    // Dates span the years -9999 to 9999: under 8 million days.
    (date - EPOCH).get_days()
}

pub(super) fn date_from_days(days: i64) -> Option<Date> {
    use jiff::ToSpan as _;
    // The days from EPOCH to `Date::MIN` and `Date::MAX`: a span has limits beyond which its constructor would panic.
    if !(-4_371_587..=2_932_896).contains(&days) {
        return None;
    }
    EPOCH.checked_add(days.days()).ok()
}

/// Nanoseconds since midnight.
pub(super) fn since_midnight(time: Time) -> i64 {
    let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    seconds * SECOND + i64::from(time.subsec_nanosecond())
}

/// The time so many units after midnight: None where that is another day.
pub(super) fn time_of_day(value: i64, nanos_per_unit: i64) -> Option<Time> {
    let nanos = value.checked_mul(nanos_per_unit).filter(|nanos| (0..DAY).contains(nanos))?;
    let seconds = nanos / SECOND;
    // Each of them is in the range of its type, as the day is in that of the day.
    let (hour, minute, second) = ((seconds / 3_600) as i8, (seconds / 60 % 60) as i8, (seconds % 60) as i8);
    Time::new(hour, minute, second, (nanos % SECOND) as i32).ok()
}

/// Nanoseconds from 1970-01-01T00:00 to a local time.
pub(super) fn local_nanos(time: DateTime) -> i128 {
    i128::from(days(time.date())) * i128::from(DAY) + i128::from(since_midnight(time.time()))
}

/// Whole units from 1970-01-01T00:00 to a local time, rounded down; at most microseconds, which fit in 64 bits.
pub(super) fn local(time: DateTime, nanos_per_unit: i64) -> i64 {
    local_nanos(time).div_euclid(i128::from(nanos_per_unit)) as i64
}

/// The local time so many units after 1970-01-01T00:00.
pub(super) fn local_time(value: i64, nanos_per_unit: i64) -> Option<DateTime> {
    let units_per_day = DAY / nanos_per_unit;
    let date = date_from_days(value.div_euclid(units_per_day))?;
    let time = time_of_day(value.rem_euclid(units_per_day), nanos_per_unit)?;
    Some(DateTime::from_parts(date, time))
}

/// The unscaled value of `value` at `scale`: None where digits would be lost, or more than `precision` are needed.
pub(super) fn unscaled(value: Decimal, precision: u32, scale: u32) -> Option<i128> {
    let mantissa = value.mantissa();
    let unscaled = match scale.cmp(&value.scale()) {
        Ordering::Equal => mantissa,
        Ordering::Greater => mantissa.checked_mul(power_of_ten(scale - value.scale())?)?,
        Ordering::Less => {
            let factor = power_of_ten(value.scale() - scale)?;
            (mantissa % factor == 0).then(|| mantissa / factor)?
        }
    };
    has_at_most(precision, unscaled).then_some(unscaled)
}

/// Whether `unscaled` has no more than `precision` decimal digits.
#[inline]
pub(super) fn has_at_most(precision: u32, unscaled: i128) -> bool {
    power_of_ten(precision).is_none_or(|limit| unscaled.unsigned_abs() < limit.unsigned_abs())
}

/// All powers of ten in 127 bits.
#[allow(clippy::indexing_slicing, reason = "a constant is computed by the compiler, which would say so")]
const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

#[inline]
fn power_of_ten(exponent: u32) -> Option<i128> {
    POWERS_OF_TEN.get(exponent as usize).copied()
}

/// The shortest big-endian two's complement of `value`, as Java's `BigInteger.toByteArray` writes it: the buffer
/// and the index at which it begins.
pub(super) fn shortest_be(value: i128) -> ([u8; 16], usize) {
    let redundant = match value {
        0.. => value.leading_zeros(),
        _ => value.leading_ones(),
    };
    // One sign bit has to stay.
    let start = (redundant as usize).saturating_sub(1) / 8;
    (value.to_be_bytes(), start)
}

/// The two's complement in `bytes`, sign-extended: None for more than 16 significant bytes. No bytes are 0.
pub(super) fn from_be(bytes: &[u8]) -> Option<i128> {
    let fill = match bytes.first() {
        Some(first) if *first >= 0x80 => 0xFF,
        _ => 0x00,
    };
    let (extra, kept) = bytes.split_at(bytes.len().saturating_sub(16));
    if extra.iter().any(|byte| *byte != fill)
        || kept.first().is_some_and(|b| !extra.is_empty() && (b ^ fill) >= 0x80)
    {
        return None;
    }
    let sign = if fill == 0 { 0 } else { -1 };
    Some(kept.iter().fold(sign, |value, byte| value << 8 | i128::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_epoch_are_cut_downwards_as_times_after_it() {
        let time = Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!((millis(time), micros(time)), (-1, -1));
        let local = date(1969, 12, 31).at(23, 59, 59, 999_999_999);
        assert_eq!(
            (local_nanos(local), super::local(local, MICRO), super::local(local, MILLI)),
            (-1, -1, -1)
        );
    }

    #[test]
    fn every_extreme_time_and_date_converts() {
        for time in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(timestamp(millis(time), MILLI).map(millis), Some(millis(time)));
            assert_eq!(timestamp(micros(time), MICRO).map(micros), Some(micros(time)));
        }
        assert_eq!(timestamp(-1, MILLI).map(millis), Some(-1));
        assert_eq!(timestamp(i64::MAX, 1).map(|time| time.as_nanosecond()), Some(i128::from(i64::MAX)));
        for (value, unit) in [(i64::MAX, MILLI), (i64::MIN, MILLI), (i64::MAX, MICRO), (i64::MIN, MICRO)] {
            assert_eq!(timestamp(value, unit), None);
        }
        for date in [Date::MIN, Date::MAX, EPOCH] {
            assert_eq!(date_from_days(i64::from(days(date))), Some(date));
        }
        for days in [i64::MAX, i64::MIN, i64::from(i32::MAX), 7_304_485, -7_304_485, -4_371_588, 2_932_897] {
            assert_eq!(date_from_days(days), None);
        }
        for time in [DateTime::MIN, DateTime::MAX] {
            let micros = local(time, MICRO);
            assert_eq!(local_time(micros, MICRO).map(|time| local(time, MICRO)), Some(micros));
        }
        for time in [Time::MIN, Time::MAX] {
            assert_eq!(time_of_day(since_midnight(time), 1), Some(time));
        }
        for (value, unit) in [(-1, 1), (DAY, 1), (i64::MAX, MILLI), (86_400_000, MILLI)] {
            assert_eq!(time_of_day(value, unit), None);
        }
        assert_eq!((local_time(i64::MAX, MILLI), local_time(i64::MIN, MILLI)), (None, None));
    }

    #[test]
    fn twos_complement_is_shortest_and_sign_extended() {
        for value in [0, 1, -1, 127, 128, -128, -129, 255, 256, i128::MAX, i128::MIN] {
            let (bytes, start) = shortest_be(value);
            assert_eq!(from_be(&bytes[start..]), Some(value), "{value}");
            let mut padded = vec![if value < 0 { 0xFF } else { 0 }; 9];
            padded.extend_from_slice(&bytes[start..]);
            assert_eq!(from_be(&padded), Some(value), "{value} padded");
        }
        assert_eq!(shortest_be(127).1, 15);
        assert_eq!(shortest_be(128).1, 14);
        assert_eq!(shortest_be(-128).1, 15);
        assert_eq!(from_be(&[]), Some(0));
        assert_eq!(from_be(&[1; 17]), None);
        assert_eq!(from_be(&[0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn a_decimal_is_rescaled_only_where_no_digit_is_lost() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(unscaled(decimal("1.5"), 4, 2), Some(150));
        assert_eq!(unscaled(decimal("1.500"), 4, 2), Some(150));
        assert_eq!(unscaled(decimal("1.505"), 4, 2), None);
        assert_eq!(unscaled(decimal("99.99"), 4, 2), Some(9999));
        assert_eq!(unscaled(decimal("-100"), 4, 2), None);
        assert_eq!(unscaled(Decimal::MAX, 28, 28), None);
    }
}
