//! What is to happen to a letter.

use crate::letter::{Letter, Origin};
use crate::replay::Options;
use crate::replay::settled::Settled;

/// What is to happen to a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was replayed before.
    Done,
    /// The filters leave it out.
    LeftOut,
    /// It was replayed too often.
    Refused,
    /// It is of another framework, and nobody said where it is to go.
    Foreign,
    /// It is published.
    Publish(Target),
}

/// Where a letter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) topic: String,
    /// Where it came from; None, where the key decides.
    pub(super) partition: Option<i32>,
}

/// What is to happen to a letter that the filters leave in, or not.
pub(super) fn verdict(letter: &Letter, fits: bool, options: &Options, settled: Option<&Settled>) -> Verdict {
    if settled.is_some_and(|settled| settled.contains(letter.offset)) {
        return Verdict::Done;
    }
    if !fits {
        return Verdict::LeftOut;
    }
    match (&letter.origin, &options.to) {
        (Origin::Ours(ours), _) if ours.replays >= options.max_replays => Verdict::Refused,
        (Origin::Ours(ours), to) => {
            let topic = to.as_ref().unwrap_or(&ours.last.topic).clone();
            let partition = (topic == ours.last.topic).then_some(ours.last.partition);
            Verdict::Publish(Target { topic, partition })
        }
        (Origin::Other(_), Some(to)) if letter.headers.is_some() => {
            Verdict::Publish(Target { topic: to.clone(), partition: None })
        }
        (Origin::Other(_), _) => Verdict::Foreign,
    }
}
