//! Schemas as they are submitted: parsed, with what they refer to.

use std::collections::BTreeMap;

use cq_events_schema::{Diagnostics, Schemas, Sources};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::refusal::Refusal;
use super::state::{Found, Number, State, Wanted};

/// The largest schema with its references, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// How many versions a schema may refer to, directly and not.
const MAX_REFERENCES: usize = 100;
/// How many mistakes of a schema are named.
const MOST_MISTAKES: usize = 10;

/// That a schema uses a named type which stands in a version of a subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) version: Number,
}

/// A schema as a caller sent it.
#[derive(Clone, Debug, Default)]
pub(super) struct Submission {
    pub(super) text: String,
    pub(super) references: Vec<Reference>,
    /// The id that it has elsewhere.
    pub(super) id: Option<u32>,
    /// The version that it has elsewhere.
    pub(super) version: Option<Number>,
}

impl Submission {
    /// Whether a version with its schema is what it asks for: any, or the one with the id and version that it has elsewhere.
    pub(super) fn asks_for(&self, found: Found) -> bool {
        match (self.id, self.version) {
            (id, None) => id.is_none_or(|id| id == found.id),
            (id, Some(version)) => id == Some(found.id) && version == found.version,
        }
    }
}

/// A valid schema that may become a version.
pub(super) struct Candidate {
    pub(super) schemas: Schemas,
    /// With all references inlined, normalised.
    pub(super) assembled: String,
    pub(super) references: Vec<Reference>,
    /// That of the content: the same schema with the same references has the same everywhere.
    pub(super) guid: Uuid,
}

impl Candidate {
    /// # Errors
    /// When the schema or a reference is not valid, or too large.
    pub(super) fn new(state: &State, submission: &Submission) -> Result<Self, Refusal> {
        if submission.text.trim().is_empty() {
            return Err(Refusal::invalid_schema("Empty schema"));
        }
        let references = numbered(state, &submission.references)?;
        let texts = texts(state, &references)?;
        let bytes = submission.text.len() + texts.values().map(|text| text.len()).sum::<usize>();
        if bytes > MAX_BYTES {
            return Err(Refusal::schema_too_large());
        }
        let mut sources = Sources::default();
        let mut ids = vec![sources.add("schema", submission.text.as_str())];
        ids.extend(texts.into_iter().map(|(name, text)| sources.add(name, text)));
        let schemas = Schemas::parse(sources, &ids).map_err(|mistakes| invalid(&heads(&mistakes)))?;
        let assembled = schemas.roots().first().map(|root| schemas.write(root)).unwrap_or_default();
        if assembled.len() > MAX_BYTES {
            return Err(Refusal::schema_too_large());
        }
        let guid = guid(&assembled, &references);
        Ok(Self { schemas, assembled, references, guid })
    }
}

/// The references, with the number of the version where they say -1: the latest.
fn numbered(state: &State, references: &[Reference]) -> Result<Vec<Reference>, Refusal> {
    let numbered = references.iter().map(|reference| {
        let wanted = if reference.version == -1 { Wanted::Latest } else { Wanted::Number(reference.version) };
        let found = state.version(&reference.subject, wanted, true).map_err(|_| missing(reference))?;
        Ok(Reference { version: found.version, ..reference.clone() })
    });
    numbered.collect()
}

/// The texts that references lead to, each once and by a name for reports.
fn texts<'a>(state: &'a State, references: &[Reference]) -> Result<BTreeMap<String, &'a str>, Refusal> {
    let mut texts = BTreeMap::new();
    let mut todo = references.to_vec();
    while let Some(reference) = todo.pop() {
        let Reference { subject, version, .. } = &reference;
        let found = state.version(subject, Wanted::Number(*version), true);
        let stored = found.and_then(|it| state.schema(it.id)).map_err(|_| missing(&reference))?;
        if texts.insert(format!("{subject} version {version}"), &*stored.text).is_none() {
            todo.extend_from_slice(&stored.references);
        }
        if texts.len() > MAX_REFERENCES {
            return Err(invalid(&format!("more than {MAX_REFERENCES} references")));
        }
    }
    Ok(texts)
}

fn missing(Reference { subject, version, .. }: &Reference) -> Refusal {
    invalid(&format!("No schema reference found for subject \"{subject}\" and version {version}"))
}

/// The mistakes with their places, without the lines that they are in: the words are read in logs of other programs.
fn heads(mistakes: &Diagnostics) -> String {
    let reports: Vec<String> = mistakes.rendered().take(MOST_MISTAKES).collect();
    let heads: Vec<&str> = reports.iter().filter_map(|report| report.lines().next()).collect();
    heads.join("; ")
}

fn invalid(details: &dyn std::fmt::Display) -> Refusal {
    Refusal::invalid_schema(format!("Invalid schema of type AVRO, details: {details}"))
}

/// The first 16 bytes of the SHA-256 of the normalised schema and its references, marked as a UUID (version 8).
fn guid(assembled: &str, references: &[Reference]) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(assembled);
    for Reference { name, subject, version } in references {
        digest.update(format!("\0{name}\0{subject}\0{version}"));
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.finalize()).for_each(|(byte, digested)| *byte = digested);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
