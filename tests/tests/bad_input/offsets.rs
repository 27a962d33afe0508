//! Offsets that another tool has committed for the group.

use std::time::{Duration, Instant};

use cq_events::consume::ConsumeError;
use cq_events::kafka::group_lag;
use cq_events_tests::cluster::Cluster;
use cq_events_tests::recorder::{Recorder, eventually};

use super::{PATIENCE, TOPIC, error_of, ids, offset_commit, run, with_inspections};

/// Commits an offset of the inspection topic as another tool would, and gives the broker's answer.
pub(crate) async fn commit(
    cluster: &Cluster,
    group: &str,
    partition: i32,
    offset: i64,
    metadata: &[u8],
) -> i16 {
    // The broker becomes the group's coordinator when it is first asked for one.
    group_lag(&cluster.config(), group, [TOPIC]).await.expect("the broker answers");
    let broker = cluster.config().bootstrap_servers().to_owned();
    let begun = Instant::now();
    loop {
        let answer = offset_commit::commit(&broker, group, (TOPIC, partition), offset, metadata);
        // Still loading, not there, or not the one.
        if !matches!(answer, 14..=16) {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "the broker does not become the coordinator: {answer}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The offsets count; what is beside them is not ours, and is not looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_of_another_tool_is_not_looked_at() {
    let cluster = with_inspections(200).await;
    let metadata: [&[u8]; 6] = [
        b"committed by a script on monday",
        b"\xFF\xFE\x00\x80 no text",
        b"cq1:not base64!",
        b"cq1:gICAgICAgICAgAE",
        b"cq1:AAAA",
        &[b'x'; 4_000],
    ];
    for (partition, metadata) in (0..).zip(metadata) {
        assert_eq!(commit(&cluster, "group", partition, 1, metadata).await, 0);
    }
    let recorder = Recorder::default();
    let (handle, running) = run(cluster.group("group"), &recorder).await;
    // The first of each of the six partitions is passed over.
    eventually("all from the offsets on are handled", || recorder.handled().len() >= 194).await;
    handle.shutdown();
    running.await.expect("no panic").expect("an orderly end");
    assert_eq!(ids(&[&recorder]).len(), 194);
    assert!(recorder.handled().iter().all(|event| event.message.offset() >= 1));
}

/// Offsets that no client of ours would commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offset_that_is_not_there_ends_the_consumer_with_its_place() {
    let cluster = with_inspections(60).await;
    for (group, offset) in [("beyond", 1_000), ("far", i64::MAX), ("last", i64::MAX - 1)] {
        assert_eq!(commit(&cluster, group, 3, offset, b"").await, 0);
        let recorder = Recorder::default();
        let (_, running) = run(cluster.group(group), &recorder).await;
        let error = error_of(running).await;
        let ConsumeError::OutOfRange { topic, partition, offset: found, high, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((topic.as_str(), *partition, *found), (TOPIC, 3, offset), "{error}");
        assert!(*high < 60, "{error}");
        assert!(recorder.handled().iter().all(|event| event.message.partition() != 3));
    }
}

/// Negative numbers mean the beginning or the end to clients; as a group's offset they are none, and nothing is skipped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_negative_offset_skips_nothing() {
    let cluster = with_inspections(60).await;
    for (group, offset) in [("end", -1), ("beginning", -2), ("tail", -2_010), ("least", i64::MIN)] {
        assert_eq!(commit(&cluster, group, 3, offset, b"").await, 0);
        let recorder = Recorder::default();
        let (handle, running) = run(cluster.group(group), &recorder).await;
        eventually("all are handled", || recorder.handled().len() >= 60).await;
        handle.shutdown();
        running.await.expect("no panic").expect("an orderly end");
        assert_eq!(ids(&[&recorder]).len(), 60, "{group}");
    }
}
