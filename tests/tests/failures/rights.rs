//! The right to write to the topic of the dead letters: it is asked for before the first message, and may be withdrawn
//! later.

use cq_events::consume::ConsumeError;
use cq_events::dead_letter::ErrorKind;
use cq_events::kafka::group_lag;
use cq_events::{Consumer, KafkaConfig};
use cq_events_tests::guarded::Guarded;
use cq_events_tests::raw;
use cq_events_tests::recorder::eventually;

use crate::lab::{GROUP, PARTITIONS, Run, TOPIC, check, create, dead_letters, message};
use crate::ward::Ward;

const NURSE: &str = "nurse";

/// What a consumer without the right is told.
async fn refusal(config: KafkaConfig) -> String {
    let builder = Consumer::builder(config).handler(Ward::default());
    let error = builder.build().await.expect_err("it must not run").to_string();
    println!("{error}");
    error
}

/// The group's offset in a partition.
async fn committed(guarded: &Guarded, partition: i32) -> i64 {
    let lag = group_lag(&guarded.everybody(), GROUP, [TOPIC]).await.expect("the broker answers");
    lag.iter().find(|lag| lag.partition == partition).and_then(|lag| lag.committed).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_to_write_that_is_missing_is_told_at_once_and_one_that_is_withdrawn_costs_nothing() {
    let guarded = Guarded::start(&[NURSE]).await;
    let servers = guarded.everybody().bootstrap_servers().to_owned();
    create(&guarded.everybody(), TOPIC, PARTITIONS, &[]).await;
    let (config, name) = (guarded.user(NURSE, GROUP), dead_letters(GROUP));
    guarded.allow(NURSE, &["--operation", "Read", "--topic", TOPIC, "--group", GROUP]).await;

    // It may not even know whether the topic is there.
    let error = refusal(config.clone()).await;
    assert!(error.contains(&name), "{error}");
    guarded.allow(NURSE, &["--operation", "Describe", "--topic", &name]).await;
    let error = refusal(config.clone()).await;
    assert!(error.contains(&name) && error.contains("the broker does not let us create it"), "{error}");
    assert_eq!(raw::partitions(&servers, &name).await, 0);

    guarded.allow(NURSE, &["--operation", "Create", "--operation", "Write", "--topic", &name]).await;
    let ward = Ward::default();
    ward.says("no such chip");
    let build = async || Consumer::builder(config.clone()).handler(ward.clone()).build().await;
    let run = Run::of(build().await.expect("it creates the topic"));
    assert_eq!(raw::partitions(&servers, &name).await, PARTITIONS as usize);
    let mut records = [message("key", "INS-1", "rejected").await];
    raw::send(&servers, TOPIC, &mut records).await;
    eventually("the first is dead", || run.handle.metrics().messages_dead_lettered == 1).await;

    guarded.withdraw(NURSE, &["--operation", "Write", "--topic", &name]).await;
    let mut records = [message("key", "INS-2", "rejected").await, message("key", "INS-3", "good").await];
    raw::send(&servers, TOPIC, &mut records).await;
    let error = run.error().await;
    println!("{error}");
    let ConsumeError::DeadLetterRefused { partition, offset, cause, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!((*partition, *offset), records[0].place());
    assert!(cause.contains("authorization failed"), "{cause}");
    assert_eq!(committed(&guarded, *partition).await, *offset, "nothing past it");
    assert_eq!(ward.count(), 0, "nothing of its key, either");
    let error = refusal(config.clone()).await;
    assert!(error.contains(&name) && error.contains("needs WRITE on the topic"), "{error}");

    guarded.allow(NURSE, &["--operation", "Write", "--topic", &name]).await;
    let run = Run::of(build().await.expect("it may write"));
    eventually("the key goes on", || ward.count() == 1).await;
    run.shut_down().await;
    assert_eq!(committed(&guarded, *partition).await, records[1].offset + 1);
    let dead = raw::read(&servers, &name).await;
    assert_eq!(dead.len(), 2);
    check(&dead[1], &records[0], ErrorKind::Rejected, PARTITIONS);
}
