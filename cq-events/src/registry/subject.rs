use std::borrow::Cow;

use super::Level;

/// A subject of a stream, and the schema that this build has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectSchema<'a> {
    /// The subject: the name under which a registry keeps the versions of a schema.
    pub subject: Cow<'a, str>,
    /// The assembled schema, as JSON.
    pub schema: Cow<'a, str>,
    /// How the schema gets its id; None: as the registry's configuration says.
    pub registration: Option<Registration>,
    /// What a new version must have in common with earlier ones, beside what the registry says; None: nothing.
    pub level: Option<Level>,
}

/// How a schema of this build gets its id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Registration {
    /// It is registered, unless it is already: for development.
    #[default]
    IfAbsent,
    /// Exactly this schema has to be registered, in any version of the subject. Nothing is ever registered. For production.
    Exact,
    /// The latest version of the subject is taken, which may differ in what does not change the bytes, such as
    /// documentation. Nothing is ever registered.
    ///
    /// As soon as a newer schema is registered, programs of older builds start no more: production mostly wants [`Self::Exact`].
    /// A consumer still starts where its own schema is one of the versions, since it reads what the newer one writes.
    Latest,
}

/// Which subjects a stream has (`subject` in `streams.toml`), and so what a message of it is written with: the names are
/// those of other clients' strategies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SubjectStrategy {
    /// `<topic>-value`, with the union of the stream's events (TopicNameStrategy). A message says by one byte or two which
    /// event it is.
    #[default]
    Topic,
    /// `<fullname>` for each event, with its record (RecordNameStrategy): one history for all topics with that event.
    Record,
    /// `<topic>-<fullname>` for each event, with its record (TopicRecordNameStrategy).
    TopicRecord,
}

impl<'a> SubjectSchema<'a> {
    /// A schema under a subject.
    pub fn new(subject: impl Into<Cow<'a, str>>, schema: impl Into<Cow<'a, str>>) -> Self {
        Self { subject: subject.into(), schema: schema.into(), registration: None, level: None }
    }

    /// The same with a policy of its own (None: none).
    #[must_use]
    pub fn registration(mut self, registration: impl Into<Option<Registration>>) -> Self {
        self.registration = registration.into();
        self
    }

    /// The same with a level of its own (None: none).
    #[must_use]
    pub fn level(mut self, level: impl Into<Option<Level>>) -> Self {
        self.level = level.into();
        self
    }
}

impl Registration {
    /// All policies.
    pub const ALL: [Self; 3] = [Self::IfAbsent, Self::Exact, Self::Latest];

    /// The name, such as `if-absent`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IfAbsent => "if-absent",
            Self::Exact => "exact",
            Self::Latest => "latest",
        }
    }

    /// The policy of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|registration| registration.name() == name)
    }
}
