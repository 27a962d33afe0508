//! Schemas as they are submitted: parsed, with what they refer to.

use std::collections::BTreeMap;

use cq_events_schema::{Diagnostics, Schemas, Sources};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::refusal::Refusal;
use super::state::{Number, State, Stored, Wanted};

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
        let (references, texts) = referenced(state, &submission.references)?;
        let bytes = submission.text.len() + texts.iter().map(|(_, text)| text.len()).sum::<usize>();
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

/// The references with the numbers of their versions, and the texts that they lead to, each once and with a name for
/// reports.
fn referenced<'a>(
    state: &'a State,
    references: &[Reference],
) -> Result<(Vec<Reference>, Vec<(String, &'a str)>), Refusal> {
    let mut direct = Vec::new();
    let mut texts = BTreeMap::new();
    let mut todo = Vec::new();
    for reference in references {
        let (version, stored) = referred(state, reference)?;
        direct.push(Reference { version, ..reference.clone() });
        todo.push((reference.subject.as_str(), version, stored));
    }
    while let Some((subject, version, stored)) = todo.pop() {
        if texts.insert(format!("{subject} version {version}"), &*stored.text).is_some() {
            continue;
        }
        if texts.len() > MAX_REFERENCES {
            return Err(invalid(&format!("more than {MAX_REFERENCES} references")));
        }
        for reference in &stored.references {
            let (version, stored) = referred(state, reference)?;
            todo.push((&reference.subject, version, stored));
        }
    }
    Ok((direct, texts.into_iter().collect()))
}

/// The version -1 is the latest.
fn referred<'a>(state: &'a State, reference: &Reference) -> Result<(Number, &'a Stored), Refusal> {
    let Reference { subject, version, .. } = reference;
    let wanted = if *version == -1 { Wanted::Latest } else { Wanted::Number(*version) };
    let found = state.version(subject, wanted, true).and_then(|it| Ok((it.version, state.schema(it.id)?)));
    found.map_err(|_| {
        invalid(&format!("No schema reference found for subject \"{subject}\" and version {version}"))
    })
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
