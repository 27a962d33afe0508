//! The run itself: what happens when, and what it leads to.

mod coordinate;
mod drive;
mod faults;

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::check::{Broken, Checker, Place, Rule};
use super::clock::Clock;
use super::group::{Answer, Group, Notice, Request};
use super::member::{Fetching, Member, MemberId};
use super::random::Random;
use super::work::{Courses, OneSchema, TOPIC, Worker, value};
use super::{Bug, Tally};
use crate::codec::DecodeLimits;
use crate::consume::EventHandler as _;
use crate::consume::engine::finished::Finished;
use crate::consume::engine::{
    Assignment, Commit, CommitId, Failed, Input, Output, SeekId, StopReason, TopicPartition, Verdict,
};
use crate::consume::reader::Reader;
use crate::event::Message;

const PARTITIONS: i32 = 4;
const SLOTS: usize = 4;
const KEYS: usize = 5;
/// How long things go wrong.
const FAULTS: Duration = Duration::from_secs(30);
/// How long after that everything must be done.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the group waits for a member that it does not hear of.
const SESSION: Duration = Duration::from_secs(2);

/// How long the answer to a revoke may take: its deadlines, and a slow way.
const OVERDUE: Duration = Duration::from_secs(12);

/// Something that happens at its time.
#[derive(Clone, Debug)]
enum Happening {
    Publish,
    Fault,
    Calm,
    Start(usize),
    /// A process that stood still goes on.
    GoOn(usize),
    Fetch(MemberId),
    Wake(MemberId, u64),
    Tick(MemberId),
    /// A request arrives at the group.
    Request(MemberId, Request),
    /// A notice arrives at a member.
    Notice(MemberId, Notice),
    /// The engine is told something that the driver held back.
    Later(MemberId, Input),
    /// What a member fetches from now on is from where it sought.
    Sought(MemberId, SeekId, Vec<(TopicPartition, i64)>),
    /// A member must have completed this rebalance.
    Overdue(MemberId, Option<u64>),
    /// The group loses patience with a member.
    Expel(MemberId),
}

pub(super) struct World {
    random: Random,
    bug: Option<Bug>,
    epoch: Instant,
    now: Duration,
    queue: BTreeMap<(Duration, u64), Happening>,
    sequence: u64,
    clock: Clock,
    worker: Arc<Worker>,
    reader: Option<Arc<Reader>>,
    checker: Checker,
    group: Group,
    members: BTreeMap<usize, Member>,
    lives: BTreeMap<usize, u32>,
    /// Until when a process does nothing, and what waits for it meanwhile.
    stalled: BTreeMap<usize, (Duration, Vec<Happening>)>,
    /// Until when each process stood still the last time.
    stalls: BTreeMap<usize, Duration>,
    /// When the last message on each way arrives: none overtakes another.
    ways: BTreeMap<(MemberId, bool), Duration>,
    last_assignment: u64,
    is_calm: bool,
    tally: Tally,
    trace: Option<Vec<String>>,
}

impl World {
    pub(super) fn new(seed: u64, bug: Option<Bug>, with_trace: bool) -> Self {
        let mut random = Random::new(seed);
        let clock = Clock::default();
        let courses = Courses::new(Random::new(seed ^ random.below(usize::MAX) as u64));
        Self {
            random,
            bug,
            epoch: Instant::now(),
            now: Duration::ZERO,
            queue: BTreeMap::new(),
            sequence: 0,
            worker: Arc::new(Worker { clock: clock.clone(), courses }),
            clock,
            reader: reader(),
            checker: Checker::new(PARTITIONS),
            group: Group::new(PARTITIONS),
            members: BTreeMap::new(),
            lives: BTreeMap::new(),
            stalled: BTreeMap::new(),
            stalls: BTreeMap::new(),
            ways: BTreeMap::new(),
            last_assignment: 0,
            is_calm: false,
            tally: Tally::default(),
            trace: with_trace.then(Vec::new),
        }
    }

    pub(super) fn into_trace(self) -> Vec<String> {
        self.trace.unwrap_or_default()
    }

    pub(super) fn run(&mut self) -> Result<Tally, Broken> {
        for slot in 0..2 + self.random.below(SLOTS - 1) {
            let after = self.random.millis(0..2_000);
            self.after(after, Happening::Start(slot));
        }
        self.after(Duration::ZERO, Happening::Publish);
        self.after(SESSION, Happening::Fault);
        self.after(FAULTS, Happening::Calm);
        while let Some(((at, _), happening)) = self.queue.pop_first() {
            self.now = at;
            self.clock.set(at);
            self.happen(happening)?;
            if self.is_calm {
                let Some(rest) = self.checker.rest() else { return Ok(std::mem::take(&mut self.tally)) };
                if self.now > FAULTS + PATIENCE {
                    return Err((Rule::GetsDone, rest));
                }
            }
        }
        Err((Rule::GetsDone, "nothing happens any more".to_owned()))
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9.3} s  {}", self.now.as_secs_f64(), text()));
        }
    }

    fn after(&mut self, time: Duration, happening: Happening) {
        self.at(self.now + time, happening);
    }

    fn at(&mut self, at: Duration, happening: Happening) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), happening);
    }

    fn instant(&self) -> Instant {
        self.epoch + self.now
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Broken> {
        match happening {
            Happening::Publish => self.publish(),
            Happening::Fault => self.fault()?,
            Happening::Calm => self.calm()?,
            Happening::Start(slot) => self.start(slot),
            Happening::GoOn(slot) => {
                if self.stalled.get(&slot).is_some_and(|(until, _)| *until <= self.now) {
                    let (_, held) = self.stalled.remove(&slot).unwrap_or_default();
                    held.into_iter().try_for_each(|happening| self.happen(happening))?;
                }
            }
            Happening::Request(from, request) => self.request(from, request)?,
            Happening::Expel(member) => self.expel(member)?,
            Happening::Overdue(id, rebalance) => self.overdue(id, rebalance)?,
            Happening::Fetch(id)
            | Happening::Wake(id, _)
            | Happening::Tick(id)
            | Happening::Notice(id, _)
            | Happening::Sought(id, ..)
            | Happening::Later(id, _) => {
                if let Some((_, held)) = self.stalled.get_mut(&id.slot) {
                    held.push(happening);
                } else if self.members.get(&id.slot).is_some_and(|member| member.id == id) {
                    self.at_member(id.slot, happening)?;
                }
            }
        }
        Ok(())
    }

    /// Something happens at a member, which may end by it.
    fn at_member(&mut self, slot: usize, happening: Happening) -> Result<(), Broken> {
        let Some(mut member) = self.members.remove(&slot) else { return Ok(()) };
        let input = match happening {
            Happening::Fetch(id) => {
                let pause = self.random.millis(20..250);
                self.after(pause, Happening::Fetch(id));
                self.fetch(&mut member)
            }
            Happening::Wake(_, task) => self.poll(&mut member, task),
            Happening::Tick(_) => {
                member.tick = None;
                Some(Input::Tick)
            }
            Happening::Notice(_, notice) => self.notice(&mut member, notice),
            Happening::Later(_, input) => Some(input),
            Happening::Sought(_, id, targets) => {
                for (place, offset) in targets {
                    if let Some(fetching) = member.fetching.get_mut(&place.partition) {
                        fetching.position = offset;
                    }
                }
                member.is_seeking = false;
                if let Some(starts) = member.held_assign.take() {
                    self.assign(&mut member, starts);
                }
                self.next_seek(&mut member);
                Some(Input::Sought(id))
            }
            _ => None,
        };
        if let Some(input) = input
            && !self.tell(&mut member, input)?
        {
            self.end(member);
            return Ok(());
        }
        self.members.insert(slot, member);
        Ok(())
    }

    /// A process is gone, and another one takes its place.
    fn end(&mut self, member: Member) {
        let slot = member.id.slot;
        member.into_places().for_each(|place| self.checker.dropped(place));
        self.stalled.remove(&slot);
        let after = self.random.millis(100..3_000);
        self.after(after, Happening::Start(slot));
    }

    fn start(&mut self, slot: usize) {
        let Some(reader) = self.reader.clone().filter(|_| !self.members.contains_key(&slot)) else { return };
        let life = self.lives.entry(slot).or_default();
        *life += 1;
        let id = MemberId { slot, life: *life };
        self.note(|| format!("{id} starts"));
        self.members.insert(slot, Member::new(id, Arc::clone(&self.worker), reader, self.instant()));
        self.send(id, Request::Join);
        self.after(Duration::ZERO, Happening::Fetch(id));
    }

    fn publish(&mut self) {
        let partition = self.random.below(PARTITIONS as usize) as i32;
        for _ in 0..=self.random.below(15) {
            let hole = if self.random.one_in(10) { 1 + self.random.below(3) as i64 } else { 0 };
            let key = if self.random.one_in(6) { None } else { Some(self.random.below(KEYS) as u8) };
            self.checker.publish(partition, hole, key);
            self.tally.count("messages published");
        }
        if !self.is_calm {
            let pause = self.random.millis(50..400);
            self.after(pause, Happening::Publish);
        }
    }
}

fn at(partition: i32) -> TopicPartition {
    TopicPartition { topic: TOPIC.into(), partition }
}

/// An input as the trace tells it.
fn short(input: &Input) -> String {
    match input {
        Input::Fetched(messages) => {
            let places =
                messages.iter().map(|message| format!("{}/{}", message.partition(), message.offset()));
            format!("of {}", places.collect::<Vec<_>>().join(" "))
        }
        other => format!("{other:?}"),
    }
}

fn told(commits: &[Commit]) -> String {
    let commit = |commit: &Commit| {
        format!("{} at {} and {:?}", commit.place.partition, commit.offset, commit.finished)
    };
    commits.iter().map(commit).collect::<Vec<_>>().join("; ")
}

/// What messages are read with. The registry answers at once.
fn reader() -> Option<Arc<Reader>> {
    let streams = Worker::streams();
    let reader = pin!(Reader::new(Arc::new(OneSchema), DecodeLimits::DEFAULT, &streams));
    match reader.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(reader) => reader.ok().map(Arc::new),
        Poll::Pending => None,
    }
}
