//! Order, sharing partitions, and going on where the group stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::support::{Recorder, Run, Step, broker, committed, config, eventually, producer, publish};

const PUMPS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

#[tokio::test]
async fn events_are_handled_in_order_per_key_and_committed() {
    let broker = broker();
    let producer = producer(&broker).await;
    let recorder = Recorder::succeeding();
    publish(&producer, &PUMPS, 100).await;
    let run = Run::ready(config(&broker, "order"), recorder.clone()).await;
    eventually("all handled", || recorder.record.handled().len() >= 800).await;
    run.shut_down().await.unwrap();

    let in_order: Vec<i64> = (0..100).collect();
    let by_pump = recorder.record.by_pump();
    assert_eq!(by_pump.len(), PUMPS.len());
    assert!(by_pump.values().all(|sequences| *sequences == in_order), "{by_pump:?}");
    let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
    let mut offsets = BTreeSet::new();
    for (partition, offset, ..) in recorder.record.handled() {
        assert!(offsets.insert((partition, offset)), "{partition}/{offset} was handled twice");
        let end = ends.entry(partition).or_default();
        *end = (offset + 1).max(*end);
    }
    assert!(ends.len() > 1, "the pumps are in one partition");
    assert_eq!(committed(&broker, "order").await, ends);
}

/// How many different messages the two have handled.
fn distinct(first: &Recorder, second: &Recorder) -> usize {
    let handled = first.record.handled().into_iter().chain(second.record.handled());
    handled.map(|(partition, offset, ..)| (partition, offset)).collect::<BTreeSet<_>>().len()
}

#[tokio::test]
async fn two_consumers_of_a_group_share_the_partitions_and_nothing_is_missed() {
    let broker = broker();
    let producer = producer(&broker).await;
    let (first, second) = (Recorder::succeeding(), Recorder::succeeding());
    let one = Run::ready(config(&broker, "shared"), first.clone()).await;
    publish(&producer, &PUMPS, 10).await;
    eventually("handled by the first", || first.record.handled().len() == 80).await;
    let two = Run::ready(config(&broker, "shared"), second.clone()).await;
    // The second has partitions of its own once it handles something.
    let mut published = 80;
    while second.record.handled().is_empty() {
        publish(&producer, &PUMPS, 1).await;
        published += 8;
        eventually("all handled", || distinct(&first, &second) >= published).await;
    }
    one.shut_down().await.unwrap();
    two.shut_down().await.unwrap();

    // At least once: where the machine holds a member up for a second, the embedded broker takes its partitions away.
    // That they are handled just once is proven on a real Kafka.
    assert_eq!(distinct(&first, &second), published);
}

#[tokio::test]
async fn a_rebalance_waits_for_the_handler_in_flight() {
    let broker = broker();
    let producer = producer(&broker).await;
    let permits = Arc::new(Semaphore::new(0));
    let script = |permits: &Arc<Semaphore>| {
        let permits = Arc::clone(permits);
        Recorder::new(move |_, _| Step::Await(Arc::clone(&permits)))
    };
    let (first, second) = (script(&permits), script(&permits));
    let one = Run::ready(config(&broker, "in-flight"), first.clone()).await;
    publish(&producer, &PUMPS, 3).await;
    eventually("in flight", || first.record.begun() > 1).await;
    // The second is given nothing at first; by then the first was asked to give back.
    let two = Run::ready(config(&broker, "in-flight"), second.clone()).await;
    assert_eq!(first.record.handled().len() + second.record.begun(), 0, "nothing changes hands in flight");
    permits.add_permits(1_000);
    eventually("all handled", || distinct(&first, &second) >= 24).await;
    one.shut_down().await.unwrap();
    two.shut_down().await.unwrap();
    // At least once: where the machine holds a member up for a second, the embedded broker takes its partitions away.
    assert!(!second.record.handled().is_empty(), "the second was never given a partition");
    assert_eq!(distinct(&first, &second), 24);
}

#[tokio::test]
async fn a_second_consumer_begins_where_the_first_ended() {
    let broker = broker();
    let producer = producer(&broker).await;
    publish(&producer, &PUMPS, 5).await;
    let before = Recorder::succeeding();
    let run = Run::ready(config(&broker, "restart"), before.clone()).await;
    eventually("the first half", || before.record.handled().len() == 40).await;
    run.shut_down().await.unwrap();

    publish(&producer, &PUMPS, 3).await;
    let after = Recorder::succeeding();
    let run = Run::ready(config(&broker, "restart"), after.clone()).await;
    eventually("the second half", || after.record.handled().len() >= 24).await;
    run.shut_down().await.unwrap();
    assert!(after.record.by_pump().values().all(|sequences| *sequences == [0, 1, 2]));
}

#[tokio::test]
async fn a_partition_with_more_than_fits_is_paused_and_resumed_and_nothing_is_missed() {
    let broker = broker();
    let producer = producer(&broker).await;
    publish(&producer, &["only"], 2_000).await;
    let recorder = Recorder::succeeding();
    let run = Run::ready(config(&broker, "full"), recorder.clone()).await;
    eventually("all handled", || recorder.record.handled().len() >= 2_000).await;
    let metrics = run.handle.metrics();
    run.shut_down().await.unwrap();
    assert_eq!(recorder.record.by_pump().get("only"), Some(&(0..2_000).collect()));
    assert_eq!(metrics.messages_processed, 2_000);
    assert!(metrics.messages_consumed >= 2_000 && metrics.total_bytes_consumed > 0, "{metrics:?}");
    assert_eq!(metrics.messages_failed, 0);
}
