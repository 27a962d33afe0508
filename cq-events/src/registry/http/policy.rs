//! How a schema of this build gets its id.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cq_events_schema::{Level, normalise};

use super::compare::{check_level, why_bytes_differ};
use super::history::{Entry, counting};
use super::operations::Version;
use super::{HttpRegistry, RegistryError};
use crate::registry::{Registration, SchemaId, SubjectSchema};

/// How many ids are kept: more than a program has streams.
const MOST_IDS: usize = 1_024;

/// The ids that were given to schemas of this build, by subject and normalised schema. They never change.
#[derive(Default)]
pub(super) struct Ids(Mutex<HashMap<(String, String, Registration), SchemaId>>);

impl Ids {
    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String, Registration), SchemaId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpRegistry {
    pub(super) async fn id_by_policy(&self, wanted: &SubjectSchema<'_>) -> Result<SchemaId, RegistryError> {
        let subject = &*wanted.subject;
        let registration = wanted.registration.unwrap_or(self.transport.config().registration());
        let wrong = |reason: String| RegistryError::Schema { origin: subject.to_owned(), reason };
        let schema = normalise(&wanted.schema).map_err(|mistakes| wrong(mistakes.to_string()))?;
        let key = (subject.to_owned(), schema, registration);
        if let Some(id) = self.ids.lock().get(&key) {
            return Ok(*id);
        }
        let (_, schema, _) = &key;
        let id = self
            .of_versions(subject, async {
                match registration {
                    Registration::Latest => self.latest(subject, schema).await,
                    Registration::Exact => self.exact(subject, schema).await,
                    Registration::IfAbsent => self.if_absent(wanted, schema).await,
                }
            })
            .await?;
        let mut ids = self.ids.lock();
        if ids.len() >= MOST_IDS {
            ids.clear();
        }
        ids.insert(key, id);
        Ok(id)
    }

    async fn latest(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        let Some(latest) = self.version(subject, Version::Latest).await? else {
            return Err(self.not_registered(subject, None));
        };
        let reasons: Box<[String]> = why_bytes_differ(schema, &latest.schema).into();
        if reasons.is_empty() {
            return Ok(latest.id);
        }
        let (registry, subject) = (self.transport.name(), subject.to_owned());
        Err(RegistryError::LatestDiffers { registry, subject, version: latest.version, reasons })
    }

    async fn exact(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        match self.same(subject, schema).await? {
            Ok(found) => Ok(found.id),
            Err(others) => Err(self.not_registered(subject, others.last().map(|(number, _)| *number))),
        }
    }

    async fn if_absent(&self, wanted: &SubjectSchema<'_>, schema: &str) -> Result<SchemaId, RegistryError> {
        let subject = &*wanted.subject;
        match self.same(subject, schema).await? {
            Ok(found) => Ok(found.id),
            Err(earlier) => {
                if let Some(level) = wanted.level {
                    check_level(wanted, schema, &self.readable(subject, &earlier, level)?)?;
                }
                self.register(subject, schema).await
            }
        }
    }

    /// The schemas that count by a level: without one of them nobody knows what the level says.
    fn readable<'a>(
        &self,
        subject: &str,
        earlier: &'a [Entry],
        level: Level,
    ) -> Result<Vec<(i32, &'a str)>, RegistryError> {
        let readable = counting(earlier, level).iter().map(|(version, registered)| match registered {
            Ok(registered) => Ok((*version, &*registered.schema)),
            Err(error) => Err(RegistryError::UnreadableVersion {
                registry: self.transport.name(),
                subject: subject.into(),
                version: *version,
                level: level.name(),
                reason: error.to_string(),
            }),
        });
        readable.collect()
    }

    fn not_registered(&self, subject: &str, latest: Option<i32>) -> RegistryError {
        RegistryError::NotRegistered { registry: self.transport.name(), subject: subject.to_owned(), latest }
    }
}
