//! How a schema that is here stands in the registry.

use cq_events::registry::{Level, RegistryError, SchemaId, Version, differences};

use super::local::Local;
use super::remote::Remote;

/// How a subject stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The schema here is its latest version.
    Latest,
    /// The schema here is one of its versions, but not the latest.
    Older,
    /// The schema here is none of its versions.
    Changed,
    /// It has no version.
    Unregistered,
    /// No stream here has it.
    Foreign,
}

/// How a subject stands, with what the registry knows of it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// How it stands.
    pub state: State,
    /// The version with the schema that is here, and its id.
    pub own: Option<(i32, SchemaId)>,
    /// The number of its latest version.
    pub latest: Option<i32>,
    /// Its level in the registry: its own, or the registry's.
    pub level: Level,
}

impl State {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::Older => "older",
            Self::Changed => "changed",
            Self::Unregistered => "unregistered",
            Self::Foreign => "foreign",
        }
    }
}

impl Standing {
    /// How a schema of ours stands. Schemas are compared as a whole, with what they refer to inlined; spacing and the order
    /// of keys aside, and whatever else the registry leaves aside that changes no byte.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub fn of(local: &Local, remote: &Remote) -> Result<Self, RegistryError> {
        let subject = local.subject.as_str();
        let (latest, level) = known(subject, remote)?;
        let mut own = None;
        for number in latest.iter().rev() {
            match remote.version(subject, Version::Number(*number)) {
                Ok(Some(version)) if *version.schema == *local.schema => {
                    own = Some((*number, version.id));
                    break;
                }
                // What cannot be read is not ours.
                Ok(_) => {}
                Err(error) if error.is_of_schema() => {}
                Err(other) => return Err(other),
            }
        }
        if own.is_none() && !latest.is_empty() {
            own = taken_for(local, remote)?;
        }
        let latest = latest.last().copied();
        let state = match (own, latest) {
            (_, None) => State::Unregistered,
            (None, _) => State::Changed,
            (Some((own, _)), Some(latest)) if own == latest => State::Latest,
            (Some(_), _) => State::Older,
        };
        Ok(Self { state, own, latest, level })
    }

    /// How a subject stands that no stream has.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub fn foreign(subject: &str, remote: &Remote) -> Result<Self, RegistryError> {
        let (versions, level) = known(subject, remote)?;
        Ok(Self { state: State::Foreign, own: None, latest: versions.last().copied(), level })
    }
}

/// The version that the registry takes our schema for, where the two have the same bytes: to some registries other words, such as
/// documentation, make no version of its own.
fn taken_for(local: &Local, remote: &Remote) -> Result<Option<(i32, SchemaId)>, RegistryError> {
    let found = remote.ask(async |registry| registry.find(&local.subject, &local.schema).await);
    match found {
        Ok(found) => Ok(found
            .filter(|found| differences(&local.schema, &found.schema).is_empty())
            .map(|found| (found.version, found.id))),
        Err(error) if error.is_of_schema() => Ok(None),
        Err(other) => Err(other),
    }
}

/// The numbers of a subject's versions, and its level.
fn known(subject: &str, remote: &Remote) -> Result<(Vec<i32>, Level), RegistryError> {
    remote.ask(async |registry| Ok((registry.versions(subject).await?, registry.level(subject).await?)))
}
