//! What the schemas, and `streams.toml`, say of a stream.

use super::{FailurePolicy, HeaderPolicy};
use crate::registry::{Level, Registration, SubjectSchema, SubjectStrategy};

/// What the schemas say of one stream.
#[derive(Debug)]
#[non_exhaustive]
pub struct StreamInfo {
    /// The name of the stream: its table in `streams.toml`.
    pub name: &'static str,
    /// The topic that carries the stream.
    pub topic: &'static str,
    /// The assembled schema: the root union as normalised JSON, every named type inlined at its first use.
    pub schema: &'static str,
    /// One entry per branch of the root union, in its order.
    pub events: &'static [EventInfo],
    /// Which headers go with a message.
    pub headers: HeaderPolicy,
    /// How the topic is created, and checked.
    pub topic_spec: TopicSpec,
    /// What a consumer does with events that fail.
    pub failures: FailurePolicy,
    /// Which subjects the stream has in a schema registry, and so what a message is written with.
    pub subject_strategy: SubjectStrategy,
    /// What a new version of the stream's schemas must have in common with earlier ones. None: what the registry says.
    pub compatibility: Option<Level>,
    /// How the stream's schemas get their ids. None: as the registry's configuration says.
    pub registration: Option<Registration>,
}

/// One event of a stream.
#[derive(Debug)]
#[non_exhaustive]
pub struct EventInfo {
    /// The record's Avro fullname.
    pub fullname: &'static str,
    /// The event's name in upper snake case.
    pub event_type: &'static str,
    /// The assembled schema of the record alone, where it has a subject of its own.
    pub schema: Option<&'static str>,
}

/// How the topic of a stream is created, and checked: from `streams.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicSpec {
    /// Number of partitions.
    pub partitions: i32,
    /// Replication factor; None is the broker's default.
    pub replication: Option<i32>,
    /// Topic configuration, such as `retention.ms`, sorted by name.
    pub config: &'static [(&'static str, &'static str)],
}

impl StreamInfo {
    /// For generated code, which cannot build a `non_exhaustive` struct.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        topic: &'static str,
        schema: &'static str,
        events: &'static [EventInfo],
        headers: HeaderPolicy,
        topic_spec: TopicSpec,
    ) -> Self {
        Self {
            name,
            topic,
            schema,
            events,
            headers,
            topic_spec,
            failures: FailurePolicy::new(),
            subject_strategy: SubjectStrategy::Topic,
            compatibility: None,
            registration: None,
        }
    }

    /// The same with a policy for events that fail.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_failures(mut self, failures: FailurePolicy) -> Self {
        self.failures = failures;
        self
    }

    /// The same with subjects of another strategy than the default. All events have schemas of their own then.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_subjects(mut self, strategy: SubjectStrategy) -> Self {
        self.subject_strategy = strategy;
        self
    }

    /// The same with a level of compatibility.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_compatibility(mut self, level: Level) -> Self {
        self.compatibility = Some(level);
        self
    }

    /// The same with a policy of registration.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_registration(mut self, registration: Registration) -> Self {
        self.registration = Some(registration);
        self
    }

    /// The stream's subjects in a registry, each with its schema: one with that of the whole stream, or one for each
    /// event, in the order of [`events`](Self::events).
    pub fn subjects(&self) -> Vec<SubjectSchema<'static>> {
        let subject_of = |event: &EventInfo| match self.subject_strategy {
            SubjectStrategy::Topic => None,
            SubjectStrategy::Record => Some(event.fullname.to_owned()),
            SubjectStrategy::TopicRecord => Some(format!("{}-{}", self.topic, event.fullname)),
        };
        let own = self.events.iter().filter_map(|event| Some((subject_of(event)?, event.schema?)));
        let whole = (self.subject_strategy == SubjectStrategy::Topic)
            .then(|| (format!("{}-value", self.topic), self.schema));
        own.chain(whole)
            .map(|(subject, schema)| {
                SubjectSchema::new(subject, schema).registration(self.registration).level(self.compatibility)
            })
            .collect()
    }
}

impl EventInfo {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(fullname: &'static str, event_type: &'static str) -> Self {
        Self { fullname, event_type, schema: None }
    }

    /// The same with a schema of its own.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_schema(mut self, schema: &'static str) -> Self {
        self.schema = Some(schema);
        self
    }
}

impl TopicSpec {
    /// A topic with `partitions` partitions, a replication factor (None: the broker's default) and topic
    /// configuration.
    pub const fn new(
        partitions: i32,
        replication: Option<i32>,
        config: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { partitions, replication, config }
    }
}
