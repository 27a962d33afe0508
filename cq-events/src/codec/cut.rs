//! Times without what is finer than the schema's unit, so that an event equals itself after a round trip.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};

use super::number;

/// A time, or something with times in it.
pub trait Cut: Sized {
    /// Cuts off, downwards, what is finer than a unit of so many nanoseconds.
    fn cut(self, nanos_per_unit: i64) -> Self;
}

/// Cuts to what a type of milliseconds would hold.
pub fn cut_to_millis<T: Cut>(value: T) -> T {
    value.cut(number::MILLI)
}

/// Cuts to what a type of microseconds would hold.
pub fn cut_to_micros<T: Cut>(value: T) -> T {
    value.cut(number::MICRO)
}

impl Cut for Timestamp {
    fn cut(self, nanos_per_unit: i64) -> Self {
        let nanos = self.as_nanosecond();
        Self::from_nanosecond(nanos - nanos.rem_euclid(i128::from(nanos_per_unit))).unwrap_or(self)
    }
}

impl Cut for Time {
    fn cut(self, nanos_per_unit: i64) -> Self {
        number::time_of_day(number::since_midnight(self) / nanos_per_unit, nanos_per_unit).unwrap_or(self)
    }
}

impl Cut for DateTime {
    fn cut(self, nanos_per_unit: i64) -> Self {
        number::local_time(number::local(self, nanos_per_unit), nanos_per_unit).unwrap_or(self)
    }
}

impl<T: Cut> Cut for Option<T> {
    fn cut(self, nanos_per_unit: i64) -> Self {
        self.map(|value| value.cut(nanos_per_unit))
    }
}

impl<T: Cut> Cut for Vec<T> {
    fn cut(self, nanos_per_unit: i64) -> Self {
        self.into_iter().map(|value| value.cut(nanos_per_unit)).collect()
    }
}

impl<T: Cut> Cut for BTreeMap<String, T> {
    fn cut(self, nanos_per_unit: i64) -> Self {
        self.into_iter().map(|(key, value)| (key, value.cut(nanos_per_unit))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn times_are_cut_downwards_before_the_epoch_too() {
        let time = Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!(cut_to_millis(time), Timestamp::from_millisecond(-1).unwrap());
        assert_eq!(cut_to_micros(vec![Some(time)]), [Timestamp::from_microsecond(-1).ok()]);
        let local = date(1969, 12, 31).at(23, 59, 59, 999_999_999);
        assert_eq!(cut_to_millis(local), date(1969, 12, 31).at(23, 59, 59, 999_000_000));
        assert_eq!(cut_to_micros(local.time()), local.time().with().nanosecond(0).build().unwrap());
    }

    #[test]
    fn every_extreme_time_can_be_cut() {
        for time in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(cut_to_millis(cut_to_millis(time)), cut_to_millis(time));
        }
        for time in [DateTime::MIN, DateTime::MAX] {
            assert_eq!(cut_to_micros(cut_to_micros(time)), cut_to_micros(time));
        }
    }
}
