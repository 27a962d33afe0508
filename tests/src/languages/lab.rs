//! A Kafka, a registry, and our own side of the conversation.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cq_events::event::{Event, EventStream, FailurePolicy, StreamInfo};
use cq_events::publish::StreamProducer;
use cq_events::registry::{HttpRegistry, RegistryConfig};
use cq_events::{Consumer, Failure, Producer};

use super::samples::Sample;
use crate::cluster::Cluster;
use crate::recorder::eventually;
use crate::registries::Registry;

/// A real Kafka and a registry, which end with this value.
pub struct Lab {
    cluster: Cluster,
    registry: Registry,
}

/// An event that our consumer handled.
#[derive(Clone, Debug)]
pub struct Received<S> {
    pub partition: i32,
    pub offset: i64,
    pub event: S,
}

impl Lab {
    /// A new Kafka with the topics of streams, beside a registry.
    pub async fn start(registry: Registry, streams: impl IntoIterator<Item = &'static StreamInfo>) -> Self {
        let cluster = Cluster::kafka();
        cluster.create_topics(streams).await;
        Self { cluster, registry }
    }

    /// Kafka's servers.
    pub fn servers(&self) -> String {
        self.cluster.config().bootstrap_servers().to_owned()
    }

    /// The registry's address.
    pub fn registry(&self) -> String {
        self.registry.url()
    }

    /// Publishes events by our producer, and gives each one's partition and offset.
    pub async fn publish<S: EventStream + Clone>(&self, samples: &[Sample<S>]) -> Vec<(i32, i64)> {
        let producer = Producer::connect_with(self.cluster.config(), self.client()).await.expect("a broker");
        let stream = StreamProducer::<S>::new(&producer).await.expect("topic and schema are there");
        let published = stream.publish_batch(samples.iter().map(|sample| sample.event.clone())).await;
        published
            .into_iter()
            .map(|published| published.expect("it is published"))
            .map(|published| (published.partition, published.offset))
            .collect()
    }

    /// Reads so many events by our consumer, from the beginning of the stream's topic.
    pub async fn receive<S: EventStream + Clone>(&self, count: usize) -> Vec<Received<S>> {
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        let group = format!("receiver-{}", uuid::Uuid::now_v7());
        let consumer = Consumer::builder(self.cluster.group(&group))
            .registry(self.client())
            // What cannot be read ends it, with the reason.
            .failure_policy(FailurePolicy::new().dead_letters(false).retry_delay(Duration::from_millis(20)))
            .handle(move |event: S, message| {
                let (partition, offset) = (message.partition(), message.offset());
                kept.lock().expect("no panic").push(Received { partition, offset, event });
                async { Ok(()) }
            })
            .on_unknown(|unknown, _| async move { Err(Failure::stop(format!("nobody wrote {unknown:?}"))) })
            .build()
            .await
            .expect("topic and schema are there");
        let handle = consumer.handle();
        let running = tokio::spawn(consumer.run(std::future::pending()));
        let there = || received.lock().expect("no panic").len();
        eventually("all events", || there() >= count || running.is_finished()).await;
        handle.shutdown();
        running.await.expect("no panic").expect("an orderly end");
        assert_eq!(there(), count, "events of {}", S::STREAM.topic);
        received.lock().expect("no panic").clone()
    }

    /// Our client of the registry.
    pub fn client(&self) -> Arc<HttpRegistry> {
        let config = RegistryConfig::builder(self.registry()).build().expect("a valid configuration");
        Arc::new(HttpRegistry::new(config).expect("a client"))
    }
}

/// The key of an event, as text.
pub fn key_of(event: &impl Event) -> Option<String> {
    event.key().map(|key| String::from_utf8(key.into_owned()).expect("keys of the tests are text"))
}
