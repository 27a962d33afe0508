//! A registry that does not answer when a schema is needed: the message waits, and is neither skipped nor given up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chip_quality_events::inspection::InspectionEvent;
use cq_events::Consumer;
use cq_events::consume::ConsumeError;
use cq_events::event::StreamSchema as _;
use cq_events::registry::SchemaId;
use cq_events_tests::raw::Record;
use cq_events_tests::recorder::eventually;

use crate::lab::{GROUP, Lab, MILLI, Run, framed, inspection, own_id, settled, value};
use crate::versions::Versions;
use crate::ward::Ward;

/// An older version of the stream's schema: it has the same fields, and other words.
const OLDER: SchemaId = SchemaId::new(4_711);

/// In one partition: an event of an older version, one of its key, and some of other keys.
pub(crate) fn records(older: SchemaId, own: SchemaId) -> Vec<Record> {
    let mut records = vec![framed("old", value(older, &inspection("old", "INS-0", "good")))];
    for number in 1..50 {
        let key = if number == 1 { "old".to_owned() } else { format!("new-{}", number % 7) };
        records.push(framed(&key, value(own, &inspection(&key, format!("INS-{number}"), "good"))));
    }
    records
}

fn registry() -> Arc<Versions> {
    let registry = Arc::new(Versions::default());
    registry.add(OLDER, &InspectionEvent::STREAM.schema.replacen("An inspection", "The inspection", 1));
    registry.set_down(true);
    registry
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_waits_for_the_registry_with_its_key_and_others_go_on() {
    let lab = Lab::start().await;
    let mut records = records(OLDER, own_id().await);
    lab.send(&mut records).await;
    let (ward, registry) = (Ward::default(), registry());
    let builder = Consumer::builder(lab.group(GROUP)).handler(ward.clone()).registry(registry.clone());
    // More waits than there are retries.
    let consumer = builder.retries(2, 50 * MILLI).build().await.expect("it can be built");
    let (run, begun) = (Run::of(consumer), Instant::now());
    eventually("the other keys go on", || ward.count() >= 48).await;
    eventually("it asks again and again", || registry.refused() >= 6).await;
    assert_eq!(ward.count(), 48, "its key waits");
    let (refused, waited) = (registry.refused(), begun.elapsed());
    registry.set_down(false);
    eventually("its key goes on", || ward.count() >= 50).await;
    run.shut_down().await;
    println!("48 events of other keys handled, while one waited {waited:?} through {refused} questions");

    let of_key: Vec<String> =
        ward.handled().into_iter().filter(|event| event.key == "old").map(|event| event.id).collect();
    assert_eq!(of_key, ["INS-0", "INS-1"], "in their order");
    assert_eq!((ward.count(), lab.dead(GROUP).await.len()), (50, 0));
    assert_eq!(lab.standing(GROUP).await, (50, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_stays_away_stops_the_consumer_and_costs_nothing() {
    let lab = Lab::start().await;
    let mut records = records(OLDER, own_id().await);
    lab.send(&mut records).await;
    let (ward, registry) = (Ward::default(), registry());
    let build = async || {
        let builder = Consumer::builder(lab.group(GROUP)).handler(ward.clone()).registry(registry.clone());
        let builder = builder.retries(2, 50 * MILLI).registry_deadline(Duration::from_secs(2));
        Run::of(builder.build().await.expect("it can be built"))
    };
    let (run, begun) = (build().await, Instant::now());
    let error = run.error().await;
    println!("after {:?}: {error}", begun.elapsed());
    let ConsumeError::RegistryDown { partition, offset, waited, .. } = &error else { panic!("{error:?}") };
    assert_eq!(((*partition, *offset), *waited), (records[0].place(), Duration::from_secs(2)));
    assert!(error.to_string().contains("http://registry.test does not answer"), "{error}");
    assert_eq!((lab.committed(GROUP, 0).await, ward.count()), (*offset, 48), "nothing past it");

    registry.set_down(false);
    let run = build().await;
    settled(&lab, GROUP).await;
    run.shut_down().await;
    assert_eq!((ward.count(), lab.dead(GROUP).await.len()), (50, 0), "each once, none dead");
}
