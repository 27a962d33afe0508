//! How long a retry waits: exponential backoff with full jitter.

use std::time::Duration;

/// Chance that a seed decides (xorshift64*), so that a run can be repeated.
#[derive(Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A time from zero to this one, evenly.
    fn draw(&mut self, most: Duration) -> Duration {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let chance = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        // 32 bits of chance: the product of both fits into 128 bits.
        let nanos = (most.as_nanos() * u128::from(chance)) >> 32;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How long to wait before a retry; `earlier` were made before it.
    pub(super) fn delay(&mut self, first: Duration, most: Duration, earlier: u32) -> Duration {
        self.draw(ceiling(first, most, earlier))
    }
}

/// The longest time before a retry.
fn ceiling(first: Duration, most: Duration, earlier: u32) -> Duration {
    let factor = 1_u32.checked_shl(earlier.min(31)).unwrap_or(u32::MAX);
    first.checked_mul(factor).map_or(most, |delay| delay.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_its_cap() {
        let ceilings: Vec<u128> = [0, 1, 2, 5, 6, 31, 32, u32::MAX]
            .map(|earlier| ceiling(Duration::from_millis(100), Duration::from_secs(5), earlier).as_millis())
            .to_vec();
        assert_eq!(ceilings, [100, 200, 400, 3_200, 5_000, 5_000, 5_000, 5_000]);
        assert_eq!(ceiling(Duration::ZERO, Duration::from_secs(5), 9), Duration::ZERO);
        assert_eq!(ceiling(Duration::MAX, Duration::MAX, 9), Duration::MAX);
    }

    #[test]
    fn delays_are_spread_over_all_of_it() {
        let mut jitter = Jitter::new(7);
        let mut tenths = [0_u32; 10];
        for _ in 0..10_000 {
            let delay = jitter.delay(Duration::from_millis(1_000), Duration::from_secs(5), 0);
            assert!(delay < Duration::from_millis(1_000));
            tenths[(delay.as_millis() / 100) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
        assert!(jitter.delay(Duration::MAX, Duration::MAX, 3) < Duration::MAX);
    }
}
