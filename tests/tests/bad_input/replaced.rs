//! A topic that is deleted and made anew under a running consumer.

use std::time::{Duration, Instant};

use cq_events::Producer;
use cq_events::event::TopicSpec;
use cq_events::kafka::create_topics;
use cq_events_tests::recorder::{Recorder, eventually};
use cq_events_tests::scenarios::publish_inspections;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;

use super::topics::stream;
use super::{PATIENCE, TOPIC, error_of, run, with_inspections};

/// A topic that is replaced by one with fewer partitions: what its first events were is anybody's guess.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_is_replaced_ends_its_consumer() {
    let cluster = with_inspections(60).await;
    let config = cluster.group("group").to_builder();
    let config = config.property("topic.metadata.refresh.interval.ms", "1000").build().expect("it is valid");
    let recorder = Recorder::default();
    let (_, running) = run(config, &recorder).await;
    eventually("all are handled", || recorder.handled().len() >= 60).await;

    let servers = cluster.config().bootstrap_servers().to_owned();
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers).create().expect("an admin client");
    admin.delete_topics(&[TOPIC], &AdminOptions::new()).await.expect("the topic is deleted");
    let fewer = stream(TopicSpec::new(3, None, &[]));
    let begun = Instant::now();
    while create_topics(&cluster.config(), [fewer]).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "the topic is not created anew");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let producer = Producer::connect(cluster.config()).await.expect("a broker answers");
    publish_inspections(&producer, 60..460).await;
    // The new topic has all of the group's offsets, but they are those of other events.
    let error = error_of(running).await.to_string();
    assert!(error.contains(TOPIC), "{error}");
}
