//! What a handler says of an event that it could not handle.

use std::any::type_name;
use std::error::Error;
use std::fmt;

/// What a handler answers: success, or why the event could not be handled.
pub type Handled = Result<(), Failure>;

/// Why a handler could not handle an event, and what is to be done about that.
///
/// Any error becomes one through `?`: it may do the next time, so the handler is run again for the event as often as the
/// stream's [`FailurePolicy`](crate::event::FailurePolicy) says, and then the message goes to the
/// [dead letters](crate::dead_letter). An error that says more is classified on the way ([`Classify`]):
///
/// ```
/// use cq_events::{Classify, Handled};
/// # fn parse(text: &str) -> Result<u32, std::num::ParseIntError> { text.parse() }
/// # fn store(part: u32) -> Result<(), std::io::Error> { Ok(()) }
/// # fn config() -> Result<(), String> { Ok(()) }
///
/// fn handle(part: &str) -> Handled {
///     let part = parse(part).reject()?;   // no try will help: to the dead letters at once
///     config().stop()?;                   // nor with any other event: the consumer stops
///     store(part)?;                       // any other error: tried again
///     Ok(())
/// }
/// ```
///
/// It does not implement [`Error`] itself, which is what lets any error become one.
pub struct Failure(Box<Inner>);

struct Inner {
    outcome: Outcome,
    /// The name of the error's type.
    exception: &'static str,
    cause: Box<dyn Error + Send + Sync>,
}

/// What is to be done about an event that could not be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Try again, for the failure is transient; after the last try, to the dead letters.
    Retry,
    /// To the dead letters at once, for the failure is permanent.
    Reject,
    /// Stop the consumer with the event's offset uncommitted.
    Stop,
}

impl Failure {
    /// A transient failure with this cause: an error, a text, or what converts to a boxed error.
    pub fn retry<E: Into<Box<dyn Error + Send + Sync>>>(cause: E) -> Self {
        Self::with(Outcome::Retry, cause)
    }

    /// A permanent failure: no further try will help.
    pub fn reject<E: Into<Box<dyn Error + Send + Sync>>>(cause: E) -> Self {
        Self::with(Outcome::Reject, cause)
    }

    /// A fatal failure: the consumer must not go on.
    pub fn stop<E: Into<Box<dyn Error + Send + Sync>>>(cause: E) -> Self {
        Self::with(Outcome::Stop, cause)
    }

    fn with<E: Into<Box<dyn Error + Send + Sync>>>(outcome: Outcome, cause: E) -> Self {
        // Texts and boxes say nothing by the name of their type.
        let name = type_name::<E>();
        let is_named = !name.starts_with('&') && !name.starts_with("alloc::");
        Self(Box::new(Inner {
            outcome,
            exception: if is_named { name } else { "error" },
            cause: cause.into(),
        }))
    }

    /// What is to be done about it.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// The name of the cause's type, such as `shop::StoreError`; `error` where it is a text or a boxed error.
    pub fn exception(&self) -> &'static str {
        self.0.exception
    }

    /// The cause.
    pub fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0.cause
    }

    /// The cause, owned.
    pub fn into_cause(self) -> Box<dyn Error + Send + Sync> {
        self.0.cause
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::retry(error)
    }
}

/// The outcome, and the cause's own form.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(match self.0.outcome {
            Outcome::Retry => "Retry",
            Outcome::Reject => "Reject",
            Outcome::Stop => "Stop",
        })
        .field(&self.0.cause)
        .finish()
    }
}

/// The cause's text.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.cause, f)
    }
}

/// Says of an error what is to be done about the event: see [`Failure`].
pub trait Classify<T>: Sized {
    /// The failure is transient: try again. This is what `?` alone does; it serves what is no [`Error`], such as a text.
    ///
    /// # Errors
    /// The error, as a [`Failure`].
    fn retry(self) -> Result<T, Failure>;

    /// The failure is permanent: to the dead letters at once.
    ///
    /// # Errors
    /// The error, as a [`Failure`].
    fn reject(self) -> Result<T, Failure>;

    /// The failure is fatal: stop the consumer.
    ///
    /// # Errors
    /// The error, as a [`Failure`].
    fn stop(self) -> Result<T, Failure>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Classify<T> for Result<T, E> {
    fn retry(self) -> Result<T, Failure> {
        self.map_err(Failure::retry)
    }

    fn reject(self) -> Result<T, Failure> {
        self.map_err(Failure::reject)
    }

    fn stop(self) -> Result<T, Failure> {
        self.map_err(Failure::stop)
    }
}

/// The text of an error and those of its causes, where it does not tell them itself.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |&cause| cause.source()).take(MOST_CAUSES) {
        let words = cause.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
    }
    text
}

/// How many causes are told: a chain may be a circle.
const MOST_CAUSES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("level {0}")]
    struct Level(u32, #[source] Option<Box<Level>>);

    #[test]
    fn an_error_says_by_its_way_what_is_to_be_done() {
        let failed = || Err::<(), _>(Level(1, None));
        let question = || -> Handled { Ok(failed()?) };
        let outcomes = [question(), failed().retry(), failed().reject(), failed().stop()]
            .map(|handled| handled.unwrap_err().outcome());
        assert_eq!(outcomes, [Outcome::Retry, Outcome::Retry, Outcome::Reject, Outcome::Stop]);
        let failure = Err::<(), _>("no stock").reject().unwrap_err();
        assert_eq!((failure.exception(), failure.to_string()), ("error", "no stock".to_owned()));
        assert_eq!(Failure::stop("x".to_owned()).exception(), "error");
        assert!(Failure::from(Level(1, None)).exception().ends_with("failure::tests::Level"));
        assert_eq!(format!("{:?}", Failure::reject("x")), "Reject(\"x\")");
    }

    #[test]
    fn a_chain_of_causes_is_told_and_a_long_one_cut() {
        let chained = |levels| (0..levels).fold(None, |inner, level| Some(Box::new(Level(level, inner))));
        assert_eq!(chain(&*chained(3).unwrap()), "level 2: level 1: level 0");
        let long = chain(&*chained(1_000).unwrap());
        assert!(long.starts_with("level 999: level 998") && long.ends_with("level 899"), "{long}");
    }
}
