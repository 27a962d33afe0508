//! A key whose events fail for long while all others go on.

use std::time::{Duration, Instant};

use cq_events::Consumer;
use cq_events::event::FailurePolicy;
use cq_events_tests::raw::Record;
use cq_events_tests::recorder::eventually;

use crate::lab::{GROUP, Lab, MILLI, PARTITIONS, Run, message};
use crate::ward::Ward;

/// Keys whose events fail: one in each of two partitions.
const SICK: [(&str, i32); 2] = [("sick-a", 0), ("sick-b", 3)];

/// So many events of other keys in all partitions, with one of each sick key now and then.
async fn wave(wave: usize) -> Vec<Record> {
    let mut records = Vec::new();
    for number in 0..1_200_usize {
        let partition = i32::try_from(number).expect("few") % PARTITIONS;
        let key = format!("well-{}", number % 83);
        let id = format!("INS-{wave}-{number}");
        records.push(Record { partition, ..message(&key, id, "good").await });
        if number % 120 == 0 {
            for (key, partition) in SICK {
                let id = format!("{wave}-{:04}", number / 120);
                records.push(Record { partition, ..message(key, id, "sick").await });
            }
        }
    }
    records
}

/// What takes minutes in a plant takes seconds here: the delays are short, and the retries many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_fails_for_long_holds_up_no_other_and_is_handled_in_its_order_at_last() {
    let lab = Lab::start().await;
    let policy = FailurePolicy::new().max_retries(u32::MAX).max_retry_delay(100 * MILLI);
    let ward = Ward::default();
    let consumer = Consumer::builder(lab.group(GROUP))
        .handler(ward.clone())
        .retries(u32::MAX, 20 * MILLI)
        .failure_policy(policy)
        .build()
        .await
        .expect("it can be built");
    let (run, begun) = (Run::of(consumer), Instant::now());

    let (mut sent, mut sick) = (Vec::new(), 0);
    for number in 0..5 {
        let mut records = wave(number).await;
        let begun = Instant::now();
        lab.send(&mut records).await;
        sick += records.iter().filter(|record| is_sick(record)).count();
        sent.extend(records);
        let well = sent.len() - sick;
        eventually("all other keys are handled", || ward.count() >= well).await;
        println!("wave {number}: 1200 events of other keys are sent and handled in {:?}", begun.elapsed());
        assert_eq!(ward.count(), well, "the sick ones wait");
    }
    // The first one of each key is tried all the while.
    eventually("it was tried often", || ward.begun() - ward.count() > 150).await;
    let held = begun.elapsed();
    assert!(held > Duration::from_secs(3), "{held:?}");
    let (committed, lag) = lab.standing(GROUP).await;
    println!("{held:?}: {} tries, {committed} committed, {lag} behind the gaps", ward.begun() - ward.count());

    ward.heal();
    eventually("all are handled", || ward.count() >= sent.len()).await;
    run.shut_down().await;
    assert_eq!(ward.count(), sent.len(), "each once");
    let handled = ward.handled();
    for record in sent.iter().filter(|record| is_sick(record)) {
        assert!(handled.iter().any(|event| event.place == record.place()), "{:?}", record.place());
    }
    for (key, _) in SICK {
        let ids: Vec<&str> =
            handled.iter().filter(|event| event.key == key).map(|event| event.id.as_str()).collect();
        assert_eq!(ids.len(), sick / 2);
        assert!(ids.is_sorted(), "{ids:?}");
    }
    assert_eq!(lab.dead(GROUP).await.len(), 0);
    assert_eq!(lab.standing(GROUP).await, (sent.len() as i64, 0));
}

fn is_sick(record: &Record) -> bool {
    SICK.iter().any(|(key, _)| record.key.as_deref() == Some(key.as_bytes()))
}
