//! Handlers that do not end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cq_events::Consumer;
use cq_events::consume::{ConsumeError, DeliveryError};
use cq_events::dead_letter::ErrorKind;
use cq_events::event::FailurePolicy;
use cq_events_tests::raw::Record;
use cq_events_tests::recorder::eventually;
use tokio::runtime::{Builder, Runtime};

use crate::lab::{GROUP, Lab, MILLI, PARTITIONS, PATIENCE, Run, check, message, settled};
use crate::ward::Ward;

async fn records(fate: &str) -> Vec<Record> {
    let mut records = vec![message("key", "INS-0", fate).await, message("key", "INS-1", "good").await];
    for number in 2..40 {
        records.push(message(&format!("key-{number}"), format!("INS-{number}"), "good").await);
    }
    records
}

fn deadline(deadline: Duration) -> FailurePolicy {
    FailurePolicy::new().handler_deadline(deadline).max_retries(2).retry_delay(10 * MILLI)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_hangs_is_cut_off_and_run_again_and_its_event_is_a_dead_letter_at_last() {
    let lab = Lab::start().await;
    let mut records = records("hangs").await;
    lab.send(&mut records).await;
    let ward = Ward::default();
    let builder = Consumer::builder(lab.group(GROUP)).handler(ward.clone());
    let consumer = builder.failure_policy(deadline(400 * MILLI)).build().await.expect("it can be built");
    let (run, begun) = (Run::of(consumer), Instant::now());
    eventually("it is given up", || run.handle.metrics().messages_dead_lettered == 1).await;
    let took = begun.elapsed();
    eventually("all others are handled", || ward.count() >= 39).await;
    run.shut_down().await;
    println!("given up after {took:?}: 3 runs of 400 ms");
    assert!(took >= 3 * 400 * MILLI, "{took:?}");
    assert_eq!(ward.begun(), 39 + 3);
    let dead = lab.dead(GROUP).await;
    assert_eq!(dead.len(), 1);
    let letter = check(&dead[0], &records[0], ErrorKind::TimedOut, PARTITIONS);
    assert_eq!(letter.attempts, 3);
    assert!(letter.message.contains("within its deadline of 400ms"), "{}", letter.message);
    assert_eq!(lab.standing(GROUP).await, (40, 0));
}

/// Nobody can take its thread from it: the consumer ends, and whoever comes next meets the event again.
///
/// The consumer has a runtime of its own. A worker of tokio that blocks may be the one that keeps the time for all, and
/// nothing arrives that would wake another one.
#[test]
fn a_handler_that_blocks_its_thread_stops_the_consumer_and_costs_nothing() {
    let (theirs, ours) = (runtime(), runtime());
    let ward = Ward::default();
    ours.block_on(blocks(&theirs, &ward));
    // What blocks for ever keeps its runtime for ever.
    assert!(ward.is_well());
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

async fn blocks(theirs: &Runtime, ward: &Ward) {
    let lab = Lab::start().await;
    let mut records = records("blocks").await;
    lab.send(&mut records).await;
    let build = async || {
        let builder = Consumer::builder(lab.group(GROUP)).handler(ward.clone());
        let builder = builder.failure_policy(deadline(400 * MILLI)).shutdown_deadline(Duration::from_secs(2));
        let building = theirs.spawn(builder.build()).await.expect("no panic");
        Run::on(theirs.handle(), building.expect("it can be built"))
    };
    let (run, begun) = (build().await, Instant::now());
    while !run.has_ended() {
        assert!(begun.elapsed() < PATIENCE, "it does not end");
        tokio::time::sleep(200 * MILLI).await;
    }
    let (took, error) = (begun.elapsed(), run.error().await);
    println!("after {took:?}: {error}");
    let ConsumeError::Message { partition, offset, error, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*partition, *offset), records[0].place());
    assert!(matches!(**error, DeliveryError::Stuck { .. }), "{error:?}");
    assert_eq!(lab.committed(GROUP, *partition).await, *offset, "nothing past it");
    assert!(!ward.handled().iter().any(|event| event.key == "key"), "its key waits");

    ward.heal();
    eventually("it has its thread again", || ward.handled().iter().any(|event| event.id == "INS-0")).await;
    let run = build().await;
    settled(&lab, GROUP).await;
    run.shut_down().await;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    ward.handled().into_iter().for_each(|event| *times.entry(event.id).or_default() += 1);
    assert_eq!(times.len(), 40, "all are handled");
    let twice: Vec<&str> = times.iter().filter(|(_, count)| **count > 1).map(|(id, _)| id.as_str()).collect();
    assert_eq!(twice, ["INS-0"], "its end did not count, and all others did");
    assert_eq!(lab.dead(GROUP).await.len(), 0);
}
