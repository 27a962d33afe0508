//! What becomes of an event.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use cq_events::dead_letter::ErrorKind;

use super::random::Random;

/// What becomes of an event, as its publisher has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It is handled.
    Good,
    /// It is handled after a few tries that fail.
    Flaky,
    /// Its handler rejects it.
    Rejected,
    /// Its handler fails each time.
    Failing,
    /// Its handler panics.
    Panics,
    /// It is no event: it cannot be decoded.
    Broken,
}

impl Fate {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Good, "good"),
        (Self::Flaky, "flaky"),
        (Self::Rejected, "rejected"),
        (Self::Failing, "failing"),
        (Self::Panics, "panics"),
        (Self::Broken, "broken"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(fate, _)| *fate == self).expect("all fates are there").1
    }

    /// What a dead letter says of it; None, where it is to be handled.
    pub fn error(self) -> Option<ErrorKind> {
        match self {
            Self::Good | Self::Flaky => None,
            Self::Rejected => Some(ErrorKind::Rejected),
            Self::Failing => Some(ErrorKind::Failed),
            Self::Panics => Some(ErrorKind::Panicked),
            Self::Broken => Some(ErrorKind::Unframed),
        }
    }

    /// Whether it belongs among the dead letters.
    pub fn is_poison(self) -> bool {
        self.error().is_some()
    }

    /// One that a number decides: of a thousand events, so many have each that is not good.
    pub fn drawn(random: &mut Random) -> Self {
        const SHARES: [(Fate, u64); 5] = [
            (Fate::Flaky, 20),
            (Fate::Rejected, 5),
            (Fate::Failing, 3),
            (Fate::Panics, 2),
            (Fate::Broken, 5),
        ];
        let mut number = random.of(0..1_000);
        for (fate, share) in SHARES {
            match number.checked_sub(share) {
                None => return fate,
                Some(rest) => number = rest,
            }
        }
        Self::Good
    }
}

impl Display for Fate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Fate {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(fate, _)| *fate).ok_or(())
    }
}
