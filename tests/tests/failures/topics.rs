//! The topic of the dead letters: who creates it, and what becomes of the messages where it does not take them.

use cq_events::Consumer;
use cq_events::consume::ConsumeError;
use cq_events::dead_letter::{ErrorKind, topic_name};
use cq_events_tests::raw::{self, Record, header};
use cq_events_tests::recorder::eventually;

use crate::lab::{GROUP, Lab, MILLI, PARTITIONS, Run, TOPIC, check, dead_letters, message, settled};
use crate::large::noise;
use crate::ward::Ward;

/// What a group is told that may not run.
async fn refusal(lab: &Lab, group: &str) -> ConsumeError {
    let builder = Consumer::builder(lab.group(group)).handler(Ward::default());
    builder.create_dead_letter_topics(false).build().await.expect_err("it must not run")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_is_missing_is_created_or_is_an_error_before_the_first_message() {
    let lab = Lab::with(&[("max.message.bytes", "2000000")]).await;
    let (servers, name) = (lab.servers(), dead_letters(GROUP));

    let error = refusal(&lab, GROUP).await.to_string();
    println!("{error}");
    assert!(error.contains(&format!("cannot put dead letters into topic `{name}`")), "{error}");
    assert!(error.contains("does not exist; create it with the partitions of"), "{error}");
    assert_eq!(raw::partitions(&servers, &name).await, 0, "it was not created");

    for (group, reason) in [("team a", "' ' is none of"), (&"g".repeat(220), "and 249 are allowed")] {
        let error = refusal(&lab, group).await;
        println!("{error}");
        assert!(matches!(error, ConsumeError::DeadLetterName(_)), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(topic_name(TOPIC, group).map_err(|error| error.to_string()), Err(error.to_string()));
    }

    Consumer::builder(lab.group(GROUP)).handler(Ward::default()).build().await.expect("it creates it");
    assert_eq!(raw::partitions(&servers, &name).await, PARTITIONS as usize);
    assert_eq!(raw::setting(&servers, &name, "retention.ms").await, "-1");
    let most: u64 = raw::setting(&servers, &name, "max.message.bytes").await.parse().expect("a number");
    println!("{name}: {PARTITIONS} partitions, retention.ms -1, max.message.bytes {most}");
    assert!(most > 2_000_000, "{most}");
    let builder = Consumer::builder(lab.group(GROUP)).handler(Ward::default());
    builder.create_dead_letter_topics(false).build().await.expect("now it is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_with_fewer_partitions_takes_all_dead_letters() {
    let lab = Lab::start().await;
    let few = 4;
    lab.create(&dead_letters(GROUP), few, &[]).await;
    let mut records = Vec::new();
    for partition in 0..PARTITIONS {
        records.push(Record { partition, ..message("key", "INS-1", "rejected").await });
    }
    lab.send(&mut records).await;
    let consumer = Consumer::builder(lab.group(GROUP)).handler(Ward::default()).build().await;
    let run = Run::of(consumer.expect("it can be built"));
    let dead_count = || run.handle.metrics().messages_dead_lettered;
    eventually("all are dead", || dead_count() >= records.len() as u64).await;
    run.shut_down().await;
    let dead = lab.dead(GROUP).await;
    assert_eq!(dead.len(), records.len());
    for source in &records {
        let same = |dead: &&Record| {
            dead.headers.text("__dlq.errors.partition") == Some(&source.partition.to_string())
        };
        check(dead.iter().find(same).expect("it is there"), source, ErrorKind::Rejected, few);
    }
}

/// What keeps a dead letter out, and how it is put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obstacle {
    Deleted,
    TooSmall,
}

async fn stands_in_the_way(obstacle: Obstacle) {
    let lab = Lab::start().await;
    let (servers, name) = (lab.servers(), dead_letters(GROUP));
    let config = lab.group(GROUP).to_builder().message_timeout(15_000 * MILLI).build().expect("it is valid");
    let ward = Ward::default();
    ward.says("no such chip");
    let build = async || {
        let builder = Consumer::builder(config.clone()).handler(ward.clone());
        Run::of(builder.build().await.expect("it can be built"))
    };
    let mut first = [message("first", "INS-1", "rejected").await];
    lab.send(&mut first).await;
    let run = build().await;
    eventually("the first is dead", || run.handle.metrics().messages_dead_lettered == 1).await;

    match obstacle {
        Obstacle::Deleted => raw::delete(&servers, &name).await,
        Obstacle::TooSmall => raw::set(&servers, &name, "max.message.bytes", "3000").await,
    }
    // What does not compress, in a partition with good events around it.
    let noise = noise(4_000);
    let poison = Record {
        headers: [header("noise", Some(&noise))].into_iter().collect(),
        ..message("second", "INS-2", "rejected").await
    };
    let partition = poison.partition;
    let good = |number: u32| async move {
        Record { partition, ..message("good", format!("INS-good-{number}"), "good").await }
    };
    let mut second = [good(1).await, poison, good(2).await];
    lab.send(&mut second).await;
    let error = run.error().await;
    println!("{obstacle:?}: {error}");
    let ConsumeError::DeadLetterRefused { partition, offset, dead_letters, cause, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(((*partition, *offset), dead_letters), (second[1].place(), &name), "{cause}");
    assert!(error.to_string().contains("no such chip"), "{error}");
    assert_eq!(lab.committed(GROUP, *partition).await, *offset, "nothing past it");

    if obstacle == Obstacle::TooSmall {
        raw::set(&servers, &name, "max.message.bytes", "1048588").await;
    }
    // One that was deleted is created anew.
    let run = build().await;
    settled(&lab, GROUP).await;
    run.shut_down().await;
    let dead = lab.dead(GROUP).await;
    let last = dead.last().expect("a dead letter");
    check(last, &second[1], ErrorKind::Rejected, PARTITIONS);
    assert_eq!(dead.len(), if obstacle == Obstacle::Deleted { 1 } else { 2 });
    let mut handled: Vec<String> = ward.handled().into_iter().map(|handling| handling.id).collect();
    handled.sort_unstable();
    assert_eq!(handled, ["INS-good-1", "INS-good-2"], "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_is_deleted_stops_the_consumer_and_the_next_run_buries_the_message() {
    stands_in_the_way(Obstacle::Deleted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_is_too_small_stops_the_consumer_and_the_next_run_buries_the_message() {
    stands_in_the_way(Obstacle::TooSmall).await;
}
