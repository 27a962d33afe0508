//! What a registry may be asked.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cq_events_schema::{Level, Schemas};
use serde_json::Value;
use uuid::Uuid;

use super::answer::{Answer, clean, int, texts};
use super::calls::Call;
use super::{HttpRegistry, calls, schema};
use crate::event::StreamInfo;
use crate::registry::{RegistryError, SchemaId, SchemaRegistry as _};

/// How many subjects are asked for at once.
const PAGE: usize = 1_000;

/// A version of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registered {
    /// The subject.
    pub subject: String,
    /// The version's number, from 1 up.
    pub version: i32,
    /// The schema's id.
    pub id: SchemaId,
    /// The schema's GUID, in registries that have them.
    pub guid: Option<Uuid>,
    /// The assembled schema, normalised: what it refers to is inlined.
    pub schema: Arc<str>,
}

/// Which version of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The one with the highest number.
    Latest,
    /// The one with this number.
    Number(i32),
}

/// Whether a schema may be the next version of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compatibility {
    /// Whether the registry would take it.
    pub compatible: bool,
    /// Why not, in the registry's own words. Not all registries give reasons.
    pub messages: Vec<String>,
}

impl HttpRegistry {
    /// All subjects, sorted.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn subjects(&self) -> Result<Vec<String>, RegistryError> {
        let pages = async {
            let (mut subjects, mut offset) = (BTreeSet::new(), 0);
            loop {
                let call = calls::subjects(offset, PAGE);
                let value = self.get(&call).await?;
                let page = value
                    .as_array()
                    .ok_or_else(|| self.transport.unexpected(&call, "something else than a list"))?;
                let known = subjects.len();
                subjects.extend(page.iter().filter_map(Value::as_str).map(str::to_owned));
                // A server may have shorter pages than it is asked for, or none at all: then all of it comes again.
                if subjects.len() == known {
                    return Ok(subjects.into_iter().collect());
                }
                offset += page.len();
            }
        };
        let late = |longest| format!("not all subjects within {longest:?}");
        self.transport.within(self.transport.longest_of_many(), late, pages).await
    }

    /// The numbers of a subject's versions, in their order; none where there is no such subject.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn versions(&self, subject: &str) -> Result<Vec<i32>, RegistryError> {
        let call = calls::versions(subject);
        let Some(value) = self.find_value(&call).await? else { return Ok(Vec::new()) };
        let numbers = value.as_array().map(|numbers| numbers.iter().map(int).collect::<Option<Vec<i32>>>());
        let mut numbers = numbers
            .flatten()
            .ok_or_else(|| self.transport.unexpected(&call, "something else than numbers"))?;
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A version of a subject; None where there is none.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses; when it has a schema that cannot be parsed.
    pub async fn version(
        &self,
        subject: &str,
        version: Version,
    ) -> Result<Option<Registered>, RegistryError> {
        let version = match version {
            Version::Latest => "latest".to_owned(),
            Version::Number(number) => number.to_string(),
        };
        self.find_registered(&calls::version(subject, &version)).await
    }

    /// The version of a subject that has this schema; None where there is none.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn find(&self, subject: &str, schema: &str) -> Result<Option<Registered>, RegistryError> {
        self.find_registered(&calls::find(subject, schema)).await
    }

    /// Registers a schema as the next version of a subject, unless it is one already.
    ///
    /// # Errors
    /// `Incompatible` when the subject's level forbids it, with what the registry says; when the registry does not answer, or
    /// refuses for another reason.
    pub async fn register(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        let call = calls::register(subject, schema);
        match self.transport.call(&call).await? {
            Answer::Value(value) => self.id(&call, &value),
            Answer::Refused { status: 409, said } => {
                // The error is worth more than why the level is not known.
                let level = self.level(subject).await.map_or("unknown", Level::name);
                Err(RegistryError::Incompatible {
                    registry: self.transport.name(),
                    subject: subject.into(),
                    level,
                    messages: said.messages.into(),
                })
            }
            Answer::Refused { status, said } => Err(self.transport.refused(&call, status, said)),
        }
    }

    /// Registers the schema in a file: [`HttpRegistry::register`].
    ///
    /// # Errors
    /// When the file cannot be read, or holds no schema that is whole by itself; else as `register`.
    pub async fn register_file(
        &self,
        subject: &str,
        path: impl AsRef<Path> + Send,
    ) -> Result<SchemaId, RegistryError> {
        let path = path.as_ref();
        let origin = path.display().to_string();
        let text = tokio::fs::read_to_string(path)
            .await
            .map_err(|error| RegistryError::Folder { path: origin.clone(), reason: error.to_string() })?;
        let schemas = Schemas::parse_text(&origin, &text).map_err(|mistakes| RegistryError::Schema {
            origin: origin.clone(),
            reason: mistakes.to_string(),
        })?;
        let root = schemas.roots().first();
        let schema = root.map(|root| schemas.write(root)).unwrap_or_default();
        self.register(subject, &schema).await
    }

    /// Gives every subject of a stream an id, as the policy says: each subject with its id.
    ///
    /// # Errors
    /// As [`SchemaRegistry::id_of`](crate::registry::SchemaRegistry::id_of).
    pub async fn register_stream(
        &self,
        stream: &StreamInfo,
    ) -> Result<Vec<(String, SchemaId)>, RegistryError> {
        let mut ids = Vec::new();
        for schema in stream.subjects() {
            let id = self.id_of(&schema).await?;
            ids.push((schema.subject.into_owned(), id));
        }
        Ok(ids)
    }

    /// Whether a schema may be the next version of a subject, by the level of the subject.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn check(&self, subject: &str, schema: &str) -> Result<Compatibility, RegistryError> {
        let call = calls::check(subject, schema);
        // With nothing before it, anything may be the first.
        let Some(value) = self.find_value(&call).await? else {
            return Ok(Compatibility { compatible: true, messages: Vec::new() });
        };
        let compatible = value.get("is_compatible").and_then(Value::as_bool);
        let compatible = compatible.ok_or_else(|| self.transport.unexpected(&call, "no `is_compatible`"))?;
        let text = |text: &str| clean(&self.transport.scrub(text));
        let messages = value.get("messages").map(|messages| texts(messages, &text)).unwrap_or_default();
        Ok(Compatibility { compatible, messages })
    }

    /// What new versions of a subject must have in common with earlier ones: the subject's own level, or the registry's.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn level(&self, subject: &str) -> Result<Level, RegistryError> {
        let (call, value) = self.of_subject(calls::level(subject), calls::default_level()).await?;
        // The answer to GET has another key than that to PUT.
        let name =
            value.get("compatibilityLevel").or_else(|| value.get("compatibility")).and_then(Value::as_str);
        let level = name.and_then(Level::of_name);
        level.ok_or_else(|| self.transport.unexpected(&call, "no level that is known"))
    }

    /// Sets the level of a subject; with None that of the registry, for all subjects that have none.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn set_level(&self, subject: Option<&str>, level: Level) -> Result<(), RegistryError> {
        self.get(&calls::set_level(subject, level.name())).await.map(drop)
    }

    /// Whether a subject can be written to: its own mode, or the registry's, such as `READWRITE` and `READONLY`.
    ///
    /// # Errors
    /// When the registry does not answer, or refuses.
    pub async fn mode(&self, subject: &str) -> Result<String, RegistryError> {
        let (call, value) = self.of_subject(calls::mode(subject), calls::default_mode()).await?;
        let mode = value.get("mode").and_then(Value::as_str).map(str::to_owned);
        mode.ok_or_else(|| self.transport.unexpected(&call, "no `mode`"))
    }

    /// What a subject has of its own, or else the whole registry.
    async fn of_subject(&self, own: Call, default: Call) -> Result<(Call, Value), RegistryError> {
        match self.find_value(&own).await? {
            Some(value) => Ok((own, value)),
            None => {
                let value = self.get(&default).await?;
                Ok((default, value))
            }
        }
    }

    async fn find_registered(&self, call: &Call) -> Result<Option<Registered>, RegistryError> {
        let finding = async {
            let Some(value) = self.find_value(call).await? else { return Ok(None) };
            let wrong = |key: &str| self.transport.unexpected(call, &format!("no `{key}`"));
            let subject =
                value.get("subject").and_then(Value::as_str).ok_or_else(|| wrong("subject"))?.to_owned();
            let version = value.get("version").and_then(int).ok_or_else(|| wrong("version"))?;
            let guid = value.get("guid").and_then(Value::as_str).and_then(|guid| guid.parse().ok());
            let id = self.id(call, &value)?;
            let schema = schema::assemble(&self.transport, (call, &value)).await?;
            Ok(Some(Registered { subject, version, id, guid, schema }))
        };
        self.transport.with_all_of(call, finding).await
    }

    fn id(&self, call: &Call, value: &Value) -> Result<SchemaId, RegistryError> {
        let id = value.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
        id.map(SchemaId::new).ok_or_else(|| self.transport.unexpected(call, "no `id`"))
    }

    /// The value of an answer, or None for what does not exist.
    async fn find_value(&self, call: &Call) -> Result<Option<Value>, RegistryError> {
        match self.transport.call(call).await? {
            Answer::Value(value) => Ok(Some(value)),
            Answer::Refused { status: 404, said } if said.is_not_found() => Ok(None),
            Answer::Refused { status, said } => Err(self.transport.refused(call, status, said)),
        }
    }

    async fn get(&self, call: &Call) -> Result<Value, RegistryError> {
        match self.transport.call(call).await? {
            Answer::Value(value) => Ok(value),
            Answer::Refused { status, said } => Err(self.transport.refused(call, status, said)),
        }
    }
}
