//! What a registry has of a subject: its versions, those that count for the next one, and the one that is ours.

use std::time::Duration;

use cq_events_schema::{Level, normalise};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::HttpRegistry;
use super::compare::why_bytes_differ;
use super::operations::{Registered, Version};
use crate::registry::RegistryError;

/// How many versions are asked for at once.
const AT_ONCE: usize = 8;
/// How often the versions of a subject are read, while some are gone that were told a moment ago.
const TRIES: u32 = 5;
/// How long a registry's servers are given to agree, before the next try.
const AGAIN: Duration = Duration::from_millis(100);

/// A version's number with the version, or with why its schema cannot be read.
pub(super) type Entry = (i32, Result<Registered, RegistryError>);

/// What the versions of a subject came to.
enum Walked {
    /// The one that was looked for.
    Found(Registered),
    /// All of them, the oldest first.
    All(Vec<Entry>),
    /// Nothing: this one is not there, though its number was told.
    Gone(i32),
}

impl HttpRegistry {
    /// All versions of a subject, the oldest first, each with its number: the version, or why its schema cannot be read.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn history(
        &self,
        subject: &str,
    ) -> Result<Vec<(i32, Result<Registered, RegistryError>)>, RegistryError> {
        self.of_versions(subject, self.all(subject, |numbers| numbers)).await
    }

    /// The versions that a next one of the subject has to go with by this level, as [`HttpRegistry::history`] gives them: none,
    /// the latest, or all. A level that looks at one that cannot be read cannot be kept to.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn predecessors(
        &self,
        subject: &str,
        level: Level,
    ) -> Result<Vec<(i32, Result<Registered, RegistryError>)>, RegistryError> {
        self.of_versions(subject, self.all(subject, |numbers| counting(numbers, level))).await
    }

    /// The version of a subject that has this very schema, which may be of any form; None where there is none.
    ///
    /// Registries compare texts in one way or another. Apicurio leaves documentation and aliases aside: to it a schema with
    /// other words is the one that it has, and no version of its own; where the bytes are the same, so it is here. Where it
    /// finds none, each version is compared as a whole, the newest first, with what it refers to inlined, the order of keys
    /// and the spacing aside.
    ///
    /// # Errors
    /// When it is no schema; when the registry does not answer, or refuses.
    pub async fn find_same(&self, subject: &str, schema: &str) -> Result<Option<Registered>, RegistryError> {
        let schema = normalise(schema).map_err(|mistakes| RegistryError::Schema {
            origin: subject.to_owned(),
            reason: mistakes.to_string(),
        })?;
        let found = self.of_versions(subject, self.same(subject, &schema)).await?;
        Ok(found.ok())
    }

    /// The version that has the very schema, which is normalised; else all versions, the oldest first.
    pub(super) async fn same(
        &self,
        subject: &str,
        schema: &str,
    ) -> Result<Result<Registered, Vec<Entry>>, RegistryError> {
        match self.find(subject, schema).await {
            Ok(Some(found)) if why_bytes_differ(schema, &found.schema).is_empty() => return Ok(Ok(found)),
            // One that we cannot parse is not ours, which we can.
            Ok(_) => {}
            Err(error) if error.is_of_schema() => {}
            Err(error) => return Err(error),
        }
        self.walk(subject, |numbers| numbers, |version| *version.schema == *schema).await
    }

    /// The versions whose numbers are chosen.
    async fn all(
        &self,
        subject: &str,
        choose: impl Fn(&[i32]) -> &[i32],
    ) -> Result<Vec<Entry>, RegistryError> {
        let walked = self.walk(subject, choose, |_| false).await?;
        Ok(walked.err().unwrap_or_default())
    }

    /// The newest version that is wanted; else all that are chosen. Where one is gone that was told a moment ago, it was
    /// deleted, or asked of a server that does not know it yet: what is told then would not be what the subject has.
    async fn walk(
        &self,
        subject: &str,
        choose: impl Fn(&[i32]) -> &[i32],
        is_wanted: impl Fn(&Registered) -> bool,
    ) -> Result<Result<Registered, Vec<Entry>>, RegistryError> {
        let mut gone = 0;
        for number in 0..TRIES {
            tokio::time::sleep(AGAIN * number).await;
            let numbers = self.versions(subject).await?;
            match self.walk_once(subject, choose(&numbers), &is_wanted).await? {
                Walked::Found(version) => return Ok(Ok(version)),
                Walked::All(versions) => return Ok(Err(versions)),
                Walked::Gone(version) => gone = version,
            }
        }
        let reason = format!("version {gone} of subject {subject} is told to be there, and is not");
        Err(RegistryError::Unavailable { registry: self.transport.name(), reason })
    }

    async fn walk_once(
        &self,
        subject: &str,
        numbers: &[i32],
        is_wanted: impl Fn(&Registered) -> bool,
    ) -> Result<Walked, RegistryError> {
        let newest_first = numbers.iter().copied().rev().map(|number| self.read(subject, number));
        let mut versions = stream::iter(newest_first).buffered(AT_ONCE);
        let mut all = Vec::with_capacity(numbers.len());
        while let Some((number, version)) = versions.try_next().await? {
            match version {
                Some(Ok(version)) if is_wanted(&version) => return Ok(Walked::Found(version)),
                Some(version) => all.push((number, version)),
                None => return Ok(Walked::Gone(number)),
            }
        }
        all.reverse();
        Ok(Walked::All(all))
    }

    /// A version of a subject; None where it is not there.
    async fn read(
        &self,
        subject: &str,
        number: i32,
    ) -> Result<(i32, Option<Result<Registered, RegistryError>>), RegistryError> {
        let version = match self.version(subject, Version::Number(number)).await {
            Err(error) if error.is_of_schema() => Some(Err(error)),
            version => version?.map(Ok),
        };
        Ok((number, version))
    }

    /// Several calls about the versions of a subject, of which there may be hundreds: all of it has one deadline.
    pub(super) async fn of_versions<T>(
        &self,
        subject: &str,
        calls: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        let late = |longest| {
            format!(
                "not all about subject {subject} within {longest:?}, which SCHEMA_REGISTRY_TIMEOUT_MS makes longer"
            )
        };
        self.transport.within(self.transport.longest_of_many(), late, calls).await
    }
}

/// Those that count for a next version by this level.
pub(super) fn counting<T>(versions: &[T], level: Level) -> &[T] {
    match (level.directions(), level.is_transitive()) {
        ([], _) => &[],
        (_, true) => versions,
        (_, false) => versions.last_chunk::<1>().map_or(&[], |latest| latest),
    }
}
