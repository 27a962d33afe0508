//! Replays that do not come to their end.

use std::process::Child;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::topic_partition_list::Offset;

use crate::common::{self, end, signal};
use crate::support::{Bench, DEADLINE, DLQ, SOURCE, letters, numbers, sorted};

/// Many more than are published before a slow replay is ended.
const COUNT: usize = 1_200;

/// A slow replay that has begun to publish.
fn begun(bench: &Bench) -> Child {
    let child = common::begun(&mut bench.command(&["replay", DLQ, "--rate", "60"]));
    await_published(bench, 30);
    child
}

fn thousands(count: usize) -> String {
    cq_events_cli::text::thousands(count.try_into().unwrap())
}

fn await_published(bench: &Bench, count: usize) {
    let begin = Instant::now();
    while bench.read(SOURCE).len() < count {
        assert!(begin.elapsed() < DEADLINE, "nothing is published");
    }
}

#[test]
fn an_interrupted_replay_goes_on_and_publishes_nothing_twice() {
    let bench = Bench::new();
    bench.send(DLQ, letters(COUNT));
    let child = begun(&bench);
    signal(&child, "-TERM");
    let said = end(child).failed(&["interrupted; the same command goes on from here"]);
    let published = bench.read(SOURCE).len();
    assert!(published < COUNT, "{published}");
    let told = format!("published {} of {} dead letters", thousands(published), thousands(COUNT));
    assert!(said.out.starts_with(&told), "{}", said.out);
    let said = bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    let told = format!("published {} dead letters", thousands(COUNT - published));
    assert!(said.out.starts_with(&told), "{}", said.out);
    assert_eq!(sorted(numbers(&bench.read(SOURCE))), (0..COUNT).collect::<Vec<_>>());
}

#[test]
fn after_a_crash_nothing_is_lost_and_little_is_done_twice() {
    let bench = Bench::new();
    bench.send(DLQ, letters(COUNT));
    let mut child = begun(&bench);
    await_published(&bench, 150);
    child.kill().unwrap();
    child.wait().unwrap();
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    let found = sorted(numbers(&bench.read(SOURCE)));
    let twice = found.len() - COUNT;
    let mut once = found;
    once.dedup();
    assert_eq!(once, (0..COUNT).collect::<Vec<_>>());
    // A quarter of a second is 15, and the machine may be slow.
    assert!(twice <= 60, "{twice} were published twice");
}

#[test]
fn a_letter_that_is_refused_ends_the_replay_and_is_named() {
    let bench = Bench::new();
    bench.send(DLQ, letters(COUNT));
    bench.broker.refuse_produce(1).unwrap();
    bench.run(&["replay", DLQ]).failed(&[
        "the dead letter at orders.events-billing-dlq/",
        "cannot be published to orders.events: Broker: Topic authorization failed",
        "the same command goes on from here",
    ]);
    let before = bench.read(SOURCE).len();
    assert!(before < COUNT, "{before}");
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    assert_eq!(sorted(numbers(&bench.read(SOURCE))), (0..COUNT).collect::<Vec<_>>());
}

#[test]
fn of_two_replays_at_once_not_both_go_on() {
    let bench = Bench::new();
    bench.send(DLQ, letters(COUNT));
    let slow = begun(&bench);
    let fast = bench.run(&["replay", DLQ]);
    let ended = [end(slow), fast].into_iter().filter(|said| said.code != Some(0));
    let mut count = 0;
    for said in ended {
        said.failed(&["somebody else has committed offsets of group `orders.events-billing-dlq-replay`"]);
        count += 1;
    }
    assert!(count > 0, "both believe that they are alone");
    bench.run(&["replay", DLQ]).ok_saying(&[]);
    let mut found = sorted(numbers(&bench.read(SOURCE)));
    found.dedup();
    assert_eq!(found, (0..COUNT).collect::<Vec<_>>());
}

#[test]
fn the_position_of_another_topic_is_not_believed() {
    let bench = Bench::new();
    bench.send(DLQ, letters(10));
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bench.broker.bootstrap_servers())
        .set("group.id", format!("{DLQ}-replay"))
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(DLQ, 1, Offset::Offset(1_000)).unwrap();
    consumer.commit(&list, CommitMode::Sync).unwrap();
    bench.run(&["replay", DLQ]).failed(&["has committed offset 1000", "the topic was made anew", "--again"]);
    assert_eq!(bench.read(SOURCE), []);
    bench.run(&["replay", DLQ, "--replay-group", "another"]).ok_saying(&["remembers them"]);
    assert_eq!(bench.read(SOURCE).len(), 10);
}

#[test]
fn a_broker_that_goes_away_is_told() {
    let bench = Bench::new();
    bench.send(DLQ, letters(COUNT));
    let mut command = bench.command(&["replay", DLQ, "--rate", "60"]);
    command.env("KAFKA_MESSAGE_TIMEOUT_MS", "3000").env("KAFKA_CONNECT_TIMEOUT_MS", "3000");
    let child = common::begun(&mut command);
    await_published(&bench, 30);
    bench.broker.broker_down(None).unwrap();
    let begin = Instant::now();
    end(child).failed(&["cannot"]);
    assert!(begin.elapsed() < Duration::from_secs(40), "{:?}", begin.elapsed());
    bench.broker.broker_up(None).unwrap();
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    let mut found = sorted(numbers(&bench.read(SOURCE)));
    found.dedup();
    assert_eq!(found, (0..COUNT).collect::<Vec<_>>());
}
