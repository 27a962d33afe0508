//! The keys of a run, some of which share a lane, so that they wait for each other.

use std::sync::LazyLock;

use super::check::Key;
use super::random::Random;
use crate::event::Message;

/// A lane is the upper bits of a key's hash.
const LANE_BITS: u32 = 6;

/// Three keys of one lane, two of another, and two for themselves.
static KEYS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let of_lane = |lane: u32| (0..=u8::MAX).filter(move |key| hashed(*key) == Some(lane));
    let mut lanes: Vec<(usize, u32)> =
        (0..1 << LANE_BITS).map(|lane| (of_lane(lane).count(), lane)).collect();
    lanes.sort();
    let largest = lanes.iter().rev().zip([3, 2, 1, 1]);
    largest.flat_map(|((_, lane), keys)| of_lane(*lane).take(keys)).collect()
});

/// A message's key, or None for one without.
pub(super) fn draw(random: &mut Random) -> Key {
    KEYS.get(random.below(KEYS.len() + 1)).copied()
}

/// Where the messages of a key wait; those without one have a lane of their own.
pub(super) fn lane(key: Key) -> Option<u32> {
    key.and_then(hashed)
}

fn hashed(key: u8) -> Option<u32> {
    let message = Message::new("", 0, 0).key(Some(vec![key])).build();
    message.key_hash().map(|hash| hash >> (u32::BITS - LANE_BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn some_keys_share_a_lane() {
        let mut lanes: BTreeMap<Option<u32>, u32> = BTreeMap::new();
        KEYS.iter().for_each(|key| *lanes.entry(lane(Some(*key))).or_default() += 1);
        let mut shared: Vec<u32> = lanes.into_values().collect();
        shared.sort_unstable();
        assert_eq!(shared, [1, 1, 2, 3]);
    }
}
