//! What becomes of messages that fail.

use super::*;
use crate::event::FailurePolicy;

/// A consumer of the partition 0 with this policy.
fn bench(policy: FailurePolicy) -> Bench {
    let mut bench = Bench::with(&[]);
    let policies = [("t".to_owned(), policy.into())].into_iter().collect();
    bench.engine = Engine::new(Settings::default(), policies, 7, bench.now);
    bench.assign(&[0]);
    bench
}

fn policy() -> FailurePolicy {
    FailurePolicy::new()
}

fn keyed(token: Token, key: &str, verdict: Verdict) -> Input {
    let message = Message::new("t", 0, token.offset).key(Some(key.into())).build();
    Input::Failed(Failed { token, message, verdict })
}

/// The message that is to be put among the dead letters, and how often it was tried.
fn buried(outputs: &[Output]) -> (Token, u32) {
    match outputs {
        [Output::Bury(token, message, attempts)] => {
            assert_eq!(token.offset, message.offset());
            (*token, *attempts)
        }
        _ => panic!("no dead letter: {outputs:?}"),
    }
}

#[test]
fn a_message_is_tried_as_often_as_its_policy_says_and_then_buried() {
    let mut bench = bench(policy().max_retries(2).retry_delay(SECOND).max_retry_delay(SECOND));
    let mut token = bench.start(0, 10);
    bench.fetch(0, 11);
    for _ in 0..2 {
        assert_eq!(bench.fail(token, Verdict::Retry), [], "it waits");
        let due = bench.engine.next_deadline();
        assert!(due < bench.now + SECOND, "a second at most");
        bench.now = due;
        token = dispatched(&bench.tell(Input::Tick)).expect("it is tried again");
        assert_eq!(token.offset, 10);
    }
    let (grave, attempts) = buried(&bench.fail(token, Verdict::Retry));
    assert_eq!(attempts, 3);
    assert_eq!(bench.pass(5 * SECOND), [], "nothing is committed, and its key waits");
    let next = dispatched(&bench.tell(Input::Buried(grave))).unwrap();
    assert_eq!(next.offset, 11);
    assert_eq!(bench.pass(5 * SECOND), [Output::Commit(vec![commit(at(0), 11)], None)]);
    // What follows has its own tries.
    assert_eq!(bench.fail(next, Verdict::Retry), []);
}

#[test]
fn other_keys_go_on_while_one_waits_and_are_committed_above_it() {
    let mut bench = bench(policy().retry_delay(600 * SECOND).max_retry_delay(600 * SECOND));
    let failing = dispatched(&bench.fetch_keyed(0, 10, "a")).unwrap();
    assert_eq!(bench.tell(keyed(failing, "a", Verdict::Retry)), []);
    assert_eq!(bench.fetch_keyed(0, 11, "a"), []);
    for offset in 12..5_000 {
        let other = dispatched(&bench.fetch_keyed(0, offset, &format!("k{}", offset % 97))).unwrap();
        assert_eq!(bench.done(other), []);
    }
    let standing: Vec<Standing> = bench.engine.standings(bench.now).collect();
    assert_eq!((standing[0].waiting, standing[0].retrying, standing[0].in_flight), (2, 1, 0));
    let outputs = bench.pass(5 * SECOND);
    let [Output::Commit(commits, None)] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert!(
        commits[0].offset == 10 && commits[0].finished.contains(4_999) && !commits[0].finished.contains(11)
    );
}

#[test]
fn what_will_never_do_is_buried_at_once() {
    let mut bench = bench(policy());
    let token = bench.start(0, 10);
    assert_eq!(buried(&bench.fail(token, Verdict::Reject)).1, 1);
}

#[test]
fn without_dead_letters_what_is_given_up_ends_the_consumer() {
    let mut bench = bench(policy().dead_letters(false).max_retries(0));
    let token = bench.start(0, 10);
    assert_eq!(stopped(&bench.fail(token, Verdict::Retry)), (10, Why::NoDeadLetters));
}

#[test]
fn a_dead_letter_that_is_refused_ends_the_consumer_before_its_key_goes_on() {
    let mut bench = bench(policy());
    let token = bench.start(0, 10);
    bench.fetch(0, 11);
    let (grave, _) = buried(&bench.fail(token, Verdict::Reject));
    assert_eq!(stopped(&bench.tell(Input::NotBuried(grave))), (10, Why::Refused));
}

#[test]
fn the_circuit_breaker_ends_the_consumer_instead_of_emptying_the_topic() {
    let mut bench = bench(policy().breaker_in_a_row(3));
    for offset in 10..12 {
        let token = bench.start(0, offset);
        let (grave, _) = buried(&bench.fail(token, Verdict::Reject));
        assert_eq!(bench.tell(Input::Buried(grave)), []);
    }
    let token = bench.start(0, 12);
    let (offsets, id) = awaited(&bench.fail(token, Verdict::Reject));
    assert_eq!(offsets, [(at(0), 12)], "what is buried is done, and no more");
    assert_eq!(stopped(&bench.tell(Input::Committed(id))), (12, Why::Breaker));
}

#[test]
fn what_cannot_be_read_now_waits_without_an_attempt_until_the_deadline() {
    let mut bench = bench(policy().max_retries(0).max_retry_delay(30 * SECOND));
    let mut token = bench.start(0, 10);
    let begun = bench.now;
    let mut tries = 0;
    let why = loop {
        let outputs = bench.fail(token, Verdict::Wait);
        if !outputs.is_empty() {
            break stopped(&outputs).1;
        }
        tries += 1;
        bench.now = bench.engine.next_deadline();
        while bench.tell(Input::Tick).is_empty() {
            bench.now = bench.engine.next_deadline();
        }
        token = Token { lane: 66, ..token };
    };
    let waited = bench.now.duration_since(begun);
    assert!(why == Why::Waited && (300..331).contains(&waited.as_secs()), "{why:?} after {waited:?}");
    assert!((15..100).contains(&tries), "{tries}");
}

#[test]
fn a_revoke_waits_for_dead_letters_but_for_no_retry() {
    let mut bench = bench(policy());
    let dead = dispatched(&bench.fetch_keyed(0, 10, "a")).unwrap();
    let failing = dispatched(&bench.fetch_keyed(0, 11, "b")).unwrap();
    let late = dispatched(&bench.fetch_keyed(0, 12, "c")).unwrap();
    let (grave, _) = buried(&bench.tell(keyed(dead, "a", Verdict::Reject)));
    bench.tell(keyed(failing, "b", Verdict::Retry));
    bench.tell(Input::Revoked(vec![at(0)]));
    assert_eq!(
        bench.pass(10 * SECOND),
        [Output::Commit(vec![commit(at(0), 10)], None)][1..],
        "no try, no answer"
    );
    assert_eq!(bench.tell(keyed(late, "c", Verdict::Retry)), [], "and what fails now is its next owner's");
    let (offsets, id) = awaited(&bench.tell(Input::Buried(grave)));
    assert_eq!(offsets, [(at(0), 11)]);
    assert_eq!(bench.tell(Input::Committed(id)), [Output::Unassign(vec![at(0)])]);
}

#[test]
fn a_dead_letter_of_an_assignment_that_was_lost_counts_no_more() {
    let mut bench = bench(policy());
    let token = bench.start(0, 10);
    let (grave, _) = buried(&bench.fail(token, Verdict::Reject));
    bench.tell(Input::Lost(vec![at(0)]));
    assert_eq!(bench.engine.in_flight(), 1);
    bench.assign(&[0]);
    assert_eq!(bench.fetch(0, 10), [], "it waits until that is known");
    let again = dispatched(&bench.tell(Input::Buried(grave))).unwrap();
    assert_eq!(again.offset, 10);
    let (grave, _) = buried(&bench.fail(again, Verdict::Reject));
    bench.tell(Input::Lost(vec![at(0)]));
    assert_eq!(bench.tell(Input::NotBuried(grave)), [], "nor does a refusal");
}

#[test]
fn a_dead_letter_of_an_assignment_that_was_lost_takes_no_handlers_place() {
    let mut bench = bench(policy());
    let settings = Settings { max_in_flight: 1, ..Settings::default() };
    bench.engine = Engine::new(settings, Policies::default(), 7, bench.now);
    bench.assign(&[0]);
    let token = bench.start(0, 10);
    let (grave, _) = buried(&bench.fail(token, Verdict::Reject));
    bench.tell(Input::Lost(vec![at(0)]));
    bench.assign(&[1]);
    let other = dispatched(&bench.fetch(1, 10)).expect("there is room");
    assert_eq!(bench.engine.in_flight(), 2);
    bench.tell(Input::Buried(grave));
    bench.done(other);
    assert_eq!(bench.engine.in_flight(), 0);
}

#[test]
fn keys_that_wait_hold_so_many_bytes_and_no_more() {
    let mut bench = bench(policy().retry_delay(600 * SECOND).max_retry_delay(600 * SECOND));
    let large = |offset| {
        let message = Message::new("t", 0, offset).key(Some(b"a".to_vec())).value(Some(vec![0; 1 << 20]));
        Input::Fetched(vec![message.build()])
    };
    let failing = dispatched(&bench.tell(large(0))).unwrap();
    bench.tell(keyed(failing, "a", Verdict::Retry));
    let taken = (1..100).take_while(|offset| {
        bench.tell(large(*offset));
        bench.engine.takes_messages()
    });
    assert_eq!(taken.count(), 31);
}
