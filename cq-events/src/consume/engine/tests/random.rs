//! The engine against a group and a driver that do whatever they may, in whatever order a seed says.

use std::collections::BTreeMap;

use super::*;

/// xorshift64*: enough to choose, and the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

/// What the world knows of one partition that the engine owns.
#[derive(Debug, Default)]
struct Owned {
    /// The next offset to fetch.
    position: i64,
    in_flight: Option<Token>,
    last_dispatched: Option<i64>,
    /// One past the last message that is done in this assignment.
    done: Option<i64>,
    revoking: bool,
    paused: bool,
}

#[derive(Default)]
struct World {
    owned: BTreeMap<i32, Owned>,
    /// By partition, for all time.
    committed: BTreeMap<i32, i64>,
    /// Outcomes of assignments that have ended.
    stale: Vec<Token>,
    awaiting: Vec<CommitId>,
    revoke_pending: bool,
    ending: bool,
    ended: Option<StopReason>,
    happened: BTreeMap<&'static str, usize>,
}

impl World {
    fn count(&mut self, what: &'static str) {
        *self.happened.entry(what).or_default() += 1;
    }

    fn carry_out(&mut self, output: Output) {
        assert_eq!(self.ended, None, "{output:?} after the end");
        match output {
            Output::Dispatch(token, message) => {
                assert!(!self.ending, "dispatched on the way out");
                let owned =
                    self.owned.get_mut(&token.partition.partition).expect("dispatched a foreign partition");
                assert!(!owned.revoking, "dispatched from a partition that is on its way out");
                assert_eq!(owned.in_flight, None, "two messages of a partition in flight");
                assert_eq!(message.offset(), token.offset);
                assert!(owned.last_dispatched < Some(token.offset), "out of order");
                assert!(owned.done.is_none_or(|done| done <= token.offset));
                owned.last_dispatched = Some(token.offset);
                owned.in_flight = Some(token);
                self.count("dispatched");
            }
            Output::Pause(partition) => {
                self.owned.get_mut(&partition.partition).expect("paused a foreign partition").paused = true;
                self.count("paused");
            }
            Output::Resume(partition) => {
                self.owned.get_mut(&partition.partition).expect("resumed a foreign partition").paused = false;
                self.count("resumed");
            }
            Output::Commit(offsets, id) => {
                for (partition, offset) in offsets {
                    let owned = self.owned.get(&partition.partition).expect("committed a foreign partition");
                    assert!(Some(offset) <= owned.done, "committed {offset}, past {:?}", owned.done);
                    self.committed.insert(partition.partition, offset);
                }
                self.awaiting.extend(id);
                self.count("committed");
            }
            Output::Assign(partitions) => assert!(
                partitions.iter().all(|partition| self.owned.contains_key(&partition.partition)),
                "took what was not given"
            ),
            Output::Unassign(partitions) => {
                self.revoke_pending = false;
                for partition in partitions {
                    let owned =
                        self.owned.remove(&partition.partition).expect("gave back a foreign partition");
                    self.stale.extend(owned.in_flight);
                }
            }
            Output::Stop(reason) => {
                assert!(!self.revoke_pending, "ended with a rebalance unanswered");
                self.ended = Some(reason);
            }
        }
    }
}

/// One life of a consumer. Returns what happened in it, by name.
fn live(seed: u64) -> BTreeMap<&'static str, usize> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let settings = Settings { high_messages: 4, low_messages: 1, ..Settings::default() };
    let mut bench = Bench { engine: Engine::new(settings, Instant::now()), now: Instant::now() };
    let mut world = World::default();
    for step in 0..400 {
        if world.ended.is_some() {
            break;
        }
        // A rest without answers, so that every deadline is met as well.
        let input = if step < 380 {
            next(&mut random, &mut world, &mut bench.now, step > 350)
        } else {
            bench.now += 5 * SECOND;
            Input::Tick
        };
        for output in bench.tell(input) {
            world.carry_out(output);
        }
    }
    assert!(world.ended.is_some(), "seed {seed}: did not end");
    if let Some(StopReason::Failure(token)) = &world.ended {
        let committed = world.committed.get(&token.partition.partition);
        assert!(
            committed.is_none_or(|committed| *committed <= token.offset),
            "the failed message was committed"
        );
    }
    world.happened
}

fn next(random: &mut Random, world: &mut World, now: &mut Instant, end: bool) -> Input {
    if end && !world.ending {
        world.ending = true;
        world.count("shut down");
        return Input::Shutdown;
    }
    let chosen = |random: &mut Random, world: &World| {
        let owned: Vec<i32> = world.owned.keys().copied().collect();
        (!owned.is_empty()).then(|| owned[random.below(owned.len())])
    };
    match random.below(12) {
        0..4 => {
            if let Some(partition) = chosen(random, world)
                && !world.owned[&partition].paused
            {
                let owned = world.owned.get_mut(&partition).unwrap();
                let offset = owned.position + random.below(3) as i64;
                owned.position = offset + 1;
                return Input::Fetched(message(partition, offset));
            }
        }
        4..8 => {
            if let Some(partition) = chosen(random, world)
                && let Some(token) = world.owned.get_mut(&partition).unwrap().in_flight.take()
            {
                if random.one_in(40) {
                    world.ending = true;
                    world.count("failed");
                    return Input::Failed(token);
                }
                world.owned.get_mut(&partition).unwrap().done = Some(token.offset + 1);
                return Input::Done(token);
            }
        }
        8 => {
            if let Some(token) = world.stale.pop() {
                world.count("answered too late");
                return if random.one_in(2) { Input::Done(token) } else { Input::Failed(token) };
            }
        }
        9 => {
            if !world.awaiting.is_empty() {
                let index = random.below(world.awaiting.len());
                let id = world.awaiting.swap_remove(index);
                if random.one_in(3) {
                    world.count("commit deferred");
                    return Input::CommitDeferred(id);
                }
                return Input::Committed(id);
            }
            if random.one_in(4) {
                world.count("commit refused");
                return Input::CommitRefused;
            }
        }
        10 if !world.revoke_pending => {
            let partition = random.below(4) as i32;
            if let Some(owned) = world.owned.get_mut(&partition) {
                if random.one_in(3) {
                    world.count("lost");
                    return Input::Lost(vec![at(partition)]);
                }
                owned.revoking = true;
                world.revoke_pending = true;
                world.count("revoked");
                return Input::Revoked(vec![at(partition)]);
            }
            // The next owner starts where the group stands.
            let position = world.committed.get(&partition).copied().unwrap_or_default();
            world.owned.insert(partition, Owned { position, ..Owned::default() });
            world.count("assigned");
            return Input::Assigned(vec![(at(partition), None)]);
        }
        _ => *now += Duration::from_secs(random.below(8) as u64),
    }
    Input::Tick
}

#[test]
fn whatever_happens_order_and_commits_hold() {
    let mut happened: BTreeMap<&'static str, usize> = BTreeMap::new();
    for seed in 0..3_000 {
        for (what, times) in live(seed) {
            *happened.entry(what).or_default() += times;
        }
    }
    // A fault that hardly occurs proves nothing.
    for what in [
        "answered too late",
        "assigned",
        "commit refused",
        "commit deferred",
        "committed",
        "dispatched",
        "failed",
        "lost",
        "paused",
        "resumed",
        "revoked",
        "shut down",
    ] {
        assert!(happened.get(what).is_some_and(|times| *times >= 300), "{what} is too rare: {happened:?}");
    }
}
