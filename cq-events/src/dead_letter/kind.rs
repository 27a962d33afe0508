use std::fmt;
use std::str::FromStr;

/// What went wrong with a message, as the header `cq-error-kind` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It is not said with which schema the message was written: by a header, or by a wire header in front of the value.
    Unframed,
    /// The registry does not know the schema that the message says it was written with, or one that it refers to.
    UnknownSchema,
    /// The writer's schema, or what was written with it, cannot be read by the build that met it.
    Unresolvable,
    /// The datum is not what its schema says.
    Undecodable,
    /// The handler failed as often as its policy lets it.
    Failed,
    /// The handler rejected the event.
    Rejected,
    /// The handler panicked.
    Panicked,
    /// The handler did not end within its deadline, as often as its policy lets it.
    TimedOut,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Unframed,
        Self::UnknownSchema,
        Self::Unresolvable,
        Self::Undecodable,
        Self::Failed,
        Self::Rejected,
        Self::Panicked,
        Self::TimedOut,
    ];

    /// The kind's name, as it is in the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unframed => "unframed",
            Self::UnknownSchema => "unknown-schema",
            Self::Unresolvable => "unresolvable",
            Self::Undecodable => "undecodable",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed-out",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no kind of error; there are unframed, unknown-schema, unresolvable, undecodable, failed, rejected, panicked and timed-out"
)]
pub struct NoSuchKind(String);

impl FromStr for ErrorKind {
    type Err = NoSuchKind;

    fn from_str(name: &str) -> Result<Self, NoSuchKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| NoSuchKind(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for kind in ErrorKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert!(NoSuchKind(String::new()).to_string().contains(kind.name()), "{kind} is told");
        }
        assert_eq!("Failed".parse::<ErrorKind>(), Err(NoSuchKind("Failed".to_owned())));
    }
}
