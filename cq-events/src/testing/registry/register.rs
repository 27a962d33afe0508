//! Registering a schema, and whether it may follow the versions before it.

use cq_events_schema::{Direction, Level, Schemas, check_compatibility};

use super::refusal::Refusal;
use super::schema::{Candidate, Submission};
use super::settings::Mode;
use super::state::{Found, Id, State, Stored, Version, Wanted, is_not};

/// How many schemas the registry keeps, and how large they are together, in bytes.
const MAX_SCHEMAS: usize = 10_000;
const MAX_BYTES: usize = 256 << 20;

impl State {
    /// Registers a schema under a subject, unless it is there already, which is no change and so allowed in every mode.
    ///
    /// # Errors
    /// When it is not valid, does not go with the earlier versions, or may not be registered.
    pub(super) fn register(&mut self, subject: &str, submission: &Submission) -> Result<Found, Refusal> {
        let candidate = Candidate::new(self, submission)?;
        if let Some(found) = self.find(subject, &candidate, false)
            && submission.asks_for(found)
        {
            return Ok(found);
        }
        self.check_may_register(subject, submission.id)?;
        let imports = self.mode(subject) == Mode::Import;
        if !imports {
            let messages = self.against(subject, &candidate.schemas, None)?;
            if !messages.is_empty() {
                return Err(Refusal::incompatible(subject, &messages));
            }
        }
        let last = self.versions(subject, true).next_back().map_or(0, |it| it.version);
        let version = match submission.version {
            Some(version) if imports || version == last + 1 => version,
            Some(_) => return Err(Refusal::invalid_schema("Version is not one more than previous version")),
            None => last + 1,
        };
        let id = self.keep(candidate, submission)?;
        let versions = self.subjects.entry(subject.to_owned()).or_default();
        if let Some(overwritten) = versions.insert(version, Version { id, is_deleted: false }) {
            self.forget(overwritten.id);
        }
        Ok(Found { version, id })
    }

    /// What speaks against a schema as the next version of a subject: all its versions as the level says, or one.
    ///
    /// # Errors
    /// When there is no such version. Against the latest of none speaks nothing.
    pub(super) fn against(
        &self,
        subject: &str,
        schemas: &Schemas,
        version: Option<Wanted>,
    ) -> Result<Vec<String>, Refusal> {
        let level = self.levels.of(subject);
        let earlier: Vec<Found> = match version {
            None if level.is_transitive() => self.versions(subject, false).collect(),
            None | Some(Wanted::Latest) => self.versions(subject, false).next_back().into_iter().collect(),
            Some(Wanted::Number(number)) => {
                let found = self.version(subject, Wanted::Number(number), false);
                vec![found.map_err(|_| Refusal::no_version(number))?]
            }
        };
        let mut messages = Vec::new();
        for Found { version, id } in earlier.into_iter().rev() {
            let stored = self.schema(id)?;
            // It was parsed before, so this cannot fail.
            let Ok(old) = Schemas::parse_text("schema", &stored.assembled) else { continue };
            messages.extend(objections(level, schemas, &old));
            if !messages.is_empty() {
                messages.push(format!("{{oldSchemaVersion: {version}}}"));
                messages.push(format!("{{compatibility: '{}'}}", level.name()));
                break;
            }
        }
        Ok(messages)
    }

    fn check_may_register(&self, subject: &str, id: Option<Id>) -> Result<(), Refusal> {
        self.check_writable(Some(subject))?;
        match (self.mode(subject), id) {
            (Mode::Import, Some(_)) | (Mode::ReadWrite, None) => Ok(()),
            (_, Some(_)) => Err(Refusal::not_permitted(is_not(Some(subject), "is not in import mode"))),
            (_, None) => Err(Refusal::not_permitted(is_not(Some(subject), "is not in read-write mode"))),
        }
    }

    /// The id of a schema: its own, or a new one.
    fn keep(&mut self, candidate: Candidate, submission: &Submission) -> Result<Id, Refusal> {
        let known = self.guids.get(&candidate.guid).copied();
        let id = match (submission.id, known) {
            (None, Some(known)) => return Ok(known),
            (None, None) => self.last_id + 1,
            (Some(id), _) => match self.schemas.get(&id) {
                Some(stored) if stored.guid == candidate.guid => return Ok(id),
                Some(_) => {
                    let message = format!("Overwrite new schema with id {id} in context . is not permitted.");
                    return Err(Refusal::not_permitted(message));
                }
                None => id,
            },
        };
        let bytes = self.bytes + submission.text.len() + candidate.assembled.len();
        if self.schemas.len() >= MAX_SCHEMAS || bytes > MAX_BYTES {
            let message = format!("this registry keeps {MAX_SCHEMAS} schemas of {MAX_BYTES} bytes at most");
            return Err(Refusal::not_permitted(message));
        }
        let stored = Stored {
            text: submission.text.as_str().into(),
            references: candidate.references,
            assembled: candidate.assembled.into(),
            guid: candidate.guid,
        };
        self.bytes = bytes;
        self.guids.entry(candidate.guid).or_insert(id);
        self.schemas.insert(id, stored);
        self.last_id = self.last_id.max(id);
        Ok(id)
    }
}

/// Why two schemas do not go together: for each finding who cannot read whom, where, and the rule.
fn objections(level: Level, new: &Schemas, old: &Schemas) -> Vec<String> {
    let found = check_compatibility(level, new, &[old]);
    let messages = found.iter().flat_map(|incompatibility| {
        let who = match incompatibility.direction {
            Direction::Backward => "the new schema does not read the old one",
            Direction::Forward => "the old schema does not read the new one",
        };
        let findings = incompatibility.findings.iter();
        findings.map(move |it| format!("{who}: {}: {} [{}]", it.path, it.message, it.rule.name()))
    });
    messages.collect()
}
