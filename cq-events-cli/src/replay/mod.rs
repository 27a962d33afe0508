//! `dlq replay`: dead letters back to where they failed.
//!
//! The topic is read twice. The first time ([`survey`]) tells what there is to do, so that nothing is published where a
//! topic is missing; the second time publishes. What the broker has acknowledged is remembered letter by letter
//! ([`settled`]) in the offsets of a group, so that filters lose nothing and an interruption costs a second.

mod group;
mod pipeline;
pub mod settled;
mod survey;
mod verdict;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use survey::Survey;

use crate::cluster::Cluster;
use crate::error::Error;
use crate::filter::Filter;
use crate::letter::Letter;
use crate::read::{Reader, Span};
use crate::schemas::Library;
use group::Memory;
use pipeline::Pipeline;
use settled::Settled;
use verdict::{Target, Verdict, verdict};

/// How often what was done is committed.
const COMMIT: Duration = Duration::from_secs(1);
/// After how many letters it is asked whether more can be remembered.
const ROOM: u64 = 64;

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
            let event = library.event(&letter);
            let settled = memory.as_ref().and_then(|memory| memory.settled(letter.partition));
            let verdict = verdict(&letter, event.as_deref(), &self.options, settled);
            survey.add(&letter, event.as_deref(), &verdict);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(survey)
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
        let mut run = Run {
            replay: self,
            memory: self.memory()?,
            pipeline: Pipeline::new(&self.reader.cluster, self.options.rate)?,
            promised: BTreeMap::new(),
            targets,
            sent: 0,
            published: 0,
            failure: None,
            committed: Instant::now(),
            stop,
            progress,
        };
        let read = run.publish(library);
        let finished = run.finish();
        read.and(finished)?;
        Ok(Outcome { published: run.published, interrupted: stop.load(Ordering::Relaxed) })
    }
}

/// The span without what is settled at its beginning.
fn unsettled(span: Span, settled: Option<&Settled>) -> Span {
    let position = settled.map_or(0, Settled::position);
    Span { start: span.start.max(position).min(span.end), ..span }
}

/// A replay under way.
struct Run<'a> {
    replay: &'a Replay<'a>,
    memory: Option<Memory<'a>>,
    pipeline: Pipeline,
    /// What is settled once all that is on its way has arrived, by partition.
    promised: BTreeMap<i32, Settled>,
    targets: BTreeMap<String, i32>,
    sent: u64,
    published: u64,
    failure: Option<String>,
    committed: Instant,
    stop: &'a AtomicBool,
    progress: &'a mut dyn FnMut(u64),
}

impl Run<'_> {
    fn publish(&mut self, library: &mut Library) -> Result<(), Error> {
        let replay = self.replay;
        for span in &replay.spans {
            let settled = self.memory.as_ref().and_then(|memory| memory.settled(span.partition));
            let span = unsettled(*span, settled);
            self.promised.extend(settled.cloned().map(|settled| (span.partition, settled)));
            let mut next = span.start;
            let mut ended = false;
            replay.reader.read(replay.topic, span, |letter| {
                let event = library.event(&letter);
                // What lies between two messages is not there.
                self.settle(letter.partition, next..letter.offset);
                next = letter.offset + 1;
                let flow = self.take(&letter, event.as_deref())?;
                ended = flow.is_break();
                Ok(flow)
            })?;
            if ended {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, letter: &Letter, event: Option<&str>) -> Result<ControlFlow<()>, Error> {
        let options = &self.replay.options;
        let settled = self.memory.as_ref().and_then(|memory| memory.settled(letter.partition));
        if let Verdict::Publish(target) = verdict(letter, event, options, settled)
            // What an open transaction hid from the survey is left for the next replay.
            && self.targets.contains_key(&target.topic)
        {
            if options.limit.is_some_and(|limit| self.sent >= limit) {
                return Ok(ControlFlow::Break(()));
            }
            while self.is_going() && self.pipeline.is_waiting() {
                self.hear()?;
            }
            if !self.is_going() {
                return Ok(ControlFlow::Break(()));
            }
            if self.sent.is_multiple_of(ROOM) {
                self.check_room(letter.partition)?;
            }
            self.send(letter, target);
        }
        if self.sent.is_multiple_of(ROOM) {
            self.hear()?;
        }
        Ok(if self.is_going() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    fn send(&mut self, letter: &Letter, target: Target) {
        let Target { topic, partition } = target;
        // A topic may have fewer partitions than it had.
        let partitions = self.targets.get(&topic).copied().unwrap_or_default();
        let partition = partition.filter(|partition| (0..partitions).contains(partition));
        if let Err(cause) = self.pipeline.send(letter, Target { topic: topic.clone(), partition }) {
            self.fail(letter.partition, letter.offset, &topic, &cause);
            return;
        }
        self.sent += 1;
        if let Some(promised) = self.promised.get_mut(&letter.partition) {
            promised.add(letter.offset..letter.offset + 1);
        }
    }

    fn is_going(&self) -> bool {
        self.failure.is_none() && !self.stop.load(Ordering::Relaxed)
    }

    fn settle(&mut self, partition: i32, offsets: std::ops::Range<i64>) {
        if let (Some(memory), Some(promised)) = (&mut self.memory, self.promised.get_mut(&partition)) {
            promised.add(offsets.clone());
            memory.settle(partition, offsets);
        }
    }

    fn check_room(&self, partition: i32) -> Result<(), Error> {
        match self.promised.get(&partition) {
            Some(promised) if !promised.has_room() => Err(Error::Replay(format!(
                "group `{}` can remember no more of partition {partition}: too many letters that are left out lie \
                 between those that are replayed. What was published is committed. Replay the oldest of the others \
                 first (--offset), or take --again, which remembers nothing",
                self.replay.options.group
            ))),
            _ => Ok(()),
        }
    }

    /// Takes in reports, and commits now and then.
    fn hear(&mut self) -> Result<(), Error> {
        for report in self.pipeline.reports() {
            let letter = report.letter;
            match report.failure {
                None => {
                    self.published += 1;
                    if let Some(memory) = &mut self.memory {
                        memory.settle(letter.partition, letter.offset..letter.offset + 1);
                    }
                }
                Some(cause) => self.fail(letter.partition, letter.offset, &letter.topic, &cause),
            }
        }
        (self.progress)(self.published);
        if self.committed.elapsed() >= COMMIT { self.commit() } else { Ok(()) }
    }

    /// The first failure is told. What was not sent yet is not sent, so that less overtakes the letter.
    fn fail(&mut self, partition: i32, offset: i64, target: &str, cause: &str) {
        if self.failure.is_none() {
            let topic = self.replay.topic;
            self.failure = Some(format!(
                "the dead letter at {topic}/{partition} at offset {offset} cannot be published to {target}: {cause}"
            ));
            self.pipeline.purge();
        }
    }

    fn commit(&mut self) -> Result<(), Error> {
        if let Some(memory) = &mut self.memory {
            memory.commit()?;
        }
        self.committed = Instant::now();
        Ok(())
    }

    /// Waits for what is on its way, which gives up by itself, and commits.
    fn finish(&mut self) -> Result<(), Error> {
        while self.pipeline.is_busy() {
            self.hear()?;
        }
        self.hear()?;
        self.commit()?;
        match self.failure.take() {
            None => Ok(()),
            Some(failure) => Err(Error::Replay(format!(
                "{failure}. {} were published and are not published again; the same command goes on from here, and a \
                 filter leaves the letter out",
                self.published
            ))),
        }
    }
}
