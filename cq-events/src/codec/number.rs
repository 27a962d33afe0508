//! Conversions between Rust's types and the integers and bytes that Avro writes.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

/// The Unix epoch's day, from which Avro counts dates.
const EPOCH: Date = date(1970, 1, 1);

pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub(super) const fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

/// Whole milliseconds since the epoch, rounded down.
pub(super) fn millis(time: Timestamp) -> i64 {
    floor(time, 1_000_000)
}

/// Whole microseconds since the epoch, rounded down.
pub(super) fn micros(time: Timestamp) -> i64 {
    floor(time, 1_000)
}

fn floor(time: Timestamp, unit: i128) -> i64 {
    // A Timestamp spans the years -9999 to 9999, which fits in 64 bits at microseconds.
    time.as_nanosecond().div_euclid(unit) as i64
}

/// `time` without what is finer than a millisecond: what an encoder would write.
pub fn cut_to_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(millis(time)).unwrap_or(time)
}

/// `time` without what is finer than a microsecond: what an encoder would write.
pub fn cut_to_micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(micros(time)).unwrap_or(time)
}

pub(super) fn days(date: Date) -> i32 {
    // Dates span the years -9999 to 9999: under 8 million days.
    (date - EPOCH).get_days()
}

pub(super) fn date_from_days(days: i32) -> Option<Date> {
    use jiff::ToSpan as _;
    // A span of days has limits of its own, beyond which its constructor would panic.
    if !(-8_000_000..=8_000_000).contains(&days) {
        return None;
    }
    EPOCH.checked_add(days.days()).ok()
}

/// The unscaled value of `value` at `scale`: None where digits would be lost, or more than `precision` are needed.
pub(super) fn unscaled(value: Decimal, precision: u32, scale: u32) -> Option<i128> {
    let mantissa = value.mantissa();
    let unscaled = match scale.checked_sub(value.scale()) {
        Some(missing) => mantissa.checked_mul(10_i128.checked_pow(missing)?)?,
        None => {
            let factor = 10_i128.checked_pow(value.scale() - scale)?;
            (mantissa % factor == 0).then(|| mantissa / factor)?
        }
    };
    has_at_most(precision, unscaled).then_some(unscaled)
}

/// Whether `unscaled` has no more than `precision` decimal digits.
pub(super) fn has_at_most(precision: u32, unscaled: i128) -> bool {
    match 10_u128.checked_pow(precision) {
        Some(limit) => unscaled.unsigned_abs() < limit,
        None => true,
    }
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
    let mut buffer = [fill; 16];
    for (byte, kept) in buffer.iter_mut().rev().zip(kept.iter().rev()) {
        *byte = *kept;
    }
    Some(i128::from_be_bytes(buffer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zigzag_maps_small_magnitudes_to_small_numbers() {
        for (value, coded) in
            [(0, 0), (-1, 1), (1, 2), (-2, 3), (i64::MAX, u64::MAX - 1), (i64::MIN, u64::MAX)]
        {
            assert_eq!((zigzag(value), unzigzag(coded)), (coded, value));
        }
    }

    #[test]
    fn times_before_the_epoch_are_cut_downwards_as_times_after_it() {
        let time = Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!((millis(time), micros(time)), (-1, -1));
        assert_eq!(cut_to_millis(time), Timestamp::from_millisecond(-1).unwrap());
    }

    #[test]
    fn every_extreme_time_and_date_converts() {
        for time in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(cut_to_millis(cut_to_millis(time)), cut_to_millis(time));
        }
        for date in [Date::MIN, Date::MAX, EPOCH] {
            assert_eq!(date_from_days(days(date)), Some(date));
        }
        assert_eq!(date_from_days(i32::MAX), None);
        assert_eq!(date_from_days(i32::MIN), None);
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
