//! What the registry keeps: schemas by their ids, and the versions of subjects.

use std::collections::BTreeMap;
use std::sync::Arc;

use cq_events_schema::Level;
use uuid::Uuid;

use super::refusal::Refusal;
use super::schema::{Candidate, Reference};
use super::settings::{Mode, Setting};

/// The number of a version, from 1.
pub(super) type Number = i32;
/// The number of a schema, from 1.
pub(super) type Id = u32;

#[derive(Debug)]
pub(super) struct State {
    pub(super) schemas: BTreeMap<Id, Stored>,
    /// The GUID is that of the content, so this tells a known schema as well.
    pub(super) guids: BTreeMap<Uuid, Id>,
    /// The versions of each subject, those that were deleted softly too: at least one.
    pub(super) subjects: BTreeMap<String, BTreeMap<Number, Version>>,
    pub(super) levels: Setting<Level>,
    modes: Setting<Mode>,
    pub(super) last_id: Id,
    /// The bytes of all schemas.
    pub(super) bytes: usize,
}

/// A schema that has an id.
#[derive(Debug)]
pub(super) struct Stored {
    /// As it was first registered.
    pub(super) text: Arc<str>,
    pub(super) references: Vec<Reference>,
    /// With all references inlined.
    pub(super) assembled: Arc<str>,
    pub(super) guid: Uuid,
}

/// A version of a subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version {
    pub(super) id: Id,
    pub(super) is_deleted: bool,
}

/// Which version is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Latest,
    Number(Number),
}

/// Where a schema was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) version: Number,
    pub(super) id: Id,
}

impl State {
    pub(super) fn new(level: Level) -> Self {
        Self {
            schemas: BTreeMap::new(),
            guids: BTreeMap::new(),
            subjects: BTreeMap::new(),
            levels: Setting::new(level),
            modes: Setting::new(Mode::default()),
            last_id: 0,
            bytes: 0,
        }
    }

    /// The subjects that have versions; `deleted`: those with softly deleted ones only, too.
    pub(super) fn subjects(&self, deleted: bool) -> impl Iterator<Item = &str> {
        let has_versions =
            move |versions: &BTreeMap<_, Version>| deleted || versions.values().any(|it| !it.is_deleted);
        self.subjects.iter().filter(move |(_, it)| has_versions(it)).map(|(subject, _)| subject.as_str())
    }

    /// The versions of a subject, the oldest first.
    pub(super) fn versions(&self, subject: &str, deleted: bool) -> impl DoubleEndedIterator<Item = Found> {
        let versions = self.subjects.get(subject).into_iter().flatten();
        let wanted = versions.filter(move |(_, it)| deleted || !it.is_deleted);
        wanted.map(|(version, it)| Found { version: *version, id: it.id })
    }

    /// # Errors
    /// When the subject has no version.
    pub(super) fn check_subject(&self, subject: &str, deleted: bool) -> Result<(), Refusal> {
        match self.versions(subject, deleted).next() {
            Some(_) => Ok(()),
            None => Err(Refusal::no_subject(subject)),
        }
    }

    pub(super) fn version(&self, subject: &str, wanted: Wanted, deleted: bool) -> Result<Found, Refusal> {
        self.check_subject(subject, deleted)?;
        let mut versions = self.versions(subject, deleted);
        match wanted {
            Wanted::Latest => versions.next_back().ok_or_else(|| Refusal::no_version(-1)),
            Wanted::Number(number) => {
                versions.find(|it| it.version == number).ok_or_else(|| Refusal::no_version(number))
            }
        }
    }

    /// The latest version of a subject with this schema and its references; for a schema that has none, one with references
    /// that says the same will do.
    pub(super) fn find(&self, subject: &str, candidate: &Candidate, deleted: bool) -> Option<Found> {
        let versions = || self.versions(subject, deleted).rev();
        let stored = |it: &Found| self.schemas.get(&it.id);
        let is_same = |it: &Found| stored(it).is_some_and(|stored| stored.guid == candidate.guid);
        let says_the_same =
            |it: &Found| stored(it).is_some_and(|stored| *stored.assembled == *candidate.assembled);
        let exact = versions().find(is_same);
        exact.or_else(|| versions().find(says_the_same).filter(|_| candidate.references.is_empty()))
    }

    pub(super) fn schema(&self, id: Id) -> Result<&Stored, Refusal> {
        self.schemas.get(&id).ok_or_else(|| Refusal::no_schema_of(id))
    }

    pub(super) fn by_guid(&self, guid: Uuid) -> Result<(Id, &Stored), Refusal> {
        let known = self.guids.get(&guid).and_then(|id| Some((*id, self.schemas.get(id)?)));
        known.ok_or_else(|| Refusal::no_schema_of(guid))
    }

    /// Where a schema stands: subjects with their versions.
    pub(super) fn places(&self, id: Id, deleted: bool) -> impl Iterator<Item = (&str, Number)> {
        self.subjects.iter().flat_map(move |(subject, versions)| {
            let here = versions.iter().filter(move |(_, it)| it.id == id && (deleted || !it.is_deleted));
            here.map(|(version, _)| (subject.as_str(), *version))
        })
    }

    /// The schemas that refer to a version.
    pub(super) fn referring(&self, subject: &str, version: Number) -> impl Iterator<Item = Id> {
        let refers = move |it: &Reference| it.subject == subject && it.version == version;
        self.schemas.iter().filter(move |(_, it)| it.references.iter().any(refers)).map(|(id, _)| *id)
    }

    pub(super) fn mode(&self, subject: &str) -> Mode {
        match self.modes.global() {
            Mode::ReadOnlyOverride => Mode::ReadOnlyOverride,
            _ => self.modes.of(subject),
        }
    }

    pub(super) const fn modes(&self) -> &Setting<Mode> {
        &self.modes
    }

    /// # Errors
    /// When schemas are to be imported where there are some already, unless that is forced.
    pub(super) fn set_mode(&mut self, subject: Option<&str>, mode: Mode, force: bool) -> Result<(), Refusal> {
        let has_schemas = match subject {
            Some(subject) => self.versions(subject, false).next().is_some(),
            None => self.subjects(false).next().is_some(),
        };
        if mode == Mode::Import && has_schemas && !force {
            return Err(Refusal::not_permitted("Cannot import since found existing subjects"));
        }
        self.modes.set(subject, mode);
        Ok(())
    }

    pub(super) fn unset_mode(&mut self, subject: Option<&str>) -> Option<Mode> {
        self.modes.unset(subject)
    }

    /// # Errors
    /// When nothing may be changed there.
    pub(super) fn check_writable(&self, subject: Option<&str>) -> Result<(), Refusal> {
        let mode = subject.map_or(self.modes.global(), |subject| self.mode(subject));
        if mode.is_read_only() {
            Err(Refusal::not_permitted(is_not(subject, "is in read-only mode")))
        } else {
            Ok(())
        }
    }
}

/// That a subject is not in the mode that something needs.
pub(super) fn is_not(subject: Option<&str>, words: &str) -> String {
    format!("Subject {} in context . {words}", subject.unwrap_or("null"))
}
