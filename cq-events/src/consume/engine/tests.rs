//! The engine driven by hand, and at random.

mod failures;

use std::time::{Duration, Instant};

use super::finished::Finished;
use super::*;
use crate::event::Message;

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

fn assign(partitions: &[i32]) -> Output {
    Output::Assign(partitions.iter().map(|partition| (at(*partition), None)).collect())
}

/// A commit with nothing done above it.
fn commit(place: TopicPartition, offset: i64) -> Commit {
    Commit { place, offset, finished: Finished::default() }
}

impl Bench {
    /// A consumer that was given these partitions.
    fn with(partitions: &[i32]) -> Self {
        Self::with_settings(partitions, Settings::default())
    }

    fn with_settings(partitions: &[i32], settings: Settings) -> Self {
        let now = Instant::now();
        let mut bench = Self { engine: Engine::new(settings, Policies::default(), 7, now), now };
        let outputs = bench.assign(partitions);
        assert_eq!(outputs, [assign(partitions)]);
        bench
    }

    fn tell(&mut self, input: Input) -> Vec<Output> {
        self.engine.handle(input, self.now);
        std::iter::from_fn(|| self.engine.poll_output()).collect()
    }

    fn assign(&mut self, partitions: &[i32]) -> Vec<Output> {
        let assignment = |partition: &i32| Assignment {
            place: at(*partition),
            start: None,
            finished: Finished::default(),
            is_new: false,
        };
        self.tell(Input::Assigned(partitions.iter().map(assignment).collect()))
    }

    fn fetch(&mut self, partition: i32, offset: i64) -> Vec<Output> {
        self.tell(Input::Fetched(vec![message(partition, offset)]))
    }

    fn fetch_keyed(&mut self, partition: i32, offset: i64, key: &str) -> Vec<Output> {
        let message = Message::new("t", partition, offset).key(Some(key.into())).build();
        self.tell(Input::Fetched(vec![message]))
    }

    fn done(&mut self, token: Token) -> Vec<Output> {
        self.tell(Input::Done(vec![token]))
    }

    /// A message without a key fails.
    fn fail(&mut self, token: Token, verdict: Verdict) -> Vec<Output> {
        self.tell(Input::Failed(Failed { token, message: message(0, token.offset), verdict }))
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
    let tokens = outputs.iter().filter_map(|output| match output {
        Output::Dispatch(batch) => Some(batch.iter().map(|(token, _)| *token)),
        _ => None,
    });
    let mut tokens = tokens.flatten();
    let token = tokens.next();
    assert_eq!(tokens.next(), None, "more than one message was dispatched");
    token
}

/// The commit that is awaited.
fn awaited(outputs: &[Output]) -> (Vec<(TopicPartition, i64)>, CommitId) {
    outputs
        .iter()
        .find_map(|output| match output {
            Output::Commit(commits, Some(id)) => {
                let offset = |commit: &Commit| (commit.place.clone(), commit.offset);
                Some((commits.iter().map(offset).collect(), *id))
            }
            _ => None,
        })
        .expect("no commit is awaited")
}

/// The offset of the message that ends the consumer, and why.
fn stopped(outputs: &[Output]) -> (i64, Why) {
    match outputs {
        [Output::Stop(StopReason::Failure(token, why))]
        | [Output::Pause(_), Output::Stop(StopReason::Failure(token, why))] => (token.offset, *why),
        _ => panic!("no end by a failure: {outputs:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_commit_that_a_rebalance_defers_is_made_again_for_what_is_still_ours() {
    let mut bench = Bench::with(&[0, 1]);
    for partition in [0, 1] {
        let token = bench.start(partition, 5);
        bench.done(token);
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
fn one_message_without_a_key_is_handled_at_a_time_in_order() {
    let mut bench = Bench::with(&[0]);
    let first = bench.start(0, 10);
    assert_eq!(bench.fetch(0, 11), []);
    assert_eq!(bench.fetch(0, 15), []);
    let second = dispatched(&bench.done(first)).unwrap();
    assert_eq!(second.offset, 11);
    let third = dispatched(&bench.done(second)).unwrap();
    assert_eq!(third.offset, 15);
    assert_eq!(bench.done(third), []);
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
    assert_eq!(bench.done(done), []);
    assert_eq!(bench.pass(4 * SECOND), []);
    assert_eq!(bench.pass(SECOND), [Output::Commit(vec![commit(at(0), 11)], None)]);
    assert_eq!(bench.pass(5 * SECOND), []);
}

#[test]
fn a_refused_commit_is_repeated() {
    let mut bench = Bench::with(&[0]);
    let done = bench.start(0, 10);
    bench.done(done);
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![commit(at(0), 11)], None)]);
    assert_eq!(bench.tell(Input::CommitRefused), []);
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![commit(at(0), 11)], None)]);
}

#[test]
fn a_revoke_commits_what_an_unanswered_commit_held() {
    // Seen on a broker: the commit of the interval is refused because the group rebalances, and the refusal
    // arrives after the revoke.
    let mut bench = Bench::with(&[0]);
    let done = bench.start(0, 10);
    bench.done(done);
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![commit(at(0), 11)], None)]);
    let (offsets, _) = awaited(&bench.tell(Input::Revoked(vec![at(0)])));
    assert_eq!(offsets, [(at(0), 11)]);
}

#[test]
fn a_full_partition_is_paused_and_resumed_when_it_is_low() {
    let settings =
        Settings { high_messages: 3, low_messages: 1, pause_after: Duration::ZERO, ..Settings::default() };
    let mut bench = Bench::with_settings(&[0], settings);
    let mut current = bench.start(0, 0);
    assert_eq!(bench.fetch(0, 1), []);
    assert_eq!(bench.fetch(0, 2), []);
    assert_eq!(bench.fetch(0, 3), [Output::Pause(at(0))]);
    assert_eq!(bench.fetch(0, 4), [], "what still arrives after a pause is kept");
    let mut resumed_at = None;
    for _ in 0..4 {
        let outputs = bench.done(current);
        current = dispatched(&outputs).unwrap();
        if outputs.contains(&Output::Resume(at(0))) {
            assert_eq!(resumed_at.replace(current.offset), None, "resumed twice");
        }
    }
    assert_eq!(current.offset, 4);
    assert_eq!(resumed_at, Some(3), "one message waits");
}

/// librdkafka drops what it has of a paused partition: one that is full for a moment only is not paused.
#[test]
fn a_partition_that_is_full_for_a_moment_only_stops_the_intake() {
    let settings = Settings { high_messages: 3, low_messages: 1, ..Settings::default() };
    let mut bench = Bench::with_settings(&[0], settings);
    let first = bench.start(0, 0);
    for offset in 1..4 {
        assert!(bench.engine.takes_messages());
        assert_eq!(bench.fetch(0, offset), []);
    }
    assert!(!bench.engine.takes_messages());
    let second = dispatched(&bench.done(first)).unwrap();
    assert!(bench.engine.takes_messages(), "two wait");
    bench.fetch(0, 4);
    assert!(!bench.engine.takes_messages());
    assert_eq!(bench.pass(settings.pause_after / 2), []);
    assert_eq!(bench.pass(settings.pause_after / 2), [Output::Pause(at(0))], "the others must go on");
    assert!(bench.engine.takes_messages());
    bench.done(second);
    assert_eq!(bench.tell(Input::Revoked(vec![at(0)])), [], "it is paused already");
    assert!(bench.engine.takes_messages());
}

#[test]
fn large_messages_pause_a_partition_by_their_bytes() {
    let settings =
        Settings { high_bytes: 25, low_bytes: 10, pause_after: Duration::ZERO, ..Settings::default() };
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
    let outputs = bench.done(in_flight);
    let (offsets, id) = awaited(&outputs);
    assert_eq!(outputs.len(), 1, "neither dispatched nor given back before the commit: {outputs:?}");
    assert_eq!(offsets, [(at(0), 11)]);
    assert_eq!(bench.tell(Input::Committed(id)), [Output::Unassign(vec![at(0)])]);
    assert_eq!(bench.engine.partitions.values().map(|of| &of.place).collect::<Vec<_>>(), [&at(1)]);
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
    let again = dispatched(&bench.done(slow)).expect("its turn has come");
    assert_eq!(bench.pass(5 * SECOND), [], "the old outcome is not committed");
    bench.done(again);
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![commit(at(0), 11)], None)]);
}

#[test]
fn a_revoke_does_not_wait_for_a_commit_for_ever() {
    let mut bench = Bench::with(&[0]);
    let done = bench.start(0, 10);
    bench.done(done);
    awaited(&bench.tell(Input::Revoked(vec![at(0)])));
    assert_eq!(bench.pass(9 * SECOND), []);
    assert_eq!(bench.pass(SECOND), [Output::Unassign(vec![at(0)])]);
}

#[test]
fn a_lost_partition_is_not_committed_and_its_outcome_does_not_count() {
    let mut bench = Bench::with(&[0, 1]);
    let done = bench.start(0, 10);
    bench.done(done);
    let in_flight = bench.start(0, 11);
    let other = bench.start(1, 20);
    assert_eq!(bench.tell(Input::Lost(vec![at(0)])), [Output::Unassign(vec![at(0)])]);
    assert_eq!(bench.done(in_flight), []);
    bench.done(other);
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![commit(at(1), 21)], None)]);
}

#[test]
fn a_failure_of_a_lost_assignment_does_not_stop_the_consumer() {
    let mut bench = Bench::with(&[0]);
    let in_flight = bench.start(0, 10);
    bench.tell(Input::Lost(vec![at(0)]));
    assert_eq!(bench.fail(in_flight, Verdict::Stop), []);
}

#[test]
fn a_shutdown_waits_for_what_is_in_flight_and_commits_it() {
    let mut bench = Bench::with(&[0, 1]);
    let in_flight = bench.start(0, 10);
    bench.fetch(0, 11);
    assert_eq!(bench.tell(Input::Shutdown), [Output::Pause(at(0)), Output::Pause(at(1))]);
    let (offsets, id) = awaited(&bench.done(in_flight));
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
    assert_eq!(bench.assign(&[1]), [assign(&[1]), Output::Pause(at(1))]);
    assert_eq!(bench.tell(Input::Revoked(vec![at(0), at(1)])), []);
    let (offsets, id) = awaited(&bench.done(in_flight));
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
    let failing = dispatched(&bench.done(done)).unwrap();
    bench.fetch(0, 12);
    let other = bench.start(1, 20);
    bench.fetch(1, 21);
    let outputs = bench.fail(failing, Verdict::Stop);
    assert_eq!(outputs, [Output::Pause(at(0)), Output::Pause(at(1))]);
    let (offsets, id) = awaited(&bench.done(other));
    assert_eq!(offsets, [(at(0), 11), (at(1), 21)], "the failed message is not passed");
    assert_eq!(stopped(&bench.tell(Input::Committed(id))), (11, Why::Verdict));
}

#[test]
fn of_two_failures_the_first_is_told_and_one_during_a_shutdown_is_too() {
    let mut bench = Bench::with(&[0, 1]);
    let (first, second) = (bench.start(0, 10), bench.start(1, 20));
    bench.tell(Input::Shutdown);
    bench.fail(first, Verdict::Stop);
    let outputs = bench.fail(second, Verdict::Stop);
    assert_eq!(stopped(&outputs), (first.offset, Why::Verdict));
}

#[test]
fn a_message_that_arrives_twice_or_from_before_the_start_is_handled_once() {
    let mut bench = Bench::with(&[]);
    let assignment =
        Assignment { place: at(0), start: Some(10), finished: Finished::default(), is_new: false };
    bench.tell(Input::Assigned(vec![assignment]));
    assert_eq!(bench.fetch(0, 9), []);
    let token = bench.start(0, 10);
    assert_eq!(bench.fetch(0, 10), []);
    assert_eq!(bench.done(token), []);
    assert_eq!(bench.fetch(3, 0), [], "a partition that is not ours");
}

#[test]
fn keys_of_a_partition_are_handled_in_parallel_and_each_in_order() {
    let mut bench = Bench::with(&[0]);
    let first = dispatched(&bench.fetch_keyed(0, 10, "a")).unwrap();
    assert_eq!(bench.fetch_keyed(0, 11, "a"), []);
    let other = dispatched(&bench.fetch_keyed(0, 12, "b")).unwrap();
    let after = dispatched(&bench.done(first)).unwrap();
    assert_eq!((other.offset, after.offset), (12, 11));
}

#[test]
fn no_more_messages_are_handled_at_a_time_than_the_settings_say_and_partitions_take_turns() {
    let settings = Settings { max_in_flight: 2, ..Settings::default() };
    let mut bench = Bench::with_settings(&[0, 1], settings);
    let first = dispatched(&bench.fetch_keyed(0, 10, "a")).unwrap();
    dispatched(&bench.fetch_keyed(0, 11, "b")).unwrap();
    assert_eq!(bench.fetch_keyed(0, 12, "c"), []);
    assert_eq!(bench.fetch_keyed(1, 20, "a"), []);
    let next = dispatched(&bench.done(first)).unwrap();
    assert_eq!(next.offset, 20, "the other partition's turn");
    assert_eq!(dispatched(&bench.done(next)).unwrap().offset, 12);
}

#[test]
fn what_is_done_above_a_gap_is_committed_with_it_and_not_handled_again() {
    let mut bench = Bench::with(&[0]);
    dispatched(&bench.fetch_keyed(0, 10, "a")).unwrap();
    let done = dispatched(&bench.fetch_keyed(0, 11, "b")).unwrap();
    bench.done(done);
    let outputs = bench.pass(5 * SECOND);
    let [Output::Commit(commits, None)] = outputs.as_slice() else { panic!("{outputs:?}") };
    let [Commit { offset: 10, finished, .. }] = commits.as_slice() else { panic!("{commits:?}") };

    let metadata = finished.to_metadata(10);
    let finished = Finished::from_metadata(10, &metadata).unwrap();
    let mut next = Bench::with(&[]);
    next.tell(Input::Assigned(vec![Assignment { place: at(0), start: Some(10), finished, is_new: false }]));
    let again = dispatched(&next.fetch_keyed(0, 10, "a")).unwrap();
    assert_eq!(next.fetch_keyed(0, 11, "b"), []);
    next.done(again);
    assert_eq!(next.pass(5 * SECOND), [Output::Commit(vec![commit(at(0), 12)], None)]);
}
