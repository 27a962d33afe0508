/// Avro's `duration`: a number of months, of days and of milliseconds, kept apart, since a month has no fixed number of
/// days and a day no fixed number of milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Duration {
    /// Months.
    pub months: u32,
    /// Days.
    pub days: u32,
    /// Milliseconds.
    pub millis: u32,
}

impl Duration {
    /// So many months, days and milliseconds.
    pub const fn new(months: u32, days: u32, millis: u32) -> Self {
        Self { months, days, millis }
    }

    pub(super) fn from_le_bytes(bytes: [u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
        Self {
            months: u32::from_le_bytes([a, b, c, d]),
            days: u32::from_le_bytes([e, f, g, h]),
            millis: u32::from_le_bytes([i, j, k, l]),
        }
    }

    pub(super) fn to_le_bytes(self) -> [u8; 12] {
        let [a, b, c, d] = self.months.to_le_bytes();
        let [e, f, g, h] = self.days.to_le_bytes();
        let [i, j, k, l] = self.millis.to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_three_little_endian_numbers() {
        let bytes = [1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 0, 0x80];
        let duration = Duration::new(1, 2, 0x8000_0103);
        assert_eq!(Duration::from_le_bytes(bytes), duration);
        assert_eq!(duration.to_le_bytes(), bytes);
    }
}
