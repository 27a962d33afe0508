//! What a registry has of a subject: its versions, those that count for the next one, and the one that is ours.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cq_events_schema::{Level, normalise};

use super::HttpRegistry;
use super::compare::why_bytes_differ;
use super::operations::{Registered, Version};
use crate::registry::RegistryError;

/// How many versions are kept.
const MOST_VERSIONS: usize = 1_024;

/// The versions that were read, by subject and number, under which nothing else ever stands: a start that was cut off, and a
/// question that is like the one before, go on from there.
#[derive(Default)]
pub(super) struct Versions(Mutex<HashMap<(String, i32), Registered>>);

impl Versions {
    fn get(&self, subject: &str, number: i32) -> Option<Registered> {
        self.lock().get(&(subject.to_owned(), number)).cloned()
    }

    fn keep(&self, subject: &str, number: i32, version: &Registered) {
        let mut versions = self.lock();
        if versions.len() >= MOST_VERSIONS {
            versions.clear();
        }
        versions.insert((subject.to_owned(), number), version.clone());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, i32), Registered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A version's number with the version, or with why its schema cannot be read.
pub(super) type Entry = (i32, Result<Registered, RegistryError>);

impl HttpRegistry {
    /// All versions of a subject, the oldest first, each with its number: the version, or why its schema cannot be read.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn history(
        &self,
        subject: &str,
    ) -> Result<Vec<(i32, Result<Registered, RegistryError>)>, RegistryError> {
        self.of_versions(subject, async {
            let numbers = self.versions(subject).await?;
            self.read(subject, &numbers).await
        })
        .await
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
        self.of_versions(subject, async {
            let numbers = self.versions(subject).await?;
            self.read(subject, counting(&numbers, level)).await
        })
        .await
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
        let mut others = Vec::new();
        for number in self.versions(subject).await?.into_iter().rev() {
            match self.read_one(subject, number).await? {
                Some(Ok(found)) if *found.schema == *schema => return Ok(Ok(found)),
                other => others.extend(other.map(|other| (number, other))),
            }
        }
        others.reverse();
        Ok(Err(others))
    }

    /// These versions of a subject.
    async fn read(&self, subject: &str, numbers: &[i32]) -> Result<Vec<Entry>, RegistryError> {
        let mut versions = Vec::with_capacity(numbers.len());
        for number in numbers {
            let version = self.read_one(subject, *number).await?;
            versions.extend(version.map(|version| (*number, version)));
        }
        Ok(versions)
    }

    /// A version of a subject; None where it was removed since its number was told.
    async fn read_one(
        &self,
        subject: &str,
        number: i32,
    ) -> Result<Option<Result<Registered, RegistryError>>, RegistryError> {
        if let Some(known) = self.versions.get(subject, number) {
            return Ok(Some(Ok(known)));
        }
        match self.version(subject, Version::Number(number)).await {
            Ok(Some(version)) => {
                self.versions.keep(subject, number, &version);
                Ok(Some(Ok(version)))
            }
            Ok(None) => Ok(None),
            Err(error) if error.is_of_schema() => Ok(Some(Err(error))),
            Err(error) => Err(error),
        }
    }

    /// Several calls about the versions of a subject, of which there may be hundreds: all of it has one deadline.
    pub(super) async fn of_versions<T>(
        &self,
        subject: &str,
        calls: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        let late = |longest| {
            format!(
                "not all about subject {subject} within {longest:?} (what it told is kept for the next try)"
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
