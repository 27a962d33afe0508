//! The run itself: what happens when, and what it leads to.

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
    Assignment, Commit, CommitId, Input, Output, SeekId, StopReason, TopicPartition,
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

    // Faults.

    fn fault(&mut self) -> Result<(), Broken> {
        if self.is_calm {
            return Ok(());
        }
        let pause = self.random.millis(300..2_500);
        self.after(pause, Happening::Fault);
        let alive: Vec<usize> = self.members.keys().copied().collect();
        let Some(slot) = alive.get(self.random.below(alive.len())).copied() else { return Ok(()) };
        match self.random.below(13) {
            0..3 => self.crash(slot),
            3..5 => {
                let time = self.random.millis(100..1_500);
                self.stall(slot, time);
            }
            5 => {
                let time = SESSION + self.random.millis(500..6_000);
                if let Some(id) = self.stall(slot, time) {
                    self.after(SESSION, Happening::Expel(id));
                }
            }
            6..8 => {
                if let Some(id) = self.members.get(&slot).map(|member| member.id) {
                    self.expel(id)?;
                }
            }
            8..11 => {
                self.tally.count("shutdowns");
                if let Some(id) = self.members.get(&slot).map(|member| member.id) {
                    self.note(|| format!("{id} is told to shut down"));
                    self.after(Duration::ZERO, Happening::Later(id, Input::Shutdown));
                }
            }
            11 => self.seek(slot),
            // More of them.
            _ => {
                let free = (0..SLOTS).find(|slot| !self.members.contains_key(slot));
                free.into_iter().for_each(|slot| self.start(slot));
            }
        }
        Ok(())
    }

    /// Somebody wants to see again what was handled.
    fn seek(&mut self, slot: usize) {
        let Some(member) = self.members.get(&slot) else { return };
        let (id, partitions) = (member.id, member.fetching.keys().copied().collect::<Vec<_>>());
        let mut targets = Vec::new();
        for partition in partitions {
            let (committed, _) = self.checker.committed(partition);
            targets.push((at(partition), self.random.below(committed as usize + 1) as i64));
        }
        self.note(|| format!("{id} is to seek: {targets:?}"));
        self.after(Duration::ZERO, Happening::Later(id, Input::Seek(targets)));
    }

    fn crash(&mut self, slot: usize) {
        let Some(member) = self.members.remove(&slot) else { return };
        let id = member.id;
        self.note(|| format!("{id} crashes"));
        self.tally.count("crashes");
        self.after(SESSION, Happening::Expel(id));
        self.end(member);
    }

    fn stall(&mut self, slot: usize, time: Duration) -> Option<MemberId> {
        let id = self.members.get(&slot)?.id;
        self.note(|| format!("{id} stands still for {time:?}"));
        self.tally.count(if time > SESSION { "stalls past the session" } else { "short stalls" });
        let (until, _) = self.stalled.entry(slot).or_default();
        *until = (*until).max(self.now + time);
        let until = *until;
        self.stalls.insert(slot, until);
        self.at(until, Happening::GoOn(slot));
        Some(id)
    }

    /// The faults end, and with them all that hangs.
    fn calm(&mut self) -> Result<(), Broken> {
        self.note(|| "the faults end".to_owned());
        self.is_calm = true;
        self.worker.courses.calm();
        for slot in 0..SLOTS {
            self.crash(slot);
        }
        self.start(0);
        Ok(())
    }

    // The group.

    fn send(&mut self, from: MemberId, request: Request) {
        let at = self.arrival(from, true);
        self.at(at, Happening::Request(from, request));
    }

    fn answer(&mut self, to: MemberId, notice: Notice) {
        let at = self.arrival(to, false);
        self.at(at, Happening::Notice(to, notice));
    }

    /// When what is sent now arrives: after what was sent before.
    fn arrival(&mut self, member: MemberId, to_group: bool) -> Duration {
        let is_slow = !self.is_calm && self.random.one_in(60);
        let time = if is_slow { self.random.millis(300..3_000) } else { self.random.millis(1..30) };
        let last = self.ways.entry((member, to_group)).or_default();
        *last = (*last).max(self.now + time);
        *last
    }

    fn request(&mut self, from: MemberId, request: Request) -> Result<(), Broken> {
        match request {
            Request::Commit(commits, id) => return self.commit(from, commits, id),
            Request::Offsets(question, partitions) => {
                let fails = !self.is_calm && self.random.one_in(12);
                if fails {
                    self.tally.count("lookups of offsets failed");
                }
                let answer = (!fails).then(|| partitions.into_iter().map(|at| self.assignment(at)).collect());
                self.answer(from, Notice::Offsets(question, answer));
                return Ok(());
            }
            // A member that was lost is none until it joins again.
            Request::Took | Request::GaveBack(_) | Request::Left if !self.group.has(from) => {}
            Request::Join => {
                self.group.join(from);
                let is_alive = self.members.get(&from.slot).is_some_and(|member| member.id == from);
                if !is_alive {
                    self.after(SESSION, Happening::Expel(from));
                }
            }
            Request::Took => self.group.complete(from),
            Request::GaveBack(partitions) => {
                self.group.complete(from);
                for partition in partitions {
                    if self.group.owner(partition) == Some(from) {
                        self.free(partition, false)?;
                    }
                }
            }
            Request::Left => {
                for partition in self.group.owned_by(from) {
                    self.free(partition, false)?;
                }
                self.group.remove(from);
            }
        }
        self.rebalance();
        Ok(())
    }

    fn overdue(&self, id: MemberId, rebalance: Option<u64>) -> Result<(), Broken> {
        let is_alive = self.members.get(&id.slot).is_some_and(|member| member.id == id);
        let stood_still = self.stalls.get(&id.slot).is_some_and(|until| *until + OVERDUE > self.now);
        if rebalance.is_some() && self.group.rebalance_of(id) == rebalance && is_alive && !stood_still {
            return Err((Rule::GetsDone, format!("{id} does not give back what the group wants back")));
        }
        Ok(())
    }

    fn rebalance(&mut self) {
        for (member, notice) in self.group.rebalance() {
            self.note(|| format!("the group tells {member}: {notice:?}"));
            self.answer(member, notice);
        }
    }

    fn free(&mut self, partition: i32, went_wrong: bool) -> Result<(), Broken> {
        let was_trouble = self.group.free(partition);
        self.checker.ended(partition, went_wrong || was_trouble)
    }

    fn expel(&mut self, member: MemberId) -> Result<(), Broken> {
        if !self.group.has(member) {
            return Ok(());
        }
        self.note(|| format!("the group expels {member}"));
        for partition in self.group.owned_by(member) {
            self.tally.count("assignments lost");
            self.free(partition, true)?;
        }
        self.group.remove(member);
        self.answer(member, Notice::Lost);
        self.rebalance();
        Ok(())
    }

    fn assignment(&self, partition: i32) -> Assignment {
        let (offset, finished) = self.checker.committed(partition);
        // Where the group has no offset, it commits that it starts at the first.
        let is_new = offset == 0;
        Assignment { place: at(partition), start: Some(offset), finished, is_new }
    }

    fn commit(&mut self, from: MemberId, commits: Vec<Commit>, id: Option<CommitId>) -> Result<(), Broken> {
        let is_member = self.group.has(from);
        let chance = if self.is_calm { 99 } else { self.random.below(40) };
        let answer = match chance {
            _ if !is_member => Some(Answer::Refused),
            0..3 => Some(Answer::Refused),
            3..5 => None,
            5..15 if self.group.is_rebalancing() => Some(Answer::Deferred),
            _ => Some(Answer::Taken),
        };
        let is_taken = answer == Some(Answer::Taken) || (answer.is_none() && self.random.one_in(2));
        self.note(|| {
            format!("the group answers {answer:?} (taken: {is_taken}) to {from}: {}", told(&commits))
        });
        self.tally.count(match answer {
            Some(Answer::Taken) => "commits taken",
            Some(Answer::Refused) if !is_member => "commits fenced",
            Some(Answer::Refused) => "commits refused",
            Some(Answer::Deferred) => "commits deferred",
            None => "commits unanswered",
        });
        for Commit { place, offset, finished } in commits {
            if is_taken {
                // As it travels.
                let metadata = finished.to_metadata(offset);
                if !metadata.is_empty() {
                    self.tally.count("commits above a gap");
                }
                let read = Finished::from_metadata(offset, &metadata);
                let read = read.map_err(|_| (Rule::NothingLost, format!("{metadata} cannot be read")))?;
                self.checker.commit(place.partition, offset, read)?;
                // It holds all that an earlier one did.
                self.group.trouble_is_over(place.partition);
            } else if self.group.owner(place.partition) == Some(from) {
                self.group.trouble(place.partition);
            }
        }
        if let Some(answer) = answer {
            self.answer(from, Notice::Committed(id, answer));
        }
        Ok(())
    }

    // The driver.

    fn notice(&mut self, member: &mut Member, notice: Notice) -> Option<Input> {
        let id = member.id;
        self.note(|| format!("{id} hears {notice:?}"));
        match notice {
            Notice::Assigned(partitions) => {
                member.asked.clone_from(&partitions);
                self.ask(member, partitions);
                None
            }
            Notice::Offsets(question, answer) if question == member.question => match answer {
                Some(mut assignments) => {
                    member.asked.clear();
                    if self.bug == Some(Bug::IgnoresWhatIsFinished) {
                        assignments
                            .iter_mut()
                            .for_each(|assignment| assignment.finished = Finished::default());
                    }
                    Some(Input::Assigned(assignments))
                }
                None => {
                    self.ask(member, member.asked.clone());
                    None
                }
            },
            Notice::Offsets(..) => None,
            Notice::Revoked(partitions) => {
                self.tally.count("revokes");
                let rebalance = self.group.rebalance_of(member.id);
                self.after(OVERDUE, Happening::Overdue(member.id, rebalance));
                let places = partitions.into_iter().map(at).collect();
                let is_hasty = self.bug == Some(Bug::GivesBackAtOnce);
                Some(if is_hasty { Input::Lost(places) } else { Input::Revoked(places) })
            }
            Notice::Lost => {
                let held = member.held_assign.iter().flatten().map(|(place, _)| place.partition);
                let known = member.fetching.keys().copied().chain(member.asked.drain(..)).chain(held);
                let places = known.map(at).collect();
                member.question += 1;
                Some(Input::Lost(places))
            }
            Notice::Committed(id, answer) => match (id, answer) {
                (None, Answer::Taken) => None,
                (None, _) => Some(Input::CommitRefused),
                (Some(id), Answer::Deferred) => {
                    self.after(
                        Duration::from_millis(100),
                        Happening::Later(member.id, Input::CommitDeferred(id)),
                    );
                    None
                }
                (Some(id), _) => Some(Input::Committed(id)),
            },
        }
    }

    fn ask(&mut self, member: &mut Member, partitions: Vec<i32>) {
        member.question += 1;
        self.send(member.id, Request::Offsets(member.question, partitions));
    }

    fn fetch(&mut self, member: &mut Member) -> Option<Input> {
        let mut messages = Vec::new();
        for (partition, fetching) in &mut member.fetching {
            if fetching.is_paused || self.random.one_in(4) {
                continue;
            }
            let most = 1 + self.random.below(12);
            for logged in self.checker.read(*partition, fetching.position, most) {
                fetching.position = logged.offset + 1;
                if self.bug == Some(Bug::DropsMessages) && self.random.one_in(50) {
                    continue;
                }
                let key = match self.bug {
                    Some(Bug::IgnoresKeys) => Some(logged.offset.to_be_bytes().to_vec()),
                    _ => logged.key.map(|key| vec![key]),
                };
                let message = Message::new(TOPIC, *partition, logged.offset);
                messages.push(message.key(key).value(Some(value(logged.offset))).build());
            }
        }
        (!messages.is_empty()).then_some(Input::Fetched(messages))
    }

    /// Tells the engine something, and does what it says. Says whether the process goes on.
    fn tell(&mut self, member: &mut Member, input: Input) -> Result<bool, Broken> {
        let has_lost = matches!(&input, Input::Lost(_)) && self.bug != Some(Bug::GivesBackAtOnce);
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let (id, text) = (member.id, &input);
            self.note(|| format!("{id} is told {}", short(text)));
            member.engine.handle(input, self.instant());
            while let Some(output) = member.engine.poll_output() {
                if let Output::Stop(reason) = output {
                    self.tally.count(match reason {
                        StopReason::Shutdown { unfinished: 0 } => "ends with all done",
                        StopReason::Shutdown { .. } => "ends with handlers given up",
                        StopReason::Failure(_) => "ends by a failure",
                    });
                    self.note(|| format!("{id} ends: {reason:?}"));
                    self.send(id, Request::Left);
                    return Ok(false);
                }
                self.carry_out(member, output, &mut inputs)?;
            }
        }
        if has_lost {
            self.send(member.id, Request::Join);
        }
        let deadline = member.engine.next_deadline().saturating_duration_since(self.epoch);
        if member.tick.is_none_or(|tick| deadline < tick) {
            member.tick = Some(deadline);
            self.at(deadline.max(self.now), Happening::Tick(member.id));
        }
        Ok(true)
    }

    fn carry_out(
        &mut self,
        member: &mut Member,
        output: Output,
        inputs: &mut VecDeque<Input>,
    ) -> Result<(), Broken> {
        match output {
            Output::Dispatch(batch) => {
                for (token, message) in batch {
                    let partition = message.partition();
                    let assignment = member.fetching.get(&partition).map_or(0, |of| of.assignment);
                    let place = Place { member: member.id, assignment, partition, offset: token.offset };
                    self.note(|| format!("{place} begins"));
                    self.checker.begin(place, self.group.owner(partition) == Some(member.id))?;
                    let task = member.begin(token, place, message);
                    inputs.extend(self.poll(member, task));
                }
            }
            Output::Pause(place) => {
                self.tally.count("pauses");
                if let Some(fetching) = member.fetching.get_mut(&place.partition) {
                    fetching.is_paused = true;
                }
            }
            Output::Resume(place) => {
                if let Some(fetching) = member.fetching.get_mut(&place.partition) {
                    fetching.is_paused = self.bug == Some(Bug::NeverResumes);
                }
            }
            Output::Commit(commits, id) => self.send_commit(member, commits, id),
            Output::Assign(starts) if member.is_seeking => member.held_assign = Some(starts),
            Output::Assign(starts) => self.assign(member, starts),
            Output::Seek(id, targets) => {
                for (place, offset) in &targets {
                    self.tally.count("seeks");
                    self.checker.rewound(place.partition, *offset);
                    self.last_assignment += 1;
                    if let Some(fetching) = member.fetching.get_mut(&place.partition) {
                        fetching.assignment = self.last_assignment;
                    }
                }
                member.seeks.push_back((id, targets));
                self.next_seek(member);
            }
            // What was lost is gone without an answer.
            Output::Unassign(_) if self.bug == Some(Bug::NeverGivesBack) && self.group.has(member.id) => {}
            Output::Unassign(places) => {
                let partitions: Vec<i32> = places.iter().map(|place| place.partition).collect();
                member.fetching.retain(|partition, _| !partitions.contains(partition));
                member.held_assign = member
                    .held_assign
                    .take()
                    .filter(|starts| starts.iter().any(|(place, _)| !places.contains(place)));
                self.send(member.id, Request::GaveBack(partitions));
            }
            // The caller's.
            Output::Stop(_) => {}
        }
        Ok(())
    }

    fn assign(&mut self, member: &mut Member, starts: Vec<(TopicPartition, Option<i64>)>) {
        for (place, start) in starts {
            self.last_assignment += 1;
            let assignment = self.last_assignment;
            let fetching = Fetching { assignment, position: start.unwrap_or_default(), is_paused: false };
            member.fetching.insert(place.partition, fetching);
        }
        self.tally.count("assigns");
        self.send(member.id, Request::Took);
    }

    /// Begins the next seek that still matters, unless one is under way.
    fn next_seek(&mut self, member: &mut Member) {
        while !member.is_seeking
            && let Some((id, targets)) = member.seeks.pop_front()
        {
            if member.engine.awaits(id) {
                member.is_seeking = true;
                let time = self.random.millis(1..400);
                self.after(time, Happening::Sought(member.id, id, targets));
            }
        }
    }

    fn send_commit(&mut self, member: &mut Member, mut commits: Vec<Commit>, id: Option<CommitId>) {
        match self.bug {
            Some(Bug::CommitsPastAGap) => {
                for Commit { place, offset, finished } in &mut commits {
                    let end = self.checker.end(place.partition);
                    let last = (*offset..end).rev().find(|offset| finished.contains(*offset));
                    *offset = last.map_or(*offset, |last| last + 1);
                    *finished = Finished::default();
                }
            }
            Some(Bug::StoresOffsetsByItself) => {
                for Commit { place, offset, finished } in &mut commits {
                    *offset = member.fetching.get(&place.partition).map_or(*offset, |of| of.position);
                    *finished = Finished::default();
                }
            }
            Some(Bug::RepeatsOldCommits) => {
                let old = member.old_commit.replace(commits.clone());
                if let Some(old) = old.filter(|_| self.random.one_in(4)) {
                    self.send(member.id, Request::Commit(commits, id));
                    return self.send(member.id, Request::Commit(old, None));
                }
            }
            _ => {}
        }
        self.send(member.id, Request::Commit(commits, id));
    }

    /// Goes on with a handler: what it ends with, or when it is to be woken.
    fn poll(&mut self, member: &mut Member, number: u64) -> Option<Input> {
        let Some((task, result)) = member.poll(number) else {
            if let Some(until) = self.clock.take_asleep() {
                if until > self.now + FAULTS + PATIENCE {
                    self.tally.count("handlers that never end");
                } else {
                    self.at(until, Happening::Wake(member.id, number));
                }
            }
            return None;
        };
        let place = task.place;
        self.note(|| format!("{place} ends: {result:?}"));
        if result.is_err() {
            self.tally.count("failures");
            self.checker.dropped(place);
            let is_swallowed = self.bug == Some(Bug::SwallowsFailures);
            return Some(if is_swallowed {
                Input::Done(vec![task.token])
            } else {
                Input::Failed(task.token)
            });
        }
        let is_of_assignment =
            member.fetching.get(&place.partition).is_some_and(|of| of.assignment == place.assignment);
        let is_owner = is_of_assignment && self.group.owner(place.partition) == Some(member.id);
        self.tally.count(if is_owner { "messages done" } else { "messages done too late" });
        self.checker.done(place, is_owner);
        Some(Input::Done(vec![task.token]))
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
