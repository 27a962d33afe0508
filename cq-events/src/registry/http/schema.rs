//! The schemas in a registry's answers, with what they refer to.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use cq_events_schema::{Schemas, Sources};
use serde_json::Value;

use super::answer::Answer;
use super::calls;
use super::transport::{Call, Transport};
use crate::registry::RegistryError;

/// The most schemas that one may refer to, also by way of others.
const MOST_REFERENCES: usize = 256;

/// A schema as it was registered: its text, and the versions whose types it uses.
#[derive(Clone, Debug)]
struct Text {
    schema: String,
    references: Vec<Reference>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    subject: String,
    version: i64,
}

/// The assembled schema of an answer: one text, with all that it refers to inlined.
///
/// # Errors
/// When the answer has no Avro schema, or one that cannot be parsed; when a reference cannot be had.
pub(super) async fn assemble(
    transport: &Transport,
    (call, value): (&Call, &Value),
) -> Result<Arc<str>, RegistryError> {
    let origin = || format!("what {} answers to {call}", transport.name());
    let wrong = |reason: String| RegistryError::Schema { origin: origin(), reason };
    let root = text(value).map_err(wrong)?;
    let mut sources = Sources::default();
    let mut ids = vec![sources.add("schema", &root.schema)];
    let mut seen = BTreeSet::new();
    let mut wanted: VecDeque<Reference> = root.references.into();
    while let Some(reference) = wanted.pop_front() {
        if !seen.insert(reference.clone()) {
            continue;
        }
        if seen.len() > MOST_REFERENCES {
            return Err(wrong(format!("it refers to more than {MOST_REFERENCES} other schemas")));
        }
        let Reference { subject, version } = &reference;
        let call = calls::version(subject, &version.to_string());
        let found = match transport.call(&call).await? {
            Answer::Value(value) => text(&value).map_err(wrong)?,
            Answer::Refused { status, said } => return Err(transport.refused(&call, status, said)),
        };
        ids.push(sources.add(format!("version {version} of subject {subject}"), &found.schema));
        wanted.extend(found.references);
    }
    let schemas = Schemas::parse(sources, &ids).map_err(|mistakes| wrong(mistakes.to_string()))?;
    let root = schemas.roots().first().ok_or_else(|| wrong("it is empty".to_owned()))?;
    Ok(schemas.write(root).into())
}

fn text(value: &Value) -> Result<Text, String> {
    if let Some(kind) = value.get("schemaType").and_then(Value::as_str).filter(|kind| *kind != "AVRO") {
        return Err(format!("it is a schema of the type {kind}, and not of Avro"));
    }
    let schema = value.get("schema").and_then(Value::as_str).ok_or("it has no `schema`")?.to_owned();
    let references = value.get("references").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let references = references.iter().map(|reference| {
        let subject = reference.get("subject").and_then(Value::as_str).map(str::to_owned);
        let version = reference.get("version").and_then(Value::as_i64);
        let both = subject.zip(version).ok_or("a reference without a subject or version")?;
        Ok(Reference { subject: both.0, version: both.1 })
    });
    Ok(Text { schema, references: references.collect::<Result<_, &str>>()? })
}
