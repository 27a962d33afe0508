//! The registry in this process: for tests without a server, and for those who look behind it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cq_events_schema::Level;
use uuid::Uuid;

use super::refusal::Refusal;
use super::request::{Request, subject_name};
use super::routes::{Answer, answer};
use super::schema::{Candidate, Submission};
use super::state::{State, Wanted};
use crate::registry::{
    Registration, RegistryError, RegistryFuture, SchemaId, SchemaRegistry, SubjectSchema, check_level,
    why_bytes_differ,
};

/// What errors call it.
const NAME: &str = "the registry in memory";

/// A schema registry in this process. Clones share what it knows, which lasts as long as they.
///
/// It has Confluent's rules and this project's own checker of compatibility; [`RegistryServer`](super::RegistryServer)
/// serves it to other programs. What it does *not* do is listed there.
///
/// ```
/// use cq_events::testing::MemoryRegistry;
///
/// let registry = MemoryRegistry::new();
/// let id = registry.register("lamp-value", r#"{"type": "record", "name": "Lamp", "fields": []}"#)?;
/// assert_eq!(registry.subjects(), ["lamp-value"]);
/// assert_eq!(registry.versions("lamp-value"), [1]);
/// # Ok::<(), cq_events::registry::RegistryError>(())
/// ```
#[derive(Clone)]
pub struct MemoryRegistry(Arc<Mutex<State>>);

impl MemoryRegistry {
    /// An empty registry. Its level is `BACKWARD`, as that of others.
    pub fn new() -> Self {
        Self::with_level(Level::Backward)
    }

    /// An empty registry with this level for subjects that have none of their own.
    pub fn with_level(level: Level) -> Self {
        Self(Arc::new(Mutex::new(State::new(level))))
    }

    /// Registers a schema (JSON) under a subject, unless it is there already, and returns its id.
    ///
    /// # Errors
    /// When it is no valid schema, when it is not compatible with the earlier versions, or when the registry is read-only
    /// or full.
    pub fn register(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        let submission = Submission { text: schema.to_owned(), ..Submission::default() };
        let mut state = self.state();
        let known = |refusal| error(&state, subject, refusal);
        let subject = &subject_name(subject).map_err(known)?;
        match state.register(subject, &submission) {
            Ok(found) => Ok(SchemaId::new(found.id)),
            Err(refusal) => Err(error(&state, subject, refusal)),
        }
    }

    /// All subjects, sorted.
    pub fn subjects(&self) -> Vec<String> {
        self.state().subjects(false).map(str::to_owned).collect()
    }

    /// The versions of a subject, the oldest first; none where it is unknown.
    pub fn versions(&self, subject: &str) -> Vec<i32> {
        self.state().versions(subject, false).map(|it| it.version).collect()
    }

    /// The level that counts for a subject.
    pub fn level(&self, subject: &str) -> Level {
        self.state().levels.of(subject)
    }

    /// Sets the level of a subject, or (None) of all subjects that have none of their own.
    pub fn set_level(&self, subject: Option<&str>, level: Level) {
        self.state().levels.set(subject, level);
    }

    /// The GUID of the schema with this id.
    pub fn guid_of(&self, id: SchemaId) -> Option<Uuid> {
        self.state().schemas.get(&id.get()).map(|stored| stored.guid)
    }

    /// Answers a request of a client.
    pub(super) fn answer(&self, request: &Request) -> Answer {
        answer(&mut self.state(), request)
    }

    fn id_by_policy(&self, wanted: &SubjectSchema<'_>) -> Result<SchemaId, RegistryError> {
        let subject = &*wanted.subject;
        let registration = wanted.registration.unwrap_or_default();
        if registration == Registration::IfAbsent {
            self.check_level(wanted)?;
            return self.register(subject, &wanted.schema);
        }
        let state = self.state();
        let refused = |refusal| error(&state, subject, refusal);
        let submission = Submission { text: wanted.schema.clone().into_owned(), ..Submission::default() };
        let candidate = Candidate::new(&state, &submission).map_err(refused)?;
        let latest = state.version(subject, Wanted::Latest, false).ok();
        let (registry, subject) = (NAME.to_owned(), subject.to_owned());
        match (registration, latest) {
            (Registration::Latest, Some(latest)) => {
                let stored = state.schema(latest.id).map_err(refused)?;
                let reasons: Box<[String]> = why_bytes_differ(&candidate.assembled, &stored.assembled).into();
                if reasons.is_empty() {
                    return Ok(SchemaId::new(latest.id));
                }
                Err(RegistryError::LatestDiffers { registry, subject, version: latest.version, reasons })
            }
            _ => match state.find(&subject, &candidate, false) {
                Some(found) => Ok(SchemaId::new(found.id)),
                None => {
                    let latest = latest.map(|latest| latest.version);
                    Err(RegistryError::NotRegistered { registry, subject, latest })
                }
            },
        }
    }

    /// As the client of a server does before it registers.
    fn check_level(&self, wanted: &SubjectSchema<'_>) -> Result<(), RegistryError> {
        let state = self.state();
        let submission = Submission { text: wanted.schema.clone().into_owned(), ..Submission::default() };
        let candidate =
            Candidate::new(&state, &submission).map_err(|refusal| error(&state, &wanted.subject, refusal))?;
        let versions = state.versions(&wanted.subject, false);
        let earlier: Vec<(i32, &str)> =
            versions.filter_map(|it| Some((it.version, &*state.schema(it.id).ok()?.assembled))).collect();
        let is_new = !earlier.iter().any(|(_, schema)| *schema == &*candidate.assembled);
        if is_new { check_level(wanted, &candidate.assembled, &earlier) } else { Ok(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Checks come before changes, which cannot panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryRegistry {
    fn default() -> Self {
        Self::new()
    }
}

impl SchemaRegistry for MemoryRegistry {
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        Box::pin(async move { self.id_by_policy(schema) })
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        let schema = self.state().schema(id.get()).map(|stored| Arc::clone(&stored.assembled));
        let unknown = move |_| RegistryError::UnknownId { id, registry: NAME.to_owned() };
        Box::pin(async move { schema.map_err(unknown) })
    }

    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        let schema = self.state().by_guid(guid).map(|(_, stored)| Arc::clone(&stored.assembled));
        let unknown = move |_| RegistryError::UnknownGuid { guid, registry: NAME.to_owned() };
        Box::pin(async move { schema.map_err(unknown) })
    }

    fn describe(&self) -> String {
        NAME.to_owned()
    }
}

impl fmt::Debug for MemoryRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRegistry").field("subjects", &self.subjects()).finish_non_exhaustive()
    }
}

fn error(state: &State, subject: &str, refusal: Refusal) -> RegistryError {
    let (registry, subject) = (NAME.to_owned(), subject.to_owned());
    let messages = Box::from([refusal.message.clone()]);
    match refusal.code {
        42201 => RegistryError::Schema { origin: subject, reason: refusal.message },
        409 => {
            let level = state.levels.of(&subject).name();
            RegistryError::Incompatible { registry, subject: subject.into(), level, messages }
        }
        code => RegistryError::Refused {
            registry,
            call: format!("registering under {subject}").into(),
            status: refusal.status(),
            code: i32::try_from(code).ok(),
            messages,
        },
    }
}
