//! The topic of the dead letters: what becomes of what is written to it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::random::Random;

/// How long a client waits for the answer to a write.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What becomes of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    /// How long it stays with its consumer, and is lost if that crashes.
    pub(super) lingers: Duration,
    /// How long after that it is in the topic; None: never.
    pub(super) is_written: Option<Duration>,
    /// How long after that its consumer knows.
    pub(super) is_answered: Duration,
    pub(super) answer: Answer,
}

/// What a consumer learns of its dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Written,
    Refused,
    /// None came: then it does not count, whether it was written or not.
    TimedOut,
}

impl Fate {
    pub(super) fn draw(is_calm: bool, random: &mut Random) -> Self {
        let (lingers, way, back) = (random.millis(0..40), random.millis(1..30), random.millis(1..30));
        let written = Self { lingers, is_written: Some(way), is_answered: back, answer: Answer::Written };
        match random.below(100) {
            _ if is_calm => written,
            0..3 => Self { is_written: None, answer: Answer::Refused, ..written },
            3..6 => Self { is_answered: TIMEOUT, answer: Answer::TimedOut, ..written },
            6..8 => Self { is_written: None, is_answered: TIMEOUT, answer: Answer::TimedOut, ..written },
            8..12 => Self { is_written: Some(random.millis(500..6_000)), ..written },
            12..16 => Self { is_answered: random.millis(500..6_000), ..written },
            _ => written,
        }
    }
}

/// What is in the topic, by the partition and the offset that it comes from.
#[derive(Debug, Default)]
pub(super) struct DeadLetters(BTreeMap<(i32, i64), u32>);

impl DeadLetters {
    /// Says whether it is the first of its message.
    pub(super) fn write(&mut self, partition: i32, offset: i64) -> bool {
        let times = self.0.entry((partition, offset)).or_default();
        *times += 1;
        *times == 1
    }

    pub(super) fn has(&self, partition: i32, offset: i64) -> bool {
        self.0.contains_key(&(partition, offset))
    }
}
