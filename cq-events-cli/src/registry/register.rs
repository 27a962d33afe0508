//! `registry register`: what is not registered yet is, in the order of the streams.

use cq_events::registry::{Level, RegistryError};
use serde::Serialize;

use super::local::Local;
use super::remote::Remote;
use super::report::{self, each};
use super::standing::{Standing, State};
use super::verdict::{Found, Verdict, refusal};
use crate::args::Register;
use crate::error::Error;
use crate::json;
use crate::screen::{Screen, Style};
use crate::table::{Column, Table, left, right};
use crate::text::escape;

/// How to register.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether levels are left as they are.
    pub keep_level: bool,
    /// Whether nothing is changed.
    pub dry_run: bool,
}

/// What came of a subject.
#[derive(Debug)]
pub struct Outcome {
    /// What was done, or would be.
    pub deed: Deed,
    /// The version with the schema, and its id.
    pub own: Option<(i32, u32)>,
    /// The subject's level before, and after.
    levels: (Level, Level),
    /// What speaks against the schema, where it is refused.
    against: Option<Verdict>,
}

/// What is done with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It is registered.
    Registered,
    /// It was registered before.
    Unchanged,
    /// The registry does not take it, or our checker finds that it does not go with what is there.
    Refused,
}

#[derive(Serialize)]
struct Json<'a> {
    stream: Option<&'a str>,
    subject: &'a str,
    result: &'static str,
    dry_run: bool,
    version: Option<i32>,
    id: Option<u32>,
    level: &'static str,
    level_before: &'static str,
    messages: &'a [String],
    findings: &'a [Found],
    disagreement: Option<String>,
}

const COLUMNS: [Column; 6] = [
    left("RESULT", Style::Yellow),
    left("STREAM", Style::Plain),
    left("SUBJECT", Style::Cyan),
    right("VERSION"),
    right("ID"),
    left("LEVEL", Style::Plain),
];

/// Registers schemas, and tells what came of it.
///
/// # Errors
/// When the registry refuses one, does not answer, or refuses to be asked; when the output cannot be written.
pub fn register(
    local: &[Local],
    remote: &Remote,
    options: Options,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let mut outcomes = Vec::with_capacity(local.len());
    let (_, ended) = each(local, screen, |local| match one(local, remote, options) {
        Ok(outcome) => {
            outcomes.push(outcome);
            Ok(())
        }
        Err(halted) => {
            outcomes.extend(halted.done);
            Err(halted.error.into())
        }
    });
    let mut table = Table::new(&COLUMNS);
    for (local, outcome) in local.iter().zip(&outcomes) {
        if screen.json {
            json::line(&outcome.json(local, options.dry_run), screen)?;
        } else {
            table.row(outcome.row(local, options.dry_run), screen)?;
        }
    }
    table.end(screen)?;
    let refused: Vec<_> =
        local.iter().zip(&outcomes).filter(|(_, outcome)| outcome.deed == Deed::Refused).collect();
    if !screen.json {
        for (local, outcome) in &refused {
            if let Some(verdict) = &outcome.against {
                report::objections(&local.subject, verdict, screen)?;
            }
        }
    }
    ended?;
    if refused.is_empty() {
        return Ok(());
    }
    let would = if options.dry_run { "would be" } else { "are" };
    Err(Error::Registry(format!("{} of {} schemas {would} refused", refused.len(), outcomes.len())))
}

/// Why a subject is not through.
#[derive(Debug)]
pub struct Halted {
    /// What was changed before.
    pub done: Option<Outcome>,
    /// What went wrong then.
    pub error: RegistryError,
}

/// Registers the schema of a subject.
///
/// # Errors
/// When the registry does not answer, or refuses to be asked.
pub fn one(local: &Local, remote: &Remote, options: Options) -> Result<Outcome, Box<Halted>> {
    let before = Standing::of(local, remote).map_err(|error| Box::new(Halted { done: None, error }))?;
    let mut outcome = Outcome {
        deed: Deed::Unchanged,
        own: before.own.map(|(version, id)| (version, id.get())),
        levels: (before.level, before.level),
        against: None,
    };
    match go_through(local, remote, options, &before, &mut outcome) {
        Ok(()) => Ok(outcome),
        Err(error) => Err(Box::new(Halted { done: Some(outcome).filter(Outcome::is_change), error })),
    }
}

fn go_through(
    local: &Local,
    remote: &Remote,
    options: Options,
    before: &Standing,
    outcome: &mut Outcome,
) -> Result<(), RegistryError> {
    let wanted = local.level.filter(|_| !options.keep_level).unwrap_or(before.level);
    let set_level = |outcome: &mut Outcome| {
        if wanted != before.level && !options.dry_run {
            remote.ask(async |registry| registry.set_level(Some(&local.subject), wanted).await)?;
        }
        outcome.levels.1 = wanted;
        Ok::<(), RegistryError>(())
    };
    // The level is to count for what is registered, but not every registry has one for a subject without versions.
    if before.state != State::Unregistered {
        set_level(outcome)?;
    }
    if before.own.is_none() {
        match add(local, wanted, remote, options.dry_run)? {
            Ok(own) => (outcome.deed, outcome.own) = (Deed::Registered, own),
            Err(against) => (outcome.deed, outcome.against) = (Deed::Refused, Some(against)),
        }
    }
    if before.state == State::Unregistered && outcome.deed == Deed::Registered {
        set_level(outcome)?;
    }
    Ok(())
}

/// The version and id that a schema has now (none where nothing is done), or what speaks against it.
type Added = Result<Option<(i32, u32)>, Verdict>;

/// Registers a schema, unless our checker finds that it does not go with what is there: not every registry sees that a number
/// of milliseconds is none of microseconds.
fn add(local: &Local, level: Level, remote: &Remote, dry_run: bool) -> Result<Added, RegistryError> {
    let verdict = Verdict::of(local, Some(level), remote)?;
    // By a level that is about to be replaced, what the registry says means nothing.
    let refused = !verdict.accepted && verdict.registry_level == level;
    if !verdict.is_ours() || (dry_run && refused) {
        return Ok(Err(verdict));
    }
    if dry_run {
        return Ok(Ok(None));
    }
    let (subject, schema) = (&local.subject, &local.schema);
    match remote.ask(async |registry| registry.register(subject, schema).await) {
        Ok(_) => {
            let after = Standing::of(local, remote)?;
            Ok(Ok(after.own.map(|(version, id)| (version, id.get()))))
        }
        Err(error) => Ok(Err(Verdict { accepted: false, messages: refusal(error)?, ..verdict })),
    }
}

impl Outcome {
    /// Whether anything was changed.
    fn is_change(&self) -> bool {
        self.deed == Deed::Registered || self.levels.0 != self.levels.1
    }

    fn result(&self, dry_run: bool) -> &'static str {
        match (self.deed, dry_run) {
            (Deed::Unchanged, _) => "unchanged",
            (Deed::Registered, false) => "registered",
            (Deed::Registered, true) => "would register",
            (Deed::Refused, false) => "refused",
            (Deed::Refused, true) => "would be refused",
        }
    }

    fn row(&self, local: &Local, dry_run: bool) -> Vec<String> {
        let unknown = || "-".to_owned();
        let (before, after) = self.levels;
        let level = if before == after {
            after.name().to_owned()
        } else {
            let word = if dry_run { "would be set" } else { "set" };
            format!("{} ({word}; it was {})", after.name(), before.name())
        };
        vec![
            self.result(dry_run).to_owned(),
            local.stream.clone().unwrap_or_else(unknown),
            escape(&local.subject),
            self.own.map_or_else(unknown, |(version, _)| version.to_string()),
            self.own.map_or_else(unknown, |(_, id)| id.to_string()),
            level,
        ]
    }

    fn json<'a>(&'a self, local: &'a Local, dry_run: bool) -> Json<'a> {
        Json {
            stream: local.stream.as_deref(),
            subject: &local.subject,
            result: self.result(dry_run),
            dry_run,
            version: self.own.map(|(version, _)| version),
            id: self.own.map(|(_, id)| id),
            level: self.levels.1.name(),
            level_before: self.levels.0.name(),
            messages: self.against.as_ref().map(|verdict| &*verdict.messages).unwrap_or_default(),
            findings: self.against.as_ref().map(|verdict| &*verdict.findings).unwrap_or_default(),
            disagreement: self.against.as_ref().and_then(Verdict::disagreement),
        }
    }
}

impl From<&Register> for Options {
    fn from(words: &Register) -> Self {
        Self { keep_level: words.keep_level, dry_run: words.dry_run }
    }
}
