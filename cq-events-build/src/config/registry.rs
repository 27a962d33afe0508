//! The keys `subject`, `compatibility` and `registration` of a stream: how its schemas stand in a schema registry.

use cq_events_schema::Level;
use toml::de::DeTable;

use super::Reader;

/// What is set; the rest is as the runtime, or the registry, has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registry {
    pub(crate) subjects: SubjectStrategy,
    /// What a new version of a schema must have in common with earlier ones.
    pub(crate) compatibility: Option<Level>,
    pub(crate) registration: Option<Registration>,
}

/// Which subjects a stream has, and so what is registered: the union of its events, or each event by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SubjectStrategy {
    #[default]
    Topic,
    Record,
    TopicRecord,
}

/// How a schema gets its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    IfAbsent,
    Exact,
    Latest,
}

const STRATEGIES: [(&str, SubjectStrategy); 3] = [
    ("topic", SubjectStrategy::Topic),
    ("record", SubjectStrategy::Record),
    ("topic-record", SubjectStrategy::TopicRecord),
];

const REGISTRATIONS: [(&str, Registration); 3] =
    [("if-absent", Registration::IfAbsent), ("exact", Registration::Exact), ("latest", Registration::Latest)];

impl Reader {
    /// What the table of a stream says.
    pub(super) fn registry(&mut self, table: &DeTable<'_>) -> Registry {
        let levels = Level::ALL.map(|level| (level.name(), level));
        Registry {
            subjects: self.choice(table, "subject", &STRATEGIES).unwrap_or_default(),
            compatibility: self.choice(table, "compatibility", &levels),
            registration: self.choice(table, "registration", &REGISTRATIONS),
        }
    }
}
