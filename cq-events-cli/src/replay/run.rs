//! A replay under way: letters in, reports back, commits now and then.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::group::Memory;
use super::pipeline::Pipeline;
use super::settled::Settled;
use super::verdict::{Target, Verdict};
use super::{Replay, unsettled};
use crate::error::Error;
use crate::letter::Letter;
use crate::schemas::Library;

/// How often what was done is committed.
const COMMIT: Duration = Duration::from_millis(250);
/// After how many letters reports are taken in.
const HEAR: u64 = 64;

/// A replay under way.
pub(super) struct Run<'a> {
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

impl<'a> Run<'a> {
    pub(super) fn new(
        replay: &'a Replay<'a>,
        targets: BTreeMap<String, i32>,
        stop: &'a AtomicBool,
        progress: &'a mut dyn FnMut(u64),
    ) -> Result<Self, Error> {
        Ok(Self {
            replay,
            memory: replay.memory()?,
            pipeline: Pipeline::new(&replay.reader.cluster, replay.options.rate)?,
            promised: BTreeMap::new(),
            targets,
            sent: 0,
            published: 0,
            failure: None,
            committed: Instant::now(),
            stop,
            progress,
        })
    }

    /// How many were published. Whatever ends it, what is on its way is waited for, and committed.
    pub(super) fn complete(mut self, library: &mut Library) -> Result<u64, Error> {
        let read = self.publish(library);
        let finished = self.finish();
        read.and(finished)?;
        Ok(self.published)
    }

    fn publish(&mut self, library: &mut Library) -> Result<(), Error> {
        let replay = self.replay;
        for span in &replay.spans {
            let settled = self.memory.as_ref().and_then(|memory| memory.settled(span.partition));
            let span = unsettled(*span, settled);
            self.promised.extend(settled.cloned().map(|settled| (span.partition, settled)));
            let mut next = span.start;
            let mut ended = false;
            replay.reader.read(replay.topic, span, |letter| {
                // What lies between two messages is not there.
                self.settle(letter.partition, next..letter.offset);
                next = letter.offset + 1;
                let flow = self.take(&letter, library)?;
                ended = flow.is_break();
                Ok(flow)
            })?;
            if ended {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, letter: &Letter, library: &mut Library) -> Result<ControlFlow<()>, Error> {
        if self.replay.options.limit.is_some_and(|limit| self.sent >= limit) {
            return Ok(ControlFlow::Break(()));
        }
        let settled = self.memory.as_ref().and_then(|memory| memory.settled(letter.partition));
        if let (_, Verdict::Publish(target)) = self.replay.judge(letter, settled, library)?
            // What an open transaction hid from the survey is left for the next replay.
            && self.targets.contains_key(&target.topic)
        {
            while self.is_going() && self.pipeline.is_waiting() {
                self.hear()?;
            }
            if !self.is_going() {
                return Ok(ControlFlow::Break(()));
            }
            self.check_room(letter)?;
            self.send(letter, target);
        }
        if self.sent.is_multiple_of(HEAR) || self.committed.elapsed() >= COMMIT {
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

    fn settle(&mut self, partition: i32, offsets: Range<i64>) {
        if let (Some(memory), Some(promised)) = (&mut self.memory, self.promised.get_mut(&partition)) {
            promised.add(offsets.clone());
            memory.settle(partition, offsets);
        }
    }

    fn check_room(&self, letter: &Letter) -> Result<(), Error> {
        match self.promised.get(&letter.partition) {
            Some(promised) if !promised.has_room_for(letter.offset) => Err(Error::Replay(format!(
                "group `{}` cannot remember more of partition {partition}: too many letters that are left out lie between \
                 those that are replayed. What was published before offset {offset} is remembered. With --again \
                 --partition {partition} --offset {offset}.. the rest of the partition is published, and not remembered",
                self.replay.options.group,
                partition = letter.partition,
                offset = letter.offset,
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
