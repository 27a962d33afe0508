//! What a run proves.

use std::fmt;

/// What a run proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// A commit never passes a message that is not done, nor names one as done.
    NothingLost,
    /// Messages of one key, and those without one, are handled one after the other and in order: none begins while one
    /// before it is handled, waits for its next try, or is on its way to the dead letters.
    OrderPerKey,
    /// Nothing that is done is done again, unless a crash, a lost assignment or a commit that went wrong lies between.
    NothingTwice,
    /// A committed offset never goes back, unless somebody sought there.
    NoWayBack,
    /// When the faults have ended, all messages are done and committed.
    GetsDone,
    /// What is given up is among the dead letters, all of it and nothing else.
    DeadLetters,
    /// No handler is run more often for a message in one assignment than its policy says.
    RunsAsOften,
    /// No retry comes later than its policy says.
    RetriesInTime,
    /// What is fetched begins at once where there is room for a handler, unless its own key, or the handler of another
    /// one that shares its lane, holds it up.
    NobodyWaits,
    /// Nothing is begun, nor tried again, of a partition that the group wants back, or when the consumer ends.
    NothingOnTheWayOut,
    /// The consumer ends when so much is given up that its circuit breaker must open, and not before.
    Breaker,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingLost => "nothing is lost",
            Self::OrderPerKey => "order per key",
            Self::NothingTwice => "nothing is done twice",
            Self::NoWayBack => "no way back",
            Self::GetsDone => "everything gets done",
            Self::DeadLetters => "what is given up is among the dead letters",
            Self::RunsAsOften => "no more runs than the policy says",
            Self::RetriesInTime => "retries come in time",
            Self::NobodyWaits => "nobody waits for another key",
            Self::NothingOnTheWayOut => "nothing begins on the way out",
            Self::Breaker => "the breaker opens when it must",
        })
    }
}
