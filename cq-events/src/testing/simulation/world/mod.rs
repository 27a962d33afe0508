//! The run itself: what happens when, and what it leads to.

mod coordinate;
mod drive;
mod failures;
mod faults;
mod handle;
mod happening;
mod life;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use self::happening::Happening;
use super::check::{Broken, Checker, Place, Rule};
use super::clock::Clock;
use super::courses::Courses;
use super::dead_letters::{Answer, Fate};
use super::group::{Group, Notice, Reply, Request};
use super::intake::Late;
use super::keys;
use super::member::{Burial, Fetching, Member, MemberId, SETTINGS, Task};
use super::nature::{Nature, Poison};
use super::plan::Plan;
use super::random::Random;
use super::registry::Registry;
use super::work::{OWN, TOPIC, Worker};
use super::{Bug, Tally};
use crate::codec::DecodeLimits;
use crate::consume::engine::finished::Finished;
use crate::consume::engine::{
    Assignment, Commit, CommitId, Failed, Input, Output, SeekId, StopReason, Token, TopicPartition, Verdict,
    Why,
};
use crate::consume::reader::Reader;
use crate::consume::{DeliveryError, EventHandler as _, Outcome};
use crate::event::Message;
use crate::registry::SchemaId;

const PARTITIONS: i32 = 4;
const SLOTS: usize = 4;
/// How long things go wrong.
const FAULTS: Duration = Duration::from_secs(25);
/// How long after that everything must be done.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the group waits for a member that it does not hear of.
const SESSION: Duration = Duration::from_secs(2);

/// How often programs that publish get a newer schema.
const RELEASE: Duration = Duration::from_secs(3);

/// How long the answer to a revoke may take: its deadlines, and a slow way.
const OVERDUE: Duration = Duration::from_secs(12);

pub(super) struct World {
    random: Random,
    bug: Option<Bug>,
    epoch: Instant,
    now: Duration,
    queue: BTreeMap<(Duration, u64), Happening>,
    sequence: u64,
    clock: Clock,
    worker: Arc<Worker>,
    registry: Arc<Registry>,
    reader: Option<Arc<Reader>>,
    plan: Plan,
    checker: Checker,
    group: Group,
    members: BTreeMap<usize, Box<Member>>,
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
        let plan = Plan::draw(&mut random);
        let chance = Random::new(seed ^ random.below(usize::MAX) as u64);
        let courses = Courses::new(chance, plan.policy.handler_deadline < FAULTS);
        let registry = Arc::new(Registry::new(clock.clone()));
        Self {
            random,
            bug,
            epoch: Instant::now(),
            now: Duration::ZERO,
            queue: BTreeMap::new(),
            sequence: 0,
            worker: Arc::new(Worker { clock: clock.clone(), courses }),
            clock,
            reader: life::reader(&registry),
            registry,
            checker: Checker::new(PARTITIONS, plan.policy, SETTINGS.wait_deadline),
            plan,
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
                let Some(rest) = self.checker.rest() else {
                    return match self.checker.unburied() {
                        Some(what) => Err((Rule::DeadLetters, what)),
                        None => Ok(std::mem::take(&mut self.tally)),
                    };
                };
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
            Happening::Written(partition, offset) => self.written(partition, offset),
            // Who stands still looks after it when it goes on.
            Happening::Look(id) if self.stalled.contains_key(&id.slot) => {}
            Happening::Fetch(id)
            | Happening::Wake(id, _)
            | Happening::CutOff(id, _)
            | Happening::Leaves(id, ..)
            | Happening::Answered(id, ..)
            | Happening::Look(id)
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
            Happening::CutOff(_, task) => self.cut_off(&mut member, task),
            Happening::Leaves(_, number, fate) => {
                self.leaves(&mut member, number, fate);
                None
            }
            Happening::Answered(_, number, answer) => self.answered(&mut member, number, answer),
            Happening::Look(_) => {
                self.look(&member)?;
                None
            }
            // One that was put off to another time is for nothing.
            Happening::Tick(_) => {
                let due = member.tick.take_if(|tick| *tick <= self.now);
                due.map(|_| Input::Tick)
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
