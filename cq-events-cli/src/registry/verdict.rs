//! Whether a schema may follow what is registered: by the registry, and by our own checker.

use cq_events::registry::{Level, Registered, RegistryError};
use cq_events_schema::{Direction, Finding, Incompatibility, Position, Schemas, Span, check_compatibility};
use serde::Serialize;

use super::local::Local;
use super::remote::Remote;

/// What is said of a schema as the next version of its subject.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// How many versions there are.
    pub versions: usize,
    /// How many of them count by the level that our checker goes by.
    pub compared: usize,
    /// Whether the registry would take it.
    pub accepted: bool,
    /// What the registry says against it. Not all registries give reasons.
    pub messages: Vec<String>,
    /// The level that the registry goes by.
    pub registry_level: Level,
    /// The level that our checker goes by.
    pub level: Level,
    /// What our checker says against it.
    pub findings: Vec<Found>,
    /// Versions that count and that our checker cannot read, and why.
    pub unreadable: Vec<String>,
}

/// A finding of our checker.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The earlier version.
    pub version: i32,
    /// `backward` where the new version cannot read it, `forward` where it cannot read the new version.
    pub direction: &'static str,
    /// The rule that is broken.
    pub rule: &'static str,
    /// The place in the schema that is here: `file:line:column`.
    pub at: String,
    /// Where, in the reader's names.
    pub path: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Verdict {
    /// Asks the registry, and compares with the versions that count by a level (None: the registry's).
    ///
    /// # Errors
    /// When the registry does not answer, or refuses to be asked.
    pub fn of(local: &Local, level: Option<Level>, remote: &Remote) -> Result<Self, RegistryError> {
        let subject = local.subject.as_str();
        let (registry_level, versions) = remote.ask(async |registry| {
            Ok((registry.level(subject).await?, registry.versions(subject).await?.len()))
        })?;
        let level = level.unwrap_or(registry_level);
        let earlier = remote.ask(async |registry| registry.predecessors(subject, level).await)?;
        let (accepted, messages) =
            match remote.ask(async |registry| registry.check(subject, &local.schema).await) {
                Ok(compatibility) => (compatibility.compatible, compatibility.messages),
                Err(error) => (false, refusal(error)?),
            };
        let (findings, unreadable) = findings(local, level, &earlier);
        let compared = earlier.len() - unreadable.len();
        Ok(Self { versions, compared, accepted, messages, registry_level, level, findings, unreadable })
    }

    /// Whether nothing that counts is said against it.
    pub fn is_compatible(&self) -> bool {
        !self.is_refused() && self.is_ours() == Some(true)
    }

    /// Whether the registry refuses it, by the level that counts.
    pub fn is_refused(&self) -> bool {
        !self.accepted && !self.is_outdated()
    }

    /// Whether the registry goes by a level that is set to another before a version is added: what it says means nothing then.
    pub fn is_outdated(&self) -> bool {
        self.versions > 0 && self.registry_level != self.level
    }

    /// Whether our checker takes it; None where it cannot tell, since it cannot read a version that counts.
    pub fn is_ours(&self) -> Option<bool> {
        match (self.findings.is_empty(), self.unreadable.is_empty()) {
            (false, _) => Some(false),
            (true, true) => Some(true),
            (true, false) => None,
        }
    }

    /// Why the two do not say the same, where they do not.
    pub fn disagreement(&self) -> Option<String> {
        let theirs = match (self.accepted, self.is_ours()) {
            (true, Some(false)) => "the registry would take it",
            (false, Some(true)) => "this library's checker finds nothing",
            _ => return None,
        };
        let why = if self.registry_level == self.level {
            format!("both go by {}", self.level.name())
        } else {
            let (registry, level) = (self.registry_level.name(), self.level.name());
            format!("the registry goes by {registry}, and streams.toml says {level}")
        };
        Some(format!("they disagree: {theirs}; {why}"))
    }
}

/// What a registry says that refuses a schema, and not the one who asks.
///
/// # Errors
/// The error, where it is of another kind.
pub fn refusal(error: RegistryError) -> Result<Vec<String>, RegistryError> {
    match error {
        RegistryError::Incompatible { messages, .. } => Ok(messages.into_vec()),
        RegistryError::Refused { status: 409 | 422, messages, .. } => Ok(messages.into_vec()),
        other => Err(other),
    }
}

/// What our checker says against a schema as the next version after those that count, and what of these it cannot read.
fn findings(
    local: &Local,
    level: Level,
    counted: &[(i32, Result<Registered, RegistryError>)],
) -> (Vec<Found>, Vec<String>) {
    let mut unreadable = Vec::new();
    let mut earlier = Vec::new();
    for (number, version) in counted {
        let parsed = version.as_ref().map_err(RegistryError::to_string).and_then(|version| {
            let name = format!("{} version {number}", local.subject);
            Schemas::parse_text(&name, &version.schema).map_err(|mistakes| mistakes.to_string())
        });
        match parsed {
            Ok(schemas) => earlier.push((*number, schemas)),
            Err(reason) => unreadable.push(format!("version {number} cannot be read: {reason}")),
        }
    }
    let schemas: Vec<&Schemas> = earlier.iter().map(|(_, schemas)| schemas).collect();
    let incompatibilities = check_compatibility(level, &local.schemas, &schemas);
    let found =
        incompatibilities.into_iter().filter_map(|Incompatibility { version, direction, findings }| {
            let (number, _) = earlier.get(version)?;
            Some(findings.into_iter().map(move |finding| found(local, *number, direction, finding)))
        });
    (found.flatten().collect(), unreadable)
}

fn found(local: &Local, version: i32, direction: Direction, finding: Finding) -> Found {
    let (direction, here) = match direction {
        Direction::Backward => ("backward", finding.reader),
        Direction::Forward => ("forward", finding.writer),
    };
    let Finding { rule, path, message, .. } = finding;
    Found { version, direction, rule: rule.name(), at: place(&local.schemas, here), path, message }
}

fn place(schemas: &Schemas, span: Span) -> String {
    let Position { line, column } = schemas.sources().position(span);
    format!("{}:{line}:{column}", schemas.sources().name(span.source))
}
