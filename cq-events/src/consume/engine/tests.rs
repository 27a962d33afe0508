//! The engine driven by hand, and at random.

mod random;

use std::time::{Duration, Instant};

use super::*;

/// The engine, with what a driver keeps.
struct Bench {
    engine: Engine,
    now: Instant,
}

fn at(partition: i32) -> TopicPartition {
    TopicPartition { topic: "t".into(), partition }
}

fn message(partition: i32, offset: i64) -> Message {
    Message::new("t", partition, offset).value(Some(vec![0; 10])).build()
}

impl Bench {
    /// A consumer that was given these partitions.
    fn with(partitions: &[i32]) -> Self {
        Self::with_settings(partitions, Settings::default())
    }

    fn with_settings(partitions: &[i32], settings: Settings) -> Self {
        let now = Instant::now();
        let mut bench = Self { engine: Engine::new(settings, now), now };
        let outputs = bench.assign(partitions);
        assert_eq!(outputs, [Output::Assign(partitions.iter().map(|at_| at(*at_)).collect())]);
        bench
    }

    fn tell(&mut self, input: Input) -> Vec<Output> {
        self.engine.handle(input, self.now);
        std::iter::from_fn(|| self.engine.poll_output()).collect()
    }

    fn assign(&mut self, partitions: &[i32]) -> Vec<Output> {
        self.tell(Input::Assigned(partitions.iter().map(|partition| (at(*partition), None)).collect()))
    }

    fn fetch(&mut self, partition: i32, offset: i64) -> Vec<Output> {
        self.tell(Input::Fetched(message(partition, offset)))
    }

    /// Fetches a message that must be dispatched at once.
    fn start(&mut self, partition: i32, offset: i64) -> Token {
        dispatched(&self.fetch(partition, offset)).expect("nothing was dispatched")
    }

    fn pass(&mut self, time: Duration) -> Vec<Output> {
        self.now += time;
        self.tell(Input::Tick)
    }
}

/// The only message that was dispatched, if any.
fn dispatched(outputs: &[Output]) -> Option<Token> {
    let mut tokens = outputs.iter().filter_map(|output| match output {
        Output::Dispatch(token, _) => Some(token.clone()),
        _ => None,
    });
    let token = tokens.next();
    assert_eq!(tokens.next(), None, "more than one message was dispatched");
    token
}

/// The commit that is awaited.
fn awaited(outputs: &[Output]) -> (Vec<(TopicPartition, i64)>, CommitId) {
    outputs
        .iter()
        .find_map(|output| match output {
            Output::Commit(offsets, Some(id)) => Some((offsets.clone(), *id)),
            _ => None,
        })
        .expect("no commit is awaited")
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_commit_that_a_rebalance_defers_is_made_again_for_what_is_still_ours() {
    let mut bench = Bench::with(&[0, 1]);
    for partition in [0, 1] {
        let token = bench.start(partition, 5);
        bench.tell(Input::Done(token));
    }
    let (offsets, first) = awaited(&bench.tell(Input::Shutdown));
    assert_eq!(offsets, [(at(0), 6), (at(1), 6)]);
    bench.tell(Input::Lost(vec![at(1)]));
    let (offsets, second) = awaited(&bench.tell(Input::CommitDeferred(first)));
    assert_eq!(offsets, [(at(0), 6)]);
    assert_eq!(bench.tell(Input::CommitDeferred(first)), [], "an answer of old changes nothing");
    assert_eq!(bench.tell(Input::Committed(second)), [Output::Stop(StopReason::Shutdown { unfinished: 0 })]);
}

#[test]
fn one_message_of_a_partition_is_handled_at_a_time_in_order() {
    let mut bench = Bench::with(&[0]);
    let first = bench.start(0, 10);
    assert_eq!(bench.fetch(0, 11), []);
    assert_eq!(bench.fetch(0, 15), []);
    let second = dispatched(&bench.tell(Input::Done(first))).unwrap();
    assert_eq!(second.offset, 11);
    let third = dispatched(&bench.tell(Input::Done(second))).unwrap();
    assert_eq!(third.offset, 15);
    assert_eq!(bench.tell(Input::Done(third)), []);
}

#[test]
fn partitions_are_handled_in_parallel() {
    let mut bench = Bench::with(&[0, 1]);
    bench.start(0, 10);
    bench.start(1, 20);
    assert_eq!(bench.engine.in_flight(), 2);
}

#[test]
fn what_is_done_is_committed_every_five_seconds_and_once() {
    let mut bench = Bench::with(&[0, 1]);
    let done = bench.start(0, 10);
    bench.start(1, 20);
    assert_eq!(bench.tell(Input::Done(done)), []);
    assert_eq!(bench.pass(4 * SECOND), []);
    assert_eq!(bench.pass(SECOND), [Output::Commit(vec![(at(0), 11)], None)]);
    assert_eq!(bench.pass(5 * SECOND), []);
}

#[test]
fn a_refused_commit_is_repeated() {
    let mut bench = Bench::with(&[0]);
    let done = bench.start(0, 10);
    bench.tell(Input::Done(done));
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![(at(0), 11)], None)]);
    assert_eq!(bench.tell(Input::CommitRefused), []);
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![(at(0), 11)], None)]);
}

#[test]
fn a_revoke_commits_what_an_unanswered_commit_held() {
    // Seen on a broker: the commit of the interval is refused because the group rebalances, and the refusal
    // arrives after the revoke.
    let mut bench = Bench::with(&[0]);
    let done = bench.start(0, 10);
    bench.tell(Input::Done(done));
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![(at(0), 11)], None)]);
    let (offsets, _) = awaited(&bench.tell(Input::Revoked(vec![at(0)])));
    assert_eq!(offsets, [(at(0), 11)]);
}

#[test]
fn a_full_partition_is_paused_and_resumed_when_it_is_low() {
    let settings = Settings { high_messages: 3, low_messages: 1, ..Settings::default() };
    let mut bench = Bench::with_settings(&[0], settings);
    let mut current = bench.start(0, 0);
    assert_eq!(bench.fetch(0, 1), []);
    assert_eq!(bench.fetch(0, 2), []);
    assert_eq!(bench.fetch(0, 3), [Output::Pause(at(0))]);
    assert_eq!(bench.fetch(0, 4), [], "what still arrives after a pause is kept");
    let mut resumed_at = None;
    for _ in 0..4 {
        let outputs = bench.tell(Input::Done(current));
        current = dispatched(&outputs).unwrap();
        if outputs.contains(&Output::Resume(at(0))) {
            assert_eq!(resumed_at.replace(current.offset), None, "resumed twice");
        }
    }
    assert_eq!(current.offset, 4);
    assert_eq!(resumed_at, Some(3), "one message waits");
}

#[test]
fn large_messages_pause_a_partition_by_their_bytes() {
    let settings = Settings { high_bytes: 25, low_bytes: 10, ..Settings::default() };
    let mut bench = Bench::with_settings(&[0], settings);
    bench.start(0, 0);
    assert_eq!(bench.fetch(0, 1), []);
    assert_eq!(bench.fetch(0, 2), []);
    assert_eq!(bench.fetch(0, 3), [Output::Pause(at(0))]);
}

#[test]
fn a_revoke_waits_for_what_is_in_flight_and_commits_it() {
    let mut bench = Bench::with(&[0, 1]);
    let in_flight = bench.start(0, 10);
    bench.fetch(0, 11);
    assert_eq!(bench.tell(Input::Revoked(vec![at(0)])), [Output::Pause(at(0))]);
    assert_eq!(bench.fetch(0, 12), [], "nothing more is taken in");
    let outputs = bench.tell(Input::Done(in_flight));
    let (offsets, id) = awaited(&outputs);
    assert_eq!(outputs.len(), 1, "neither dispatched nor given back before the commit: {outputs:?}");
    assert_eq!(offsets, [(at(0), 11)]);
    assert_eq!(bench.tell(Input::Committed(id)), [Output::Unassign(vec![at(0)])]);
    assert_eq!(bench.engine.lanes.keys().collect::<Vec<_>>(), [&at(1)]);
    bench.start(1, 20);
}

#[test]
fn a_revoke_of_an_idle_partition_is_answered_at_once() {
    let mut bench = Bench::with(&[0]);
    let outputs = bench.tell(Input::Revoked(vec![at(0)]));
    assert_eq!(outputs.last(), Some(&Output::Unassign(vec![at(0)])));
}

#[test]
fn a_revoke_gives_up_on_a_handler_after_its_deadline_and_its_outcome_no_longer_counts() {
    let mut bench = Bench::with(&[0]);
    let slow = bench.start(0, 10);
    bench.tell(Input::Revoked(vec![at(0)]));
    assert_eq!(bench.engine.next_deadline(), bench.now + 5 * SECOND, "the next commit");
    assert_eq!(bench.pass(24 * SECOND), []);
    assert_eq!(bench.pass(SECOND), [Output::Unassign(vec![at(0)])]);
    bench.assign(&[0]);
    assert_eq!(bench.fetch(0, 10), [], "the handler of the old assignment still runs");
    assert_eq!(bench.engine.in_flight(), 1);
    let again = dispatched(&bench.tell(Input::Done(slow))).expect("its turn has come");
    assert_eq!(bench.pass(5 * SECOND), [], "the old outcome is not committed");
    bench.tell(Input::Done(again));
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![(at(0), 11)], None)]);
}

#[test]
fn a_revoke_does_not_wait_for_a_commit_for_ever() {
    let mut bench = Bench::with(&[0]);
    let done = bench.start(0, 10);
    bench.tell(Input::Done(done));
    awaited(&bench.tell(Input::Revoked(vec![at(0)])));
    assert_eq!(bench.pass(9 * SECOND), []);
    assert_eq!(bench.pass(SECOND), [Output::Unassign(vec![at(0)])]);
}

#[test]
fn a_lost_partition_is_not_committed_and_its_outcome_does_not_count() {
    let mut bench = Bench::with(&[0, 1]);
    let done = bench.start(0, 10);
    bench.tell(Input::Done(done));
    let in_flight = bench.start(0, 11);
    let other = bench.start(1, 20);
    assert_eq!(bench.tell(Input::Lost(vec![at(0)])), [Output::Unassign(vec![at(0)])]);
    assert_eq!(bench.tell(Input::Done(in_flight)), []);
    bench.tell(Input::Done(other));
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![(at(1), 21)], None)]);
}

#[test]
fn a_failure_of_a_lost_assignment_does_not_stop_the_consumer() {
    let mut bench = Bench::with(&[0]);
    let in_flight = bench.start(0, 10);
    bench.tell(Input::Lost(vec![at(0)]));
    assert_eq!(bench.tell(Input::Failed(in_flight)), []);
}

#[test]
fn a_shutdown_waits_for_what_is_in_flight_and_commits_it() {
    let mut bench = Bench::with(&[0, 1]);
    let in_flight = bench.start(0, 10);
    bench.fetch(0, 11);
    assert_eq!(bench.tell(Input::Shutdown), [Output::Pause(at(0)), Output::Pause(at(1))]);
    let (offsets, id) = awaited(&bench.tell(Input::Done(in_flight)));
    assert_eq!(offsets, [(at(0), 11)]);
    assert_eq!(bench.tell(Input::Committed(id)), [Output::Stop(StopReason::Shutdown { unfinished: 0 })]);
}

#[test]
fn a_shutdown_gives_up_on_a_handler_after_its_deadline() {
    let mut bench = Bench::with(&[0]);
    bench.start(0, 10);
    bench.tell(Input::Shutdown);
    assert_eq!(bench.pass(29 * SECOND), []);
    assert_eq!(bench.pass(SECOND), [Output::Stop(StopReason::Shutdown { unfinished: 1 })]);
}

#[test]
fn a_shutdown_without_anything_to_do_ends_at_once() {
    let mut bench = Bench::with(&[]);
    assert_eq!(bench.tell(Input::Shutdown), [Output::Stop(StopReason::Shutdown { unfinished: 0 })]);
    assert_eq!(bench.pass(60 * SECOND), [], "the end is told once");
}

#[test]
fn a_rebalance_during_a_shutdown_is_answered_before_the_end() {
    let mut bench = Bench::with(&[0]);
    let in_flight = bench.start(0, 10);
    bench.tell(Input::Shutdown);
    assert_eq!(bench.assign(&[1]), [Output::Assign(vec![at(1)]), Output::Pause(at(1))]);
    assert_eq!(bench.tell(Input::Revoked(vec![at(0), at(1)])), []);
    let (offsets, id) = awaited(&bench.tell(Input::Done(in_flight)));
    assert_eq!(offsets, [(at(0), 11)]);
    assert_eq!(
        bench.tell(Input::Committed(id)),
        [Output::Unassign(vec![at(0), at(1)]), Output::Stop(StopReason::Shutdown { unfinished: 0 })]
    );
}

#[test]
fn a_failure_stops_the_consumer_after_the_others_are_done() {
    let mut bench = Bench::with(&[0, 1]);
    let done = bench.start(0, 10);
    bench.fetch(0, 11);
    let failing = dispatched(&bench.tell(Input::Done(done))).unwrap();
    bench.fetch(0, 12);
    let other = bench.start(1, 20);
    bench.fetch(1, 21);
    let outputs = bench.tell(Input::Failed(failing.clone()));
    assert_eq!(outputs, [Output::Pause(at(0)), Output::Pause(at(1))]);
    let (offsets, id) = awaited(&bench.tell(Input::Done(other)));
    assert_eq!(offsets, [(at(0), 11), (at(1), 21)], "the failed message is not passed");
    assert_eq!(bench.tell(Input::Committed(id)), [Output::Stop(StopReason::Failure(failing))]);
}

#[test]
fn of_two_failures_the_first_is_told_and_one_during_a_shutdown_is_too() {
    let mut bench = Bench::with(&[0, 1]);
    let (first, second) = (bench.start(0, 10), bench.start(1, 20));
    bench.tell(Input::Shutdown);
    bench.tell(Input::Failed(first.clone()));
    let outputs = bench.tell(Input::Failed(second));
    assert_eq!(outputs, [Output::Stop(StopReason::Failure(first))]);
}

#[test]
fn a_message_that_arrives_twice_or_from_before_the_start_is_handled_once() {
    let mut bench = Bench::with(&[]);
    bench.tell(Input::Assigned(vec![(at(0), Some(10))]));
    assert_eq!(bench.fetch(0, 9), []);
    let token = bench.start(0, 10);
    assert_eq!(bench.fetch(0, 10), []);
    assert_eq!(bench.tell(Input::Done(token)), []);
    assert_eq!(bench.fetch(3, 0), [], "a partition that is not ours");
}
