//! `registry register`: what is not registered yet is, in the order of the streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cq_events::registry::{Level, RegistryError};
use serde::Serialize;

use super::local::Local;
use super::remote::Remote;
use super::report::{self, Paint};
use super::rows::{Rows, named, room};
use super::standing::{Standing, State, version_of};
use super::verdict::{Found, Verdict, refusal};
use crate::args::Register;
use crate::error::{Error, first_failure};
use crate::screen::{Screen, Style};
use crate::table::{Column, ids, left, right};

/// How to register.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether levels are left as they are.
    pub keep_level: bool,
    /// Whether nothing is changed.
    pub dry_run: bool,
}

/// What came of a subject.
struct Outcome {
    /// What was done, or would be.
    deed: Deed,
    /// The id of the schema, and the version that has it, where it is registered and that could be found out.
    own: Option<(Option<i32>, u32)>,
    /// The subject's level before, and after.
    levels: (Level, Level),
    /// What speaks against the schema, or against its level.
    against: Option<Against>,
    /// In a dry run, the level that the registry was asked by, where it is not the one that would count.
    asked_by: Option<Level>,
}

/// What is done with a schema.
#[derive(Clone, Copy)]
enum Deed {
    /// It is registered.
    Registered,
    /// It was registered before.
    Unchanged,
    /// The registry does not take it or its level, or our checker finds that it does not go with what is there.
    Refused,
    /// A part of it is done: the schema is registered and its level not set; or the level is set, and then the registry could
    /// not be asked any more.
    Unfinished,
}

/// What speaks against registering.
enum Against {
    /// Against the schema.
    Schema(Verdict),
    /// What the registry says against this level.
    Level(Level, Vec<String>),
}

#[derive(Serialize)]
struct Json<'a> {
    stream: Option<&'a str>,
    subject: &'a str,
    result: &'static str,
    dry_run: bool,
    version: Option<i32>,
    id: Option<u32>,
    /// The level in the registry, after.
    registry_level: &'static str,
    registry_level_before: &'static str,
    /// The level in `streams.toml`.
    streams_level: Option<&'static str>,
    /// In a dry run, the level that the registry was asked by, where it is not `registry_level`.
    asked_by: Option<&'static str>,
    /// What is refused: `schema` or `level`.
    refused: Option<&'static str>,
    messages: &'a [String],
    findings: &'a [Found],
    unreadable: &'a [String],
    disagreement: Option<String>,
}

fn columns(dry_run: bool) -> [Column; 6] {
    let longest = if dry_run { Deed::Refused } else { Deed::Registered };
    [
        left("RESULT", Style::Yellow).holding(longest.told(dry_run)),
        left("STREAM", Style::Plain),
        left("SUBJECT", Style::Cyan),
        right("VERSION"),
        ids("ID"),
        left("LEVEL", Style::Plain),
    ]
}

/// Registers schemas, and tells what came of each as soon as it is known. Once what `listen` answers is true, no further one is
/// begun.
///
/// # Errors
/// When the registry refuses one, does not answer, or refuses to be asked; when it is told to stop before its end; when the
/// output cannot be written.
pub fn register(
    local: &[Local],
    remote: &Remote,
    options: Options,
    listen: &dyn Fn() -> Arc<AtomicBool>,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let stop = if options.dry_run { Arc::default() } else { listen() };
    let columns = columns(options.dry_run);
    let mut rows = Rows::new(&columns, local.iter().map(room));
    let mut outcomes = Vec::with_capacity(local.len());
    let mut ended = Ok(());
    for local in local {
        if stop.load(Ordering::Relaxed) {
            ended = Err(Error::Interrupted);
            break;
        }
        let (outcome, error) = match one(local, remote, options) {
            Ok(outcome) => (Some(outcome), None),
            Err(halted) => (halted.done, Some(halted.error)),
        };
        if let Some(outcome) = outcome {
            let row = || outcome.row(local, options.dry_run);
            rows.add(&outcome.json(local, options.dry_run), row, screen);
            outcomes.push((local, outcome));
        }
        if let Some(error) = error {
            ended = Err(error.into());
            break;
        }
    }
    let refused: Vec<_> = outcomes
        .iter()
        .filter_map(|(local, outcome)| Some((local.subject.as_str(), outcome.against.as_ref()?)))
        .collect();
    let reasons = |against: &&Against, paint: Paint<'_>| against.reasons(paint);
    let told = rows.end().and_then(|()| report::objections(&refused, reasons, screen));
    let would = if options.dry_run { "would be" } else { "are" };
    let wrong = match (refused.len(), outcomes.len()) {
        (0, _) => Ok(()),
        (count, of) => Err(Error::Wrong(format!("{count} of {of} schemas {would} refused"))),
    };
    first_failure([ended, wrong, told])
}

/// Why a subject is not through.
struct Halted {
    /// What was changed before.
    done: Option<Outcome>,
    /// What went wrong then.
    error: RegistryError,
}

/// Registers the schema of a subject.
///
/// # Errors
/// When the registry does not answer, or refuses to be asked.
fn one(local: &Local, remote: &Remote, options: Options) -> Result<Outcome, Box<Halted>> {
    let before = Standing::of(local, remote).map_err(|error| Box::new(Halted { done: None, error }))?;
    let mut work = Work {
        local,
        remote,
        dry_run: options.dry_run,
        wanted: local.level.filter(|_| !options.keep_level).unwrap_or(before.level),
        outcome: Outcome {
            deed: Deed::Unfinished,
            own: before.own.map(|(version, id)| (Some(version), id.get())),
            levels: (before.level, before.level),
            against: None,
            asked_by: None,
        },
    };
    match work.go_through(&before) {
        Ok(()) => Ok(work.outcome),
        Err(error) => {
            let Outcome { levels, own, .. } = &work.outcome;
            let has_changed = levels.0 != levels.1 || own.is_some() && before.own.is_none();
            Err(Box::new(Halted { done: (has_changed && !options.dry_run).then_some(work.outcome), error }))
        }
    }
}

/// A subject under way.
struct Work<'a> {
    local: &'a Local,
    remote: &'a Remote,
    dry_run: bool,
    /// The level that is to count.
    wanted: Level,
    outcome: Outcome,
}

impl Work<'_> {
    fn go_through(&mut self, before: &Standing) -> Result<(), RegistryError> {
        // The level is to count for what is registered, but not every registry has one for a subject without versions.
        let is_first = before.state == State::Unregistered;
        if !is_first && !self.set_level()? || before.own.is_none() && !self.add()? {
            self.outcome.deed = Deed::Refused;
            return Ok(());
        }
        if !is_first || self.set_level()? {
            self.outcome.deed = if before.own.is_some() { Deed::Unchanged } else { Deed::Registered };
        }
        if let Some((version @ None, _)) = &mut self.outcome.own {
            *version = version_of(self.local, self.remote)?.map(|(version, _)| version);
        }
        Ok(())
    }

    /// Sets the level that is to count; false where the registry refuses it.
    fn set_level(&mut self) -> Result<bool, RegistryError> {
        let Self { local, wanted, .. } = *self;
        if wanted != self.outcome.levels.0 && !self.dry_run {
            let set =
                self.remote.ask(async |registry| registry.set_level(Some(&local.subject), wanted).await);
            if let Err(error) = set {
                self.outcome.against = Some(Against::Level(wanted, refusal(error)?));
                return Ok(false);
            }
        }
        self.outcome.levels.1 = wanted;
        Ok(true)
    }

    /// Registers the schema, unless our checker finds that it does not go with what is there: not every registry sees that a
    /// number of milliseconds is none of microseconds. False where it is refused.
    fn add(&mut self) -> Result<bool, RegistryError> {
        let verdict = Verdict::of(self.local, Some(self.wanted), self.remote)?;
        // The registry itself is asked to register.
        let is_refused = self.dry_run && verdict.is_refused();
        if verdict.is_ours() != Some(true) || is_refused {
            self.outcome.against = Some(Against::Schema(verdict));
            return Ok(false);
        }
        if self.dry_run {
            self.outcome.asked_by = verdict.is_outdated().then_some(verdict.registry_level);
            return Ok(true);
        }
        let Local { subject, schema, .. } = self.local;
        match self.remote.ask(async |registry| registry.register(subject, schema).await) {
            Ok(id) => self.outcome.own = Some((None, id.get())),
            Err(error) => {
                let refused = Verdict { accepted: false, messages: refusal(error)?, ..verdict };
                self.outcome.against = Some(Against::Schema(refused));
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Deed {
    fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Registered => "registered",
            Self::Refused => "refused",
            Self::Unfinished => "unfinished",
        }
    }

    /// The same for people, who are told in each row that nothing is done.
    fn told(self, dry_run: bool) -> &'static str {
        match self {
            Self::Registered if dry_run => "would register",
            Self::Refused if dry_run => "would be refused",
            _ => self.name(),
        }
    }
}

impl Against {
    fn reasons(&self, paint: Paint<'_>) -> Vec<String> {
        match self {
            Self::Schema(verdict) => report::reasons(verdict, paint),
            Self::Level(level, messages) => {
                let mut reasons = vec![format!("its level cannot be set to {}", level.name())];
                reasons.extend(report::refusal("the registry", messages));
                reasons
            }
        }
    }

    /// What is refused.
    fn name(&self) -> &'static str {
        match self {
            Self::Schema(_) => "schema",
            Self::Level(..) => "level",
        }
    }

    fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::Schema(verdict) => Some(verdict),
            Self::Level(..) => None,
        }
    }

    fn messages(&self) -> &[String] {
        match self {
            Self::Schema(verdict) => &verdict.messages,
            Self::Level(_, messages) => messages,
        }
    }
}

impl Outcome {
    fn row(&self, local: &Local, dry_run: bool) -> Vec<String> {
        let unknown = || "-".to_owned();
        let (before, after) = self.levels;
        let level = match (before == after, dry_run) {
            (true, _) => after.name().to_owned(),
            (false, false) => format!("{} (set; it was {})", after.name(), before.name()),
            (false, true) => {
                let asked = if self.asked_by.is_some() { ", by which the registry was asked" } else { "" };
                format!("{} (would be set; it was {}{asked})", after.name(), before.name())
            }
        };
        let [stream, subject] = named(local.stream.as_deref(), &local.subject);
        let version = self.own.and_then(|(version, _)| version);
        vec![
            self.deed.told(dry_run).to_owned(),
            stream,
            subject,
            version.map_or_else(unknown, |version| version.to_string()),
            self.own.map_or_else(unknown, |(_, id)| id.to_string()),
            level,
        ]
    }

    fn json<'a>(&'a self, local: &'a Local, dry_run: bool) -> Json<'a> {
        let against = self.against.as_ref();
        let verdict = against.and_then(Against::verdict);
        Json {
            stream: local.stream.as_deref(),
            subject: &local.subject,
            result: self.deed.name(),
            dry_run,
            version: self.own.and_then(|(version, _)| version),
            id: self.own.map(|(_, id)| id),
            registry_level: self.levels.1.name(),
            registry_level_before: self.levels.0.name(),
            streams_level: local.level.map(Level::name),
            asked_by: self.asked_by.map(Level::name),
            refused: against.map(Against::name),
            messages: against.map(Against::messages).unwrap_or_default(),
            findings: verdict.map(|verdict| &*verdict.findings).unwrap_or_default(),
            unreadable: verdict.map(|verdict| &*verdict.unreadable).unwrap_or_default(),
            disagreement: verdict.and_then(Verdict::disagreement),
        }
    }
}

impl From<&Register> for Options {
    fn from(words: &Register) -> Self {
        Self { keep_level: words.keep_level, dry_run: words.dry_run }
    }
}
