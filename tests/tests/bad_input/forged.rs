//! Metadata in our own form that does not belong to its offset: what it says to be done above the offset is not, or is
//! not there at all. Tools that carry a group's offsets from one cluster to another copy the metadata, and translate the
//! offsets.

use std::time::Duration;

use chip_quality_events::inspection::InspectionEvent;
use cq_events::Consumer;
use cq_events_tests::cluster::Cluster;
use cq_events_tests::recorder::{Recorder, eventually};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::offsets::commit;
use super::{TOPIC, run, with_inspections};

/// What is done above an offset cannot be more than there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_that_claims_more_than_there_is_skips_nothing() {
    let cluster = with_inspections(60).await;
    // The offsets from 2 to 2^40.
    assert_eq!(commit(&cluster, "group", 3, 1, b"cq1:AQGAgICAgCA").await, 0);
    let recorder = Recorder::default();
    let (handle, running) = run(cluster.group("group"), &recorder).await;
    eventually("all but the first are handled", || recorder.handled().len() >= 59).await;
    handle.shutdown();
    running.await.expect("no panic").expect("an orderly end");
}

/// The metadata of one offset at another: an event that was never handled must not be taken for one that is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_that_was_copied_to_another_offset_skips_nothing() {
    let cluster = with_inspections(100).await;
    let consumer = Consumer::builder(cluster.group("group"))
        .shutdown_deadline(Duration::from_secs(1))
        .handle(|event: InspectionEvent, _| async move {
            if is_stuck(&format!("{event:?}")) {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
        .on_unknown(|_, _| async { Ok(()) })
        .build()
        .await
        .expect("it can be built");
    let (handle, running) = (consumer.handle(), tokio::spawn(consumer.run(std::future::pending())));
    eventually("all but one are handled", || handle.metrics().messages_processed >= 99).await;
    handle.shutdown();
    running.await.expect("no panic").expect_err("one is not finished");

    let (partition, offset, metadata) = standing(&cluster).await;
    assert_eq!(commit(&cluster, "group", partition, offset - 1, metadata.as_bytes()).await, 0);
    let recorder = Recorder::default();
    let (handle, running) = run(cluster.group("group"), &recorder).await;
    eventually("what was not finished is handled", || {
        recorder.handled().iter().any(|event| is_stuck(&event.debug))
    })
    .await;
    handle.shutdown();
    running.await.expect("no panic").expect("an orderly end");
}

fn is_stuck(event: &str) -> bool {
    event.contains("\"INS-70\"")
}

/// The partition of which more is done than the offset says, with both.
async fn standing(cluster: &Cluster) -> (i32, i64, String) {
    let servers = cluster.config().bootstrap_servers().to_owned();
    let ask = move || {
        let mut config = ClientConfig::new();
        let client: BaseConsumer =
            config.set("bootstrap.servers", servers).set("group.id", "group").create().expect("a client");
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_range(TOPIC, 0, 5);
        let committed = client.committed_offsets(partitions, Duration::from_secs(20)).expect("an answer");
        let elements = committed.elements();
        let found = elements.iter().find(|element| !element.metadata().is_empty()).expect("it has metadata");
        let Offset::Offset(offset) = found.offset() else { panic!("{:?}", found.offset()) };
        (found.partition(), offset, found.metadata().to_owned())
    };
    tokio::task::spawn_blocking(ask).await.expect("no panic")
}
