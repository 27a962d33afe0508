//! Where a group starts, and what happens where it stands beyond the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use cq_events::consume::{ConsumeError, StartAt};
use cq_events::kafka::Compression;
use cq_events::testing::EmbeddedBroker;
use cq_events::{Consumer, KafkaConfig, Producer};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use tokio::sync::Semaphore;

use crate::pump::{PARTITIONS, PumpEventProducer, TOPIC};
use crate::support::{
    DEADLINE, Recorder, Run, Step, broker, committed, config, eventually, paused, producer, publish,
};

async fn run_at(config: KafkaConfig, recorder: Recorder, start: StartAt) -> Run {
    Run::of(Consumer::builder(config).handler(recorder).start_at(start).build().await.unwrap())
}

/// Commits an offset and metadata for the group, as another tool would.
fn commit(broker: &EmbeddedBroker, group: &str, partition: i32, offset: i64, metadata: &str) {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap_servers())
        .set("group.id", group)
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    let mut element = list.add_partition(TOPIC, partition);
    element.set_offset(Offset::Offset(offset)).unwrap();
    element.set_metadata(metadata);
    client.commit(&list, CommitMode::Sync).unwrap();
}

/// The partition of this pump's events, and its end.
async fn place_of(broker: &EmbeddedBroker, pump: &str, count: i64) -> i32 {
    let recorder = Recorder::succeeding();
    let run = Run::start(config(broker, "place"), recorder.clone()).await;
    eventually("handled", || recorder.record.handled().len() as i64 >= count).await;
    run.shut_down().await.unwrap();
    let handled = recorder.record.handled();
    assert_eq!(recorder.record.by_pump().get(pump).map(Vec::len), Some(count as usize));
    handled.first().unwrap().0
}

#[tokio::test]
async fn a_group_that_starts_at_the_end_skips_what_was_before_and_nothing_after() {
    let broker = broker();
    let producer = producer(&broker).await;
    publish(&producer, &["a"], 3).await;

    let first = Recorder::succeeding();
    let run = run_at(config(&broker, "latest"), first.clone(), StartAt::Latest).await;
    eventually("ready", || run.handle.is_ready()).await;
    run.shut_down().await.unwrap();
    assert!(first.record.handled().is_empty());

    // The start was committed, though no event was handled.
    publish(&producer, &["a"], 2).await;
    let second = Recorder::succeeding();
    let run = run_at(config(&broker, "latest"), second.clone(), StartAt::Latest).await;
    eventually("handled", || second.record.handled().len() == 2).await;
    run.shut_down().await.unwrap();
}

#[tokio::test]
async fn a_group_starts_at_the_offsets_that_it_is_told_once() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 5).await;
    let partition = place_of(&broker, "a", 5).await;
    let start = StartAt::Offsets(BTreeMap::from([((TOPIC.to_owned(), partition), 3)]));
    for expected in [vec![3, 4], vec![]] {
        let recorder = Recorder::succeeding();
        let run = run_at(config(&broker, "offsets"), recorder.clone(), start.clone()).await;
        eventually("ready", || run.handle.is_ready()).await;
        eventually("handled", || recorder.record.handled().len() >= expected.len()).await;
        run.shut_down().await.unwrap();
        let handled = recorder.record.by_pump().get("a").cloned().unwrap_or_default();
        assert_eq!(handled, expected, "the second run goes on where the first ended");
    }
    assert_eq!(committed(&broker, "offsets").await.len(), PARTITIONS as usize, "all starts are committed");
}

#[tokio::test]
async fn an_offset_beyond_the_log_stops_the_consumer_and_names_the_gap() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 5).await;
    commit(&broker, "beyond", 2, 1_000, "");
    let recorder = Recorder::succeeding();
    let error = Run::start(config(&broker, "beyond"), recorder.clone()).await.ended().await.unwrap_err();
    assert!(
        matches!(error, ConsumeError::OutOfRange { partition: 2, offset: 1_000, low: 0, .. }),
        "{error:?}"
    );
    let text = error.to_string();
    for part in [&format!("{TOPIC}/2: group beyond is at offset 1000"), "lost its end", "--reset-offsets"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(committed(&broker, "beyond").await, BTreeMap::from([(2, 1_000)]), "it stays as it was");

    let start = StartAt::Offsets(BTreeMap::from([((TOPIC.to_owned(), 1), 77)]));
    let error = run_at(config(&broker, "told-beyond"), recorder, start).await.ended().await.unwrap_err();
    assert!(matches!(error, ConsumeError::OutOfRange { partition: 1, offset: 77, .. }), "{error:?}");
}

#[tokio::test]
async fn metadata_of_another_tool_is_not_looked_at() {
    let broker = broker();
    publish(&producer(&broker).await, &["a"], 5).await;
    let partition = place_of(&broker, "a", 5).await;
    for (group, metadata) in [("note", "reset by hand"), ("almost", "cq1:!!"), ("old", "cq0:AgIBAA")] {
        commit(&broker, group, partition, 2, metadata);
        let recorder = Recorder::succeeding();
        let run = Run::start(config(&broker, group), recorder.clone()).await;
        eventually("handled", || recorder.record.handled().len() == 3).await;
        run.shut_down().await.unwrap();
        assert_eq!(recorder.record.by_pump().get("a"), Some(&vec![2, 3, 4]), "{metadata}");
    }
}

#[tokio::test]
async fn what_is_deleted_while_a_consumer_waits_stops_it_and_names_the_gap() {
    let broker = broker();
    let plain = broker.config().to_builder().compression_type(Compression::None).build().unwrap();
    let producer = PumpEventProducer::new(&Producer::connect(plain).await.unwrap()).await.unwrap();
    let permits = Arc::new(Semaphore::new(0));
    let blocked = Arc::clone(&permits);
    let recorder = Recorder::new(move |_, _| Step::Await(Arc::clone(&blocked)));
    // One pump, so one partition and one message at a time: the others fill the partition until it is paused.
    let name = "a".repeat(20_000);
    let run = Run::ready(config(&broker, "deleted"), recorder.clone()).await;
    publish(&producer, &[&name], 110).await;
    eventually("taken in", || run.handle.metrics().messages_consumed >= 105).await;
    // The embedded broker keeps about 5 MB of a partition, of which the consumer has taken in more than 4 MB.
    publish(&producer, &[&name], 300).await;
    permits.add_permits(10_000);
    let error = run.ended().await.unwrap_err();
    let ConsumeError::OutOfRange { group, offset, low, .. } = &error else { panic!("{error:?}") };
    assert_eq!(group, "deleted");
    assert!(offset < low, "{error}");
    assert!(error.to_string().contains(&format!("{} offsets were deleted", low - offset)), "{error}");
    // What was done is committed; the next run names the gap from there on.
    let done = recorder.record.handled().len() as i64;
    assert!(0 < done && done <= *offset, "{done} of {offset}");
    assert_eq!(committed(&broker, "deleted").await.values().copied().max(), Some(done));
    let again =
        Run::start(config(&broker, "deleted"), Recorder::succeeding()).await.ended().await.unwrap_err();
    assert!(matches!(again, ConsumeError::OutOfRange { offset, .. } if offset == done), "{again:?}");
}

#[tokio::test]
async fn lag_is_told_while_a_partition_is_paused_while_it_is_idle_and_for_each_member() {
    let broker = broker();
    let producer = producer(&broker).await;
    let permits = Arc::new(Semaphore::new(0));
    let blocked = Arc::clone(&permits);
    let script = move || {
        let blocked = Arc::clone(&blocked);
        Recorder::new(move |_, _| Step::Await(Arc::clone(&blocked)))
    };
    let one = Run::ready(config(&broker, "lag"), script()).await;
    publish(&producer, &["a"], 2_000).await;
    let handle = one.handle.clone();
    let busy = paused(&handle).await;
    let status = handle.partitions().await;
    assert_eq!(status.len(), PARTITIONS as usize);
    assert_eq!((busy.position, busy.in_flight, busy.is_paused), (Some(0), 1, true), "{busy:?}");
    assert!(busy.waiting >= 1_024, "{busy:?}");
    let idle = status.iter().find(|partition| partition.in_flight == 0).unwrap();
    assert_eq!((idle.position, idle.waiting, idle.stalled_for.is_zero()), (Some(0), 0, true), "{idle:?}");
    let stalled = handle.partitions().await.iter().map(|partition| partition.stalled_for).max().unwrap();
    assert!(stalled > busy.stalled_for, "{stalled:?} after {:?}", busy.stalled_for);

    let lag = handle.lag().await.unwrap();
    assert_eq!(lag.iter().map(|partition| partition.lag).sum::<i64>(), 2_000, "{lag:?}");

    permits.add_permits(10_000);
    let two = Run::ready(config(&broker, "lag"), script()).await;
    publish(&producer, &["b", "c", "d", "e", "f"], 10).await;
    let done = |run: &Run| run.handle.metrics().messages_processed;
    eventually("handled", || done(&one) + done(&two) >= 2_050).await;
    // Each by the member that has it, once the rebalance is over.
    let start = Instant::now();
    loop {
        let lag = [one.handle.lag().await.unwrap(), two.handle.lag().await.unwrap()].concat();
        assert!(lag.iter().all(|of| of.lag == of.end - of.position), "{lag:?}");
        let mut partitions: Vec<i32> = lag.iter().map(|partition| partition.partition).collect();
        partitions.sort_unstable();
        if partitions.into_iter().eq(0..PARTITIONS) && lag.iter().all(|partition| partition.lag == 0) {
            break;
        }
        assert!(start.elapsed() < DEADLINE, "{lag:?}");
    }
    let handle = one.handle.clone();
    one.shut_down().await.unwrap();
    two.shut_down().await.unwrap();
    assert!(handle.partitions().await.is_empty() && handle.lag().await.unwrap().is_empty(), "it has ended");
}

#[tokio::test]
async fn a_consumer_goes_on_from_where_it_seeks() {
    let broker = broker();
    let producer = producer(&broker).await;
    publish(&producer, &["a"], 5).await;
    let recorder = Recorder::succeeding();
    let run = Run::ready(config(&broker, "seek"), recorder.clone()).await;
    let sequences = || recorder.record.by_pump().get("a").cloned().unwrap_or_default();
    eventually("handled", || sequences().len() == 5).await;
    let partition = recorder.record.handled()[0].0;
    let to = |offset| StartAt::Offsets(BTreeMap::from([((TOPIC.to_owned(), partition), offset)]));

    assert_eq!(run.handle.seek(to(3)).await.unwrap(), 1);
    eventually("handled again", || sequences().len() == 7).await;
    assert_eq!(run.handle.seek(StartAt::Earliest).await.unwrap(), PARTITIONS as usize);
    eventually("handled again", || sequences().len() == 12).await;

    let error = run.handle.seek(to(99)).await.unwrap_err();
    assert!(matches!(error, ConsumeError::OutOfRange { offset: 99, high: 5, .. }), "{error:?}");

    publish(&producer, &["a"], 1).await;
    eventually("goes on", || sequences().len() == 13).await;
    assert_eq!(sequences(), [0, 1, 2, 3, 4, 3, 4, 0, 1, 2, 3, 4, 0]);
    let handle = run.handle.clone();
    run.shut_down().await.unwrap();
    assert_eq!(committed(&broker, "seek").await.get(&partition), Some(&6));
    assert_eq!(handle.seek(StartAt::Latest).await.unwrap(), 0, "it has ended");
}

#[tokio::test]
async fn a_seek_fences_the_handler_in_flight_and_frees_a_paused_partition() {
    let broker = broker();
    let producer = producer(&broker).await;
    let permits = Arc::new(Semaphore::new(0));
    let blocked = Arc::clone(&permits);
    let recorder = Recorder::new(move |_, _| Step::Await(Arc::clone(&blocked)));
    publish(&producer, &["a"], 2_000).await;
    let run = Run::ready(config(&broker, "seek-in-flight"), recorder.clone()).await;
    let partition = paused(&run.handle).await;

    let end = StartAt::Offsets(BTreeMap::from([((TOPIC.to_owned(), partition.partition), 1_999)]));
    assert_eq!(run.handle.seek(end).await.unwrap(), 1);
    permits.add_permits(10);
    eventually("the last is handled", || recorder.record.handled().len() == 2).await;
    let offsets: Vec<i64> = recorder.record.handled().iter().map(|(_, offset, ..)| *offset).collect();
    assert_eq!(offsets, [0, 1_999]);
    run.shut_down().await.unwrap();
    assert_eq!(committed(&broker, "seek-in-flight").await.get(&partition.partition), Some(&2_000));
}
