//! How a schema that is here stands in the registry.

use cq_events::registry::{Level, RegistryError, SchemaId};

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
        let (latest, level) = known(&local.subject, remote)?;
        let own = latest.map(|_| version_of(local, remote)).transpose()?.flatten();
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
        let (latest, level) = known(subject, remote)?;
        Ok(Self { state: State::Foreign, own: None, latest, level })
    }
}

/// The version that has a schema of ours, and its id; None where there is none.
///
/// # Errors
/// When the registry does not answer, or refuses.
pub fn version_of(local: &Local, remote: &Remote) -> Result<Option<(i32, SchemaId)>, RegistryError> {
    let found = remote.ask(async |registry| registry.find_same(&local.subject, &local.schema).await)?;
    Ok(found.map(|found| (found.version, found.id)))
}

/// The number of a subject's latest version, and its level.
fn known(subject: &str, remote: &Remote) -> Result<(Option<i32>, Level), RegistryError> {
    remote.ask(async |registry| {
        Ok((registry.versions(subject).await?.last().copied(), registry.level(subject).await?))
    })
}
