//! The consumer's engine on a simulated cluster, in virtual time: what a seed says happens.
//!
//! The engine, the handlers and what reads messages for them are the real ones; the driver, the group's coordinator, the
//! schema registry, the log and the dead letters are simulated. The seed decides when processes crash, stall, stop and
//! start, when the group takes partitions away or loses patience, which commits are refused, deferred or unanswered, and
//! how long handlers take; which messages are flaky or poison; when the registry is down; and which dead letters are
//! slow, refused, or written without an answer. After every step the [`Rule`]s are checked; what breaks one is reported
//! with the way that led there, which the seed alone repeats.
//!
//! ```
//! use cq_events::testing::Simulation;
//!
//! let tally = Simulation::new(7).run()?;
//! assert!(tally.iter().any(|(what, times)| what == "messages done" && times > 0));
//! # Ok::<(), cq_events::testing::Violation>(())
//! ```
mod check;
mod clock;
mod courses;
mod dead_letters;
mod group;
mod intake;
mod keys;
mod member;
mod nature;
mod plan;
mod random;
mod registry;
mod rule;
mod strain;
mod tries;
mod work;
mod world;

use std::collections::BTreeMap;
use std::fmt;

pub use rule::Rule;
use world::World;

/// How many lines of the way to a broken rule are told.
const TOLD: usize = 200;

/// A run of a few consumers of one group, some of which crash, until all messages are done.
#[derive(Clone, Copy, Debug)]
pub struct Simulation {
    seed: u64,
    bug: Option<Bug>,
}

/// A mistake that a driver could make, to prove that the rules can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bug {
    /// Commits one past the last message that is done, whatever lies before it.
    CommitsPastAGap,
    /// Commits what was fetched, as `enable.auto.offset.store` does.
    StoresOffsetsByItself,
    /// Takes a failed message for done.
    SwallowsFailures,
    /// Loses a fetched message.
    DropsMessages,
    /// Handles messages without heeding their keys.
    IgnoresKeys,
    /// Does not look at what earlier assignments finished above the committed offset.
    IgnoresWhatIsFinished,
    /// Gives partitions back without waiting for what is in flight.
    GivesBackAtOnce,
    /// Repeats an older commit after a newer one.
    RepeatsOldCommits,
    /// Never fetches a partition again that was paused.
    NeverResumes,
    /// Does not answer when the group wants partitions back.
    NeverGivesBack,
    /// Takes a message for buried whose dead letter is not written yet, and never will be.
    DoesNotAwaitDeadLetters,
    /// Takes a dead letter for written that was refused, or not answered.
    TakesRefusalsForReceipts,
    /// Has its dead letters acknowledged before they are safe (`acks=1`).
    LosesDeadLetters,
    /// Gives up at once what may do the next time.
    TakesFailuresForRejects,
    /// Does not count the runs of a handler.
    TakesFailuresForWaits,
    /// Does not say of which key a message is that failed.
    ForgetsKeysOfFailures,
    /// Sleeps before it tells of a failure.
    TellsFailuresLate,
    /// Goes on for a while when the group wants partitions back.
    TellsRevokesLate,
    /// Comes late when the engine wants to know the time.
    Oversleeps,
    /// Leaves the circuit breaker out of the policy.
    ForgetsTheBreaker,
}

impl Bug {
    /// All of them, each with the rules one of which it breaks first.
    pub const ALL: [(Self, &[Rule]); 20] = [
        (Self::CommitsPastAGap, &[Rule::NothingLost]),
        (Self::StoresOffsetsByItself, &[Rule::NothingLost]),
        (Self::SwallowsFailures, &[Rule::NothingLost, Rule::OrderPerKey]),
        (Self::DropsMessages, &[Rule::NothingLost, Rule::OrderPerKey]),
        (Self::IgnoresKeys, &[Rule::OrderPerKey]),
        (Self::IgnoresWhatIsFinished, &[Rule::NothingTwice]),
        (Self::GivesBackAtOnce, &[Rule::NothingTwice]),
        (Self::RepeatsOldCommits, &[Rule::NoWayBack]),
        (Self::NeverResumes, &[Rule::GetsDone]),
        (Self::NeverGivesBack, &[Rule::GetsDone]),
        (Self::DoesNotAwaitDeadLetters, &[Rule::NothingLost, Rule::OrderPerKey]),
        (Self::TakesRefusalsForReceipts, &[Rule::NothingLost, Rule::OrderPerKey]),
        (Self::LosesDeadLetters, &[Rule::DeadLetters]),
        (Self::TakesFailuresForRejects, &[Rule::DeadLetters]),
        (Self::TakesFailuresForWaits, &[Rule::RunsAsOften]),
        (Self::ForgetsKeysOfFailures, &[Rule::OrderPerKey]),
        (Self::TellsFailuresLate, &[Rule::NobodyWaits]),
        (Self::TellsRevokesLate, &[Rule::NothingOnTheWayOut]),
        (Self::Oversleeps, &[Rule::RetriesInTime]),
        (Self::ForgetsTheBreaker, &[Rule::Breaker]),
    ];
}

impl Simulation {
    /// The run that this seed decides.
    pub fn new(seed: u64) -> Self {
        Self { seed, bug: None }
    }

    /// The same with a driver that makes a mistake.
    #[must_use]
    pub fn with_bug(self, bug: Bug) -> Self {
        Self { bug: Some(bug), ..self }
    }

    /// Runs it: what happened, and how often.
    ///
    /// # Errors
    /// The rule that was broken, and the way that led there.
    pub fn run(self) -> Result<Tally, Violation> {
        World::new(self.seed, self.bug, false).run().map_err(|(rule, what)| {
            // The same once more, this time written down.
            let mut again = World::new(self.seed, self.bug, true);
            let _ = again.run();
            let mut trace = again.into_trace();
            trace.drain(..trace.len().saturating_sub(TOLD));
            Violation { seed: self.seed, rule, what, trace }
        })
    }

    /// Runs it, and tells everything that happened, in order, a line each.
    pub fn trace(self) -> Vec<String> {
        let mut world = World::new(self.seed, self.bug, true);
        let _ = world.run();
        world.into_trace()
    }
}

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    /// Adds what happened in another run.
    pub fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// What happened, and how often, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().map(|(what, times)| (*what, *times))
    }
}

/// A rule that a run broke.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The seed that repeats the run.
    pub seed: u64,
    /// The rule.
    pub rule: Rule,
    /// How it was broken.
    pub what: String,
    /// The last steps before it was.
    pub trace: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} breaks the rule \"{}\": {}", self.seed, self.rule, self.what)?;
        self.trace.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl std::error::Error for Violation {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself() {
        let first = Simulation::new(11).trace();
        assert!(first.len() > 500, "{}", first.len());
        assert_eq!(first, Simulation::new(11).trace());
        assert_ne!(first, Simulation::new(12).trace());
    }
}
