//! The schemas in a registry's answers, with what they refer to.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use cq_events_schema::{Schemas, Sources};
use serde_json::Value;

use super::answer::{Answer, clean, int};
use super::calls::{self, Call};
use super::transport::Transport;
use crate::registry::RegistryError;

/// The most schemas that one may refer to, also by way of others.
const MOST_REFERENCES: usize = 256;
/// The largest text of a schema with all that it refers to, in bytes: what is larger is not parsed.
const MAX_TEXT: usize = 1 << 20;

/// A schema as it was registered: its text, and the versions whose types it uses.
#[derive(Clone, Debug)]
struct Text {
    schema: String,
    references: Vec<Reference>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reference {
    /// What it is called: a name is looked up once, by the first who uses it.
    name: String,
    subject: String,
    version: i32,
}

/// What is wrong with an answer.
enum Wrong {
    /// It is none of a registry.
    Answer(&'static str),
    /// It is a schema that is not for us.
    Schema(String),
    /// It is a schema of this type.
    Type(String),
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
    let not_ours =
        |reason: String| RegistryError::Schema { origin: origin(), reason: transport.scrub(&reason) };
    let read = |call: &Call, value: &Value| {
        text(value).map_err(|wrong| match wrong {
            Wrong::Answer(reason) => transport.unexpected(call, reason),
            Wrong::Schema(reason) => not_ours(reason),
            Wrong::Type(kind) => {
                RegistryError::SchemaType { origin: origin(), kind: clean(&transport.scrub(&kind)) }
            }
        })
    };
    let root = read(call, value)?;
    let mut bytes = root.schema.len();
    let mut sources = Sources::default();
    let mut ids = vec![sources.add("schema", &root.schema)];
    let mut seen = BTreeSet::new();
    let mut wanted: VecDeque<Reference> = root.references.into();
    while let Some(Reference { name, subject, version }) = wanted.pop_front() {
        if !seen.insert(name) {
            continue;
        }
        if seen.len() > MOST_REFERENCES {
            return Err(not_ours(format!("it refers to more than {MOST_REFERENCES} other schemas")));
        }
        // What was deleted since is still there for those who refer to it.
        let call = calls::deleted_version(&subject, version);
        let found = match transport.call(&call).await? {
            Answer::Value(value) => read(&call, &value)?,
            Answer::Refused { status: 404, said } if said.is_not_found() => {
                let subject = clean(&transport.scrub(&subject));
                return Err(RegistryError::MissingReference { origin: origin(), subject, version });
            }
            Answer::Refused { status, said } => return Err(transport.refused(&call, status, said)),
        };
        bytes += found.schema.len();
        if bytes > MAX_TEXT {
            return Err(not_ours(format!("with what it refers to, it has more than {MAX_TEXT} bytes")));
        }
        ids.push(sources.add(format!("version {version} of subject {subject}"), &found.schema));
        // What it uses itself comes first, as it does where its registry resolves names.
        found.references.into_iter().rev().for_each(|reference| wanted.push_front(reference));
    }
    let schemas = Schemas::parse(sources, &ids).map_err(|mistakes| not_ours(mistakes.to_string()))?;
    let root = schemas.roots().first().ok_or_else(|| not_ours("it is empty".to_owned()))?;
    Ok(schemas.write(root).into())
}

fn text(value: &Value) -> Result<Text, Wrong> {
    if let Some(kind) = value.get("schemaType").and_then(Value::as_str).filter(|kind| *kind != "AVRO") {
        return Err(Wrong::Type(kind.to_owned()));
    }
    let schema = value.get("schema").and_then(Value::as_str).ok_or(Wrong::Answer("no `schema`"))?;
    if schema.len() > MAX_TEXT {
        return Err(Wrong::Schema(format!("it has {} bytes, and {MAX_TEXT} is the most", schema.len())));
    }
    let references = value.get("references").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if references.len() > MOST_REFERENCES {
        return Err(Wrong::Schema(format!("it refers to more than {MOST_REFERENCES} other schemas")));
    }
    let references = references.iter().map(|reference| {
        let text = |key: &str| reference.get(key).and_then(Value::as_str).map(str::to_owned);
        let version = reference.get("version").and_then(int);
        let whole = text("name").zip(text("subject")).zip(version);
        let ((name, subject), version) =
            whole.ok_or(Wrong::Answer("a reference without name, subject or version"))?;
        Ok(Reference { name, subject, version })
    });
    Ok(Text { schema: schema.to_owned(), references: references.collect::<Result<_, _>>()? })
}
