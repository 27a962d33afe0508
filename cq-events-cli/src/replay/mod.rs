//! `dlq replay`: dead letters back to where they failed.
//!
//! The topic is read twice. The first time ([`Replay::survey`]) tells what there is to do, so that nothing is published where a
//! topic is missing; the second time publishes. What the broker has acknowledged is remembered letter by letter
//! ([`settled`]) in the offsets of a group, so that filters lose nothing and a crash costs little.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//!
//! use cq_events_cli::cluster::Cluster;
//! use cq_events_cli::replay::{Options, Replay};
//! use cq_events_cli::schemas::Library;
//!
//! # fn replay() -> Result<(), cq_events_cli::Error> {
//! let topic = "orders.events-billing-dlq";
//! let options = Options { max_replays: 5, ..Options::of(topic) };
//! let (replay, mut library) = (Replay::new(&Cluster::from_env()?, topic, options)?, Library::new(None, None)?);
//! let survey = replay.survey(&mut library)?;
//! let outcome = replay.run(&survey, &mut library, &AtomicBool::new(false), &mut |_| {})?;
//! assert_eq!(outcome.published, survey.publish);
//! # Ok(())
//! # }
//! ```

mod group;
mod pipeline;
mod run;
pub mod settled;
mod survey;
mod verdict;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

pub use survey::Survey;

use crate::cluster::Cluster;
use crate::error::Error;
use crate::filter::Filter;
use crate::letter::Letter;
use crate::read::{Reader, Span};
use crate::schemas::Library;
use group::Memory;
use run::Run;
use settled::Settled;
use verdict::{Verdict, verdict};

/// What to replay, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which letters.
    pub filter: Filter,
    /// At most so many.
    pub limit: Option<u64>,
    /// Where they are to go, instead of where they came from; also those of other frameworks.
    pub to: Option<String>,
    /// Letters that were replayed so often already are refused.
    pub max_replays: u32,
    /// At most so many a second.
    pub rate: Option<u32>,
    /// The group that remembers what was replayed.
    pub group: String,
    /// Whether what was replayed before counts for nothing, and is not remembered.
    pub again: bool,
}

impl Options {
    /// All letters of a topic, as the command does without options.
    pub fn of(topic: &str) -> Self {
        Self {
            filter: Filter::default(),
            limit: None,
            to: None,
            max_replays: 3,
            rate: None,
            group: Self::group_of(topic),
            again: false,
        }
    }

    /// The group that remembers the replays of a topic.
    pub fn group_of(topic: &str) -> String {
        format!("{topic}-replay")
    }
}

/// What a replay has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Letters that the broker has acknowledged.
    pub published: u64,
    /// Whether it was told to stop before its end.
    pub interrupted: bool,
}

/// A replay of the dead letters that there are now.
#[derive(Debug)]
pub struct Replay<'t> {
    reader: Reader,
    topic: &'t str,
    options: Options,
    /// The parts of the topic where the letters are, up to where they end now.
    spans: Vec<Span>,
    /// All that the partitions hold.
    whole: Vec<Span>,
}

impl<'t> Replay<'t> {
    /// Looks at where the letters of `topic` end.
    ///
    /// # Errors
    /// When no broker answers, or there is no such topic.
    pub fn new(cluster: &Cluster, topic: &'t str, options: Options) -> Result<Self, Error> {
        let reader = Reader::new(cluster, &options.group)?;
        let whole = reader.spans(topic)?;
        let spans = options.filter.spans(whole.clone());
        Ok(Self { reader, topic, options, spans, whole })
    }

    fn memory(&self) -> Result<Option<Memory<'_>>, Error> {
        if self.options.again {
            return Ok(None);
        }
        let mut memory = Memory::load(&self.reader, (self.topic, &self.options.group), &self.spans)?;
        memory.adapt(&self.whole)?;
        Ok(Some(memory))
    }

    /// Counts what there is to do. Changes nothing.
    ///
    /// # Errors
    /// When the broker refuses something, or is silent for too long.
    pub fn survey(&self, library: &mut Library) -> Result<Survey, Error> {
        let memory = self.memory()?;
        let mut survey = Survey::default();
        self.read(memory.as_ref(), |letter| {
            if self.options.limit.is_some_and(|limit| survey.publish >= limit) {
                return Ok(ControlFlow::Break(()));
            }
            let settled = memory.as_ref().and_then(|memory| memory.settled(letter.partition));
            let (event, verdict) = self.judge(&letter, settled, library)?;
            survey.add(&letter, event.as_deref(), &verdict);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(survey)
    }

    /// A letter's event, and what is to happen to it. Which event it is need not be known of one that is not published anyway.
    fn judge(
        &self,
        letter: &Letter,
        settled: Option<&Settled>,
        library: &mut Library,
    ) -> Result<(Option<String>, Verdict), Error> {
        let filter = &self.options.filter;
        let verdict = |fits| verdict(letter, fits, &self.options, settled);
        let decides = || matches!(verdict(filter.is_about_the_event_of(letter)), Verdict::Publish(_));
        let event = library.event(letter, decides)?;
        let verdict = verdict(filter.fits(letter, event.as_deref()));
        Ok((event, verdict))
    }

    fn read(
        &self,
        memory: Option<&Memory<'_>>,
        mut visit: impl FnMut(Letter) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let mut ended = false;
        for span in &self.spans {
            let settled = memory.and_then(|memory| memory.settled(span.partition));
            let span = unsettled(*span, settled);
            if !ended {
                self.reader.read(self.topic, span, |letter| {
                    let flow = visit(letter)?;
                    ended = flow.is_break();
                    Ok(flow)
                })?;
            }
        }
        Ok(())
    }

    /// Whether all topics that letters go to are there, with the number of their partitions.
    fn targets(&self, survey: &Survey) -> Result<BTreeMap<String, i32>, Error> {
        let topics = self.reader.topics()?;
        let mut targets = BTreeMap::new();
        let mut missing = Vec::new();
        for target in survey.targets.keys() {
            if target == self.topic {
                return Err(Error::Circle(target.clone()));
            }
            match topics.iter().find(|(topic, _)| topic == target) {
                Some((topic, partitions)) => _ = targets.insert(topic.clone(), *partitions),
                None => missing.push(target.clone()),
            }
        }
        if missing.is_empty() {
            Ok(targets)
        } else {
            Err(Error::NoTarget { topics: missing, servers: self.reader.cluster.servers().to_owned() })
        }
    }

    /// Publishes what a survey has found. `progress` is told how many letters were acknowledged; once `stop` is true,
    /// no further letter is published, and what is on its way is waited for.
    ///
    /// # Errors
    /// When a topic is missing (nothing is published then), when a letter cannot be published (the others that the
    /// broker has acknowledged are committed), or when the broker refuses something.
    pub fn run(
        &self,
        survey: &Survey,
        library: &mut Library,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Outcome, Error> {
        let targets = self.targets(survey)?;
        if survey.publish == 0 {
            return Ok(Outcome::default());
        }
        let published = Run::new(self, targets, stop, progress)?.complete(library)?;
        Ok(Outcome { published, interrupted: stop.load(Ordering::Relaxed) })
    }
}

/// The span without what is settled at its beginning.
fn unsettled(span: Span, settled: Option<&Settled>) -> Span {
    let position = settled.map_or(0, Settled::position);
    Span { start: span.start.max(position).min(span.end), ..span }
}
