//! A dead letter is written, and the commit does not come: the message is met again, and is buried once more.

use std::sync::Arc;
use std::time::Duration;

use cq_events::Consumer;
use cq_events::dead_letter::ErrorKind;
use cq_events_tests::cluster::{Cluster, Kafka};
use cq_events_tests::raw::Record;
use cq_events_tests::recorder::eventually;

use crate::lab::{GROUP, Lab, PARTITIONS, Run, by_source, caught_up, check, message};
use crate::ward::Ward;

/// What happens to the consumer while the broker is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It goes on, and commits in the end.
    GoesOn,
    /// It ends as by a crash, and another takes its place.
    Crashes,
}

async fn is_restarted(then: Then) {
    let lab = Arc::new(Lab::start().await);
    let ward = Ward::default();
    let build = async || {
        let config = lab.group(GROUP).to_builder();
        // Longer than the restart takes; or short, since who takes the place of a crashed member waits so long.
        let config = match then {
            Then::GoesOn => config.session_timeout(Duration::from_secs(45)),
            Then::Crashes => config,
        };
        let builder = Consumer::builder(config.build().expect("it is valid")).handler(ward.clone());
        let builder = builder.commit_interval(Duration::from_secs(3_600));
        Run::of(builder.build().await.expect("it can be built"))
    };
    let mut records = Vec::new();
    for number in 0..240 {
        let fate = if number % 4 == 0 { "rejected" } else { "good" };
        let partition = number % PARTITIONS;
        let key = format!("key-{}", number % 36);
        records.push(Record { partition, ..message(&key, format!("INS-{number}"), fate).await });
    }
    let (mut before, mut after) = (records.clone(), records.split_off(120));
    before.truncate(120);
    let poison = |records: &[Record]| records.len() / 4;

    lab.send(&mut before).await;
    let run = build().await;
    let dead = poison(&before) as u64;
    eventually("the poison is dead", || run.handle.metrics().messages_dead_lettered == dead).await;
    eventually("all else is handled", || ward.count() >= 90).await;
    assert_eq!(lab.standing(GROUP).await.0, 0, "nothing is committed yet");
    let broker = async |change: fn(&Kafka)| {
        let lab = Arc::clone(&lab);
        let change = move || {
            let Cluster::Kafka(kafka) = &lab.0 else { panic!("it is a real one") };
            change(kafka);
        };
        tokio::task::spawn_blocking(change).await.expect("no panic");
    };
    broker(|kafka| kafka.kill(1)).await;
    let run = match then {
        Then::GoesOn => {
            broker(|kafka| kafka.restart(1)).await;
            run
        }
        // Before the broker is back: the consumer does not meet again what it has handled.
        Then::Crashes => {
            run.crash().await;
            broker(|kafka| kafka.restart(1)).await;
            build().await
        }
    };
    lab.send(&mut after).await;
    let all = before.len() + after.len();
    let distinct = || {
        let mut places: Vec<_> = ward.handled().into_iter().map(|event| event.place).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    };
    caught_up(&run).await;
    assert_eq!(distinct(), 180, "all else is handled");
    run.shut_down().await;
    assert_eq!(lab.standing(GROUP).await, (all as i64, 0));

    let dead = lab.dead(GROUP).await;
    let buried = by_source(&dead);
    let records: Vec<Record> = before.iter().chain(&after).cloned().collect();
    let poisoned: Vec<&Record> = records.iter().step_by(4).collect();
    for source in &poisoned {
        for letter in buried.get(&source.place()).expect("it is among the dead letters") {
            check(letter, source, ErrorKind::Rejected, PARTITIONS);
        }
    }
    assert_eq!(buried.len(), poisoned.len(), "and nothing else is");
    let (repeated, twice) = (dead.len() - buried.len(), ward.count() - distinct());
    println!(
        "{then:?}: {} poison, {} dead letters, {repeated} of them repeats; {} handled, {twice} of them twice",
        poisoned.len(),
        dead.len(),
        distinct()
    );
    // A member that loses its partitions meets again what was not committed.
    assert!(repeated <= 30 && twice <= 90, "once more, and only what was not committed");
    assert!(then == Then::GoesOn || (repeated, twice) == (30, 90), "the crash has its price");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_between_the_dead_letters_and_the_commit_costs_nothing() {
    is_restarted(Then::GoesOn).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_and_a_consumer_that_end_between_the_dead_letters_and_the_commit_cost_nothing() {
    is_restarted(Then::Crashes).await;
}
