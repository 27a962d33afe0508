//! Rights that are withdrawn while they are used.

use std::time::{Duration, Instant};

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::InspectionEventProducer;
use cq_events::Producer;
use cq_events::consume::ConsumeError;
use cq_events::kafka::{create_topics, group_lag};
use cq_events::publish::PublishError;
use cq_events_tests::guarded::Guarded;
use cq_events_tests::recorder::{Recorder, eventually};
use cq_events_tests::scenarios::publish_inspections;

use super::{PATIENCE, TOPIC, distinct, error_of, inspection, run};

const GROUP: &str = "group";

async fn start() -> Guarded {
    let guarded = Guarded::start(&["reader", "writer"]).await;
    create_topics(&guarded.everybody(), STREAMS).await.expect("the topics are created");
    guarded
}

/// Waits until the group has committed so many offsets.
async fn committed(guarded: &Guarded, offsets: u32) {
    let begun = Instant::now();
    loop {
        let lag = group_lag(&guarded.everybody(), GROUP, [TOPIC]).await.expect("the broker answers");
        if lag.iter().filter_map(|partition| partition.committed).sum::<i64>() >= i64::from(offsets) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the group does not commit");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What AclCommand takes.
type Right = [&'static str; 4];

const READ_TOPICS: Right = ["--operation", "Read", "--topic", "*"];
const READ_GROUP: Right = ["--operation", "Read", "--group", GROUP];
/// What the topics of dead letters need, whatever their names.
const BURY: [&str; 6] = ["--operation", "Create", "--operation", "Write", "--topic", "*"];
const WRITE: Right = ["--operation", "Write", "--topic", TOPIC];

/// The consumer ends with what it lacks, and once it may read again nothing is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_to_read_that_is_withdrawn_ends_the_consumer_and_costs_no_event() {
    let guarded = start().await;
    guarded.allow("reader", &READ_TOPICS).await;
    guarded.allow("reader", &READ_GROUP).await;
    guarded.allow("reader", &BURY).await;
    let producer = Producer::connect(guarded.everybody()).await.expect("a broker answers");
    let (mut published, mut recorders) = (0, Vec::new());
    for right in [READ_TOPICS, READ_GROUP] {
        publish_inspections(&producer, published..published + 60).await;
        published += 60;
        recorders.push(Recorder::default());
        let (_, running) = run(guarded.user("reader", GROUP), recorders.last().expect("one")).await;
        eventually("all are handled", || distinct(&recorders) >= published as usize).await;
        committed(&guarded, published).await;

        guarded.withdraw("reader", &right).await;
        publish_inspections(&producer, published..published + 60).await;
        published += 60;
        let error = error_of(running).await;
        assert!(matches!(error, ConsumeError::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains("needs READ on its topics and on its group"), "{error}");
        guarded.allow("reader", &right).await;
    }
    recorders.push(Recorder::default());
    let (handle, running) = run(guarded.user("reader", GROUP), recorders.last().expect("one")).await;
    committed(&guarded, published).await;
    handle.shutdown();
    running.await.expect("no panic").expect("an orderly end");
    assert_eq!(distinct(&recorders), published as usize);
}

/// Each event that is not written is an error, and the same producer goes on when it may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_to_write_that_is_withdrawn_is_an_error_for_each_event() {
    let guarded = start().await;
    guarded.allow("writer", &WRITE).await;
    let producer = Producer::connect(guarded.user("writer", GROUP)).await.expect("a broker answers");
    let inspections = InspectionEventProducer::new(&producer).await.expect("it may write");
    inspections.publish_inspection_created(inspection("INS-1")).await.expect("it may write");

    guarded.withdraw("writer", &WRITE).await;
    let refused = inspections.publish_inspection_created(inspection("INS-2")).await.expect_err("it may not");
    let PublishError::Rejected { topic, cause } = &refused else { panic!("{refused:?}") };
    assert_eq!(*topic, TOPIC);
    assert!(cause.contains("authorization failed"), "{cause}");

    guarded.allow("writer", &WRITE).await;
    // The broker hears of it a moment later.
    let begun = Instant::now();
    let published = loop {
        match inspections.publish_inspection_created(inspection("INS-3")).await {
            Ok(published) => break published,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "it may write again: {error}"),
        }
    };
    assert_eq!(published.offset, 1, "what was refused is not there");
}
