//! Dead letters that are published back to their topic by the command line.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cq_events::Consumer;
use cq_events::dead_letter::{Burial, ErrorKind, Place, buried};
use cq_events_tests::command::program;
use cq_events_tests::raw::{self, Record};
use cq_events_tests::recorder::eventually;

use crate::command::{dlq, end, run, signal};
use crate::lab::{
    GROUP, Lab, MILLI, PARTITIONS, PATIENCE, Run, TOPIC, dead_letters, framed, message, settled,
};
use crate::ward::Ward;

const KEYS: usize = 30;
/// Many more than are published before the replay is ended.
const EACH: usize = 40;
const ENOUGH: usize = 100;
/// Dead letters that are published in a second.
const RATE: &str = "60";

/// Some events of which a consumer has given up all.
async fn given_up(lab: &Lab, ward: &Ward) {
    let mut records = Vec::new();
    for number in 0..EACH {
        for key in 0..KEYS {
            let key = format!("key-{key}");
            records.push(message(&key, format!("{key}/{number}"), "sick").await);
        }
    }
    lab.send(&mut records).await;
    let run = consumer(lab, ward).await;
    let dead_count = || run.handle.metrics().messages_dead_lettered;
    eventually("all are dead", || dead_count() >= records.len() as u64).await;
    run.shut_down().await;
    assert_eq!((ward.count(), lab.standing(GROUP).await), (0, (records.len() as i64, 0)));
}

async fn consumer(lab: &Lab, ward: &Ward) -> Run {
    let builder = Consumer::builder(lab.group(GROUP)).handler(ward.clone());
    let policy = cq_events::event::FailurePolicy::new().max_retries(0).breaker_in_a_row(0);
    Run::of(builder.failure_policy(policy).build().await.expect("it can be built"))
}

/// How much was published back so far.
async fn published(lab: &Lab) -> usize {
    raw::read(&lab.servers(), TOPIC).await.len() - KEYS * EACH
}

/// A replay is ended by a signal, and another one goes on: the consumer handles all, each key in its order.
async fn is_ended_by(name: &str, most_twice: usize) {
    let (lab, ward, topic) = (Lab::start().await, Ward::default(), dead_letters(GROUP));
    given_up(&lab, &ward).await;
    ward.heal();
    let child = dlq(&lab, &["replay", &topic, "--rate", RATE]).spawn().expect("it starts");
    let begun = Instant::now();
    while published(&lab).await < ENOUGH {
        assert!(begun.elapsed() < PATIENCE, "nothing is published");
        tokio::time::sleep(50 * MILLI).await;
    }
    signal(&child, name);
    let ended = end(child).await;
    assert!(!ended.status.success(), "it was ended before its end");
    let before = published(&lab).await;
    assert!(before < KEYS * EACH, "{before}");
    println!("{name} after {before}: {}", String::from_utf8_lossy(&ended.stderr).trim());
    println!("{}", run(&lab, &["replay", &topic]).await.trim());

    let run = consumer(&lab, &ward).await;
    settled(&lab, GROUP).await;
    run.shut_down().await;
    let mut first: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in ward.handled() {
        let ids = first.entry(event.key).or_default();
        if !ids.contains(&event.id) {
            ids.push(event.id);
        }
    }
    assert_eq!(first.len(), KEYS);
    for (key, ids) in &first {
        let all: Vec<String> = (0..EACH).map(|number| format!("{key}/{number}")).collect();
        assert_eq!(ids, &all, "in their order");
    }
    let twice = ward.count() - KEYS * EACH;
    println!("{} handled, {twice} of them twice; none is dead again", KEYS * EACH);
    assert!(twice <= most_twice, "{twice}");
    assert_eq!(lab.dead(GROUP).await.len(), KEYS * EACH, "none is dead again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_that_is_interrupted_goes_on_and_each_event_is_handled_once() {
    is_ended_by("TERM", 0).await;
}

/// A second's worth, and what was on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_that_is_killed_goes_on_and_loses_nothing() {
    is_ended_by("KILL", 90).await;
}

const MANY: usize = 100_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_dead_letters_are_listed_and_replayed() {
    let (lab, topic) = (Lab::start().await, dead_letters(GROUP));
    lab.create(&topic, PARTITIONS, &[]).await;
    let letter = |number: usize| {
        let partition = i32::try_from(number).expect("few") % PARTITIONS;
        let burial = Burial {
            kind: ErrorKind::Failed,
            exception: "shop::StoreError",
            message: "no stock",
            place: Place { topic: TOPIC.to_owned(), partition, offset: number as i64 },
            group: GROUP,
            attempts: 4,
            failed_at: jiff::Timestamp::now(),
        };
        let record = framed(&format!("key-{number}"), number.to_string().into_bytes());
        Record { partition, headers: buried(&record.headers, burial), ..record }
    };
    let mut letters: Vec<Record> = (0..MANY).map(letter).collect();
    raw::send(&lab.servers(), &topic, &mut letters).await;

    // To build the program is no part of what is timed.
    program();
    let begun = Instant::now();
    let lines = run(&lab, &["list", &topic]).await.lines().count();
    let listed = begun.elapsed();
    assert_eq!(lines, MANY + 1, "and a line of names");
    let begun = Instant::now();
    let said = run(&lab, &["replay", &topic]).await;
    let replayed = begun.elapsed();
    println!("{MANY} listed in {listed:?}, replayed in {replayed:?}: {}", said.trim());
    // Seconds; but what is quadratic takes an hour.
    assert!(listed + replayed < Duration::from_secs(300));
    let back = raw::read(&lab.servers(), TOPIC).await;
    let number = |record: &Record| -> usize {
        let value = record.value.as_deref().and_then(|value| str::from_utf8(value).ok());
        value.expect("text").parse().expect("a number")
    };
    let mut numbers: Vec<usize> = back.iter().map(number).collect();
    for partition in back.chunk_by(|left, right| left.partition == right.partition) {
        assert!(partition.iter().map(number).is_sorted(), "in their order");
    }
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..MANY), "each once");
}
