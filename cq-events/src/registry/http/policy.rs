//! How a schema of this build gets its id.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cq_events_schema::{Level, Schemas, check_compatibility, normalise};

use super::operations::{Registered, Version};
use super::{HttpRegistry, RegistryError};
use crate::registry::{Registration, SchemaId, SubjectSchema};

/// How many versions of a subject are looked at for one that has our schema in another form.
const MOST_VERSIONS: usize = 100;
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
        let id = match registration {
            Registration::Latest => self.latest(subject, schema).await?,
            Registration::Exact => match self.same(subject, schema).await? {
                Ok(id) => id,
                Err(earlier) => {
                    let latest = earlier.last().map(|version| version.version);
                    let (registry, subject) = (self.transport.name(), subject.to_owned());
                    return Err(RegistryError::NotRegistered { registry, subject, latest });
                }
            },
            Registration::IfAbsent => match self.same(subject, schema).await? {
                Ok(id) => id,
                Err(earlier) => {
                    let earlier: Vec<_> =
                        earlier.iter().map(|version| (version.version, &*version.schema)).collect();
                    check_level(wanted, schema, &earlier)?;
                    self.register(subject, schema).await?
                }
            },
        };
        let mut ids = self.ids.lock();
        if ids.len() >= MOST_IDS {
            ids.clear();
        }
        ids.insert(key, id);
        Ok(id)
    }

    /// The id of the version that has the very schema; else the earlier versions, the oldest first.
    ///
    /// Registries compare texts in one way or another. Apicurio leaves documentation and aliases aside: to it a schema with
    /// other words is the one that it has, and no version of its own; where the bytes are the same, so it is to us. Where it
    /// finds none, each version is compared as a whole, with what it refers to inlined, the order of keys and the spacing
    /// aside.
    async fn same(
        &self,
        subject: &str,
        schema: &str,
    ) -> Result<Result<SchemaId, Vec<Registered>>, RegistryError> {
        // A version that we cannot parse is not ours, which we can.
        let parsed = |found: Result<Option<Registered>, RegistryError>| match found {
            Err(error) if error.is_of_schema() => Ok(None),
            found => found,
        };
        if let Some(found) = parsed(self.find(subject, schema).await)?
            && differences(schema, &found.schema).is_empty()
        {
            return Ok(Ok(found.id));
        }
        let versions = self.versions(subject).await?;
        let mut earlier = Vec::with_capacity(versions.len());
        for version in versions.iter().skip(versions.len().saturating_sub(MOST_VERSIONS)) {
            let found = parsed(self.version(subject, Version::Number(*version)).await)?;
            match found {
                Some(found) if *found.schema == *schema => return Ok(Ok(found.id)),
                found => earlier.extend(found),
            }
        }
        Ok(Err(earlier))
    }

    async fn latest(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        let Some(latest) = self.version(subject, Version::Latest).await? else {
            let (registry, subject) = (self.transport.name(), subject.to_owned());
            return Err(RegistryError::NotRegistered { registry, subject, latest: None });
        };
        let reasons: Box<[String]> = differences(schema, &latest.schema).into();
        if reasons.is_empty() {
            return Ok(latest.id);
        }
        let (registry, subject) = (self.transport.name(), subject.to_owned());
        Err(RegistryError::LatestDiffers { registry, subject, version: latest.version, reasons })
    }
}

/// Whether a schema goes with the earlier versions of its subject, by the level that its stream names, if it does: the registry
/// may have another one, or none.
pub(crate) fn check_level(
    wanted: &SubjectSchema<'_>,
    schema: &str,
    earlier: &[(i32, &str)],
) -> Result<(), RegistryError> {
    let Some(level) = wanted.level else { return Ok(()) };
    let parse = |text: &str| {
        Schemas::parse_text(&wanted.subject, text).map_err(|mistakes| RegistryError::Schema {
            origin: wanted.subject.to_string(),
            reason: mistakes.to_string(),
        })
    };
    let ours = parse(schema)?;
    let theirs = earlier.iter().map(|(_, schema)| parse(schema)).collect::<Result<Vec<_>, _>>()?;
    let found = check_compatibility(level, &ours, &theirs.iter().collect::<Vec<_>>());
    let messages = found.iter().flat_map(|found| {
        let version = earlier.get(found.version).map_or(0, |(version, _)| *version);
        found
            .findings
            .iter()
            .map(move |finding| format!("version {version}: {}: {}", finding.path, finding.message))
    });
    let messages: Box<[String]> = messages.collect();
    if messages.is_empty() {
        return Ok(());
    }
    let (registry, subject) = ("this build".to_owned(), (&*wanted.subject).into());
    Err(RegistryError::Incompatible { registry, subject, level: level.name(), messages })
}

/// What keeps events of our schema from being read as those of the latest version: other bytes, or bytes of another meaning.
/// Nothing where the two differ in what changes no byte, such as documentation. Both are assembled schemas (JSON), normalised.
pub fn differences(schema: &str, latest: &str) -> Vec<String> {
    if latest == schema {
        return Vec::new();
    }
    let parse =
        |name: &str, text: &str| Schemas::parse_text(name, text).map_err(|error| vec![error.to_string()]);
    let (ours, theirs) = match (parse("this build's schema", schema), parse("the latest version", latest)) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(reasons), _) | (_, Err(reasons)) => return reasons,
    };
    let found = check_compatibility(Level::Full, &ours, &[&theirs]);
    let findings = found.iter().flat_map(|incompatibility| &incompatibility.findings);
    let mut reasons: Vec<String> =
        findings.map(|finding| format!("{}: {}", finding.path, finding.message)).collect();
    let canonical = |schemas: &Schemas| schemas.roots().first().map(|root| schemas.canonical(root));
    if reasons.is_empty() && canonical(&ours) != canonical(&theirs) {
        reasons.push("its types, names or order of fields, branches or symbols are not the same".to_owned());
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &str) -> String {
        normalise(&format!(r#"{{"type":"record","name":"a.B","fields":[{fields}]}}"#)).unwrap()
    }

    #[test]
    fn the_latest_version_may_differ_in_what_no_byte_shows() {
        let ours = record(r#"{"name":"x","type":"int"}"#);
        for same in [
            r#"{"name":"x","type":"int","doc":"documented","default":7}"#,
            r#"{"name":"x","type":"int","aliases":["y"]}"#,
            r#"{"name":"x","type":{"type":"int","logicalType":"date"}}"#,
        ] {
            assert_eq!(differences(&ours, &record(same)), Vec::<String>::new(), "{same}");
        }
        for other in [
            r#"{"name":"x","type":"long"}"#,
            r#"{"name":"y","type":"int"}"#,
            r#"{"name":"x","type":"int"},{"name":"y","type":"int","default":1}"#,
        ] {
            assert_ne!(differences(&ours, &record(other)), Vec::<String>::new(), "{other}");
        }
        // The same bytes of another meaning.
        let time = |unit: &str| {
            record(&format!(r#"{{"name":"x","type":{{"type":"long","logicalType":"timestamp-{unit}"}}}}"#))
        };
        assert_ne!(differences(&time("millis"), &time("micros")), Vec::<String>::new());
    }
}
