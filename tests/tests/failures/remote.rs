//! The same over HTTP, with a registry's server: it is killed, it hangs, it stays away. What is published goes on, and what
//! cannot be read waits in its order.

use std::time::{Duration, Instant};

use chip_quality_events::inspection::{InspectionEvent, InspectionEventProducer};
use cq_events::consume::ConsumeError;
use cq_events::event::StreamSchema as _;
use cq_events::registry::{HttpRegistry, RegistryConfig, SchemaId};
use cq_events::{Consumer, KafkaConfig, Producer};
use cq_events_tests::raw::Record;
use cq_events_tests::recorder::eventually;
use cq_events_tests::registries::{Registry, Tap};

use crate::lab::{GROUP, Lab, MILLI, Run, inspection, settled};
use crate::registry::records;
use crate::ward::Ward;

/// A plant whose registry has two versions of the stream.
struct Remote {
    lab: Lab,
    registry: Registry,
    tap: Tap,
    config: KafkaConfig,
    older: SchemaId,
    own: SchemaId,
}

impl Remote {
    async fn new(registry: Registry) -> Self {
        let lab = Lab::start().await;
        let tap = Tap::on(&registry.url()).await;
        let remote = RegistryConfig::builder(tap.url());
        // A registry that has just been started takes its time.
        let client =
            HttpRegistry::new(remote.clone().build().expect("it is valid")).expect("it names no files");
        let remote = remote.timeout(Duration::from_secs(1)).build().expect("it is valid");
        // The same fields, and a tag.
        let schema = InspectionEvent::STREAM.schema;
        let tagged = schema.replacen("{\"type\"", "{\"confluent:tags\":[\"X\"],\"type\"", 1);
        let subject = format!("{}-value", InspectionEvent::STREAM.topic);
        let older = client.register(&subject, &tagged).await.expect("it is the first");
        let own = client.register(&subject, schema).await.expect("it is compatible");
        assert_ne!(older, own);
        let config = lab.group(GROUP).to_builder().registry(remote).build().expect("it is valid");
        Self { lab, registry, tap, config, older, own }
    }

    async fn consumer(&self, ward: &Ward, deadline: Duration) -> Run {
        let builder = Consumer::builder(self.config.clone()).handler(ward.clone());
        let builder = builder.retries(2, 50 * MILLI).registry_deadline(deadline);
        Run::of(builder.build().await.expect("it can be built"))
    }

    /// Puts events there, one of which needs a schema that no consumer knows yet.
    async fn send(&self) -> Vec<Record> {
        let mut records = records(self.older, self.own);
        self.lab.send(&mut records).await;
        records
    }
}

/// While the registry is as `break_it` leaves it, known schemas are published and read, and a key waits.
async fn a_key_waits_until_the_registry_is_back(
    mut remote: Remote,
    break_it: impl AsyncFnOnce(&mut Registry),
    mend_it: impl AsyncFnOnce(&mut Registry),
) {
    let ward = Ward::default();
    let producer = Producer::connect(remote.config.clone()).await.expect("a broker answers");
    let inspections = InspectionEventProducer::new(&producer).await.expect("its schema is registered");
    let run = remote.consumer(&ward, Duration::from_secs(120)).await;
    break_it(&mut remote.registry).await;
    remote.tap.asked();
    remote.send().await;
    for number in 50..60 {
        let event = inspection("known", format!("INS-{number}"), "good");
        inspections.publish(event).await.expect("its schema is known");
    }
    let begun = Instant::now();
    eventually("the other keys go on", || ward.count() >= 58).await;
    // A look-up tries four times.
    let mut asked = 0;
    eventually("it is asked again and again", || {
        asked += remote.tap.asked().len();
        asked > 4
    })
    .await;
    assert_eq!(ward.count(), 58, "its key waits");
    let waited = begun.elapsed();
    mend_it(&mut remote.registry).await;
    eventually("its key goes on", || ward.count() >= 60).await;
    run.shut_down().await;
    println!(
        "{}: 58 events handled, while one waited {waited:?} through {asked} requests",
        remote.registry.name()
    );

    let handled = ward.handled();
    let of_key: Vec<_> = handled.iter().filter(|event| event.key == "old").map(|event| &event.id).collect();
    assert_eq!(of_key, ["INS-0", "INS-1"], "in their order");
    assert_eq!((ward.count(), remote.lab.dead(GROUP).await.len()), (60, 0));
    assert_eq!(remote.lab.standing(GROUP).await, (60, 0));
}

async fn kill(registry: &mut Registry) {
    registry.stop().await;
}

async fn start_again(registry: &mut Registry) {
    registry.start_again().await;
}

async fn hang(registry: &mut Registry) {
    registry.hang();
}

async fn go_on(registry: &mut Registry) {
    registry.go_on();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_of_ours_is_down_for_a_while() {
    let remote = Remote::new(Registry::ours().await).await;
    a_key_waits_until_the_registry_is_back(remote, kill, start_again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_registry_is_killed_and_restarted() {
    let remote = Remote::new(Registry::apicurio().await).await;
    a_key_waits_until_the_registry_is_back(remote, kill, start_again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_of_ours_hangs_for_a_while() {
    let remote = Remote::new(Registry::ours().await).await;
    a_key_waits_until_the_registry_is_back(remote, hang, go_on).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_registry_hangs_for_a_while() {
    let remote = Remote::new(Registry::apicurio().await).await;
    a_key_waits_until_the_registry_is_back(remote, hang, go_on).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_stays_away_stops_the_consumer_and_costs_nothing_over_http() {
    let mut remote = Remote::new(Registry::ours().await).await;
    let (ward, deadline) = (Ward::default(), Duration::from_secs(2));
    let run = remote.consumer(&ward, deadline).await;
    remote.registry.stop().await;
    let records = remote.send().await;
    let error = run.error().await;
    let ConsumeError::RegistryDown { partition, offset, waited, .. } = &error else { panic!("{error:?}") };
    assert_eq!(((*partition, *offset), *waited), (records[0].place(), deadline));
    assert!(error.to_string().contains(remote.tap.url()), "{error}");
    assert_eq!((remote.lab.committed(GROUP, 0).await, ward.count()), (*offset, 48), "nothing past it");

    remote.registry.start_again().await;
    let run = remote.consumer(&ward, deadline).await;
    settled(&remote.lab, GROUP).await;
    run.shut_down().await;
    assert_eq!((ward.count(), remote.lab.dead(GROUP).await.len()), (50, 0), "each once, none dead");
}
