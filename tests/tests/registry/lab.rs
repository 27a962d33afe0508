//! What the tests share.

use std::time::Duration;

use cq_events::consume::{ConsumeError, ConsumerHandle};
use cq_events::registry::{HttpRegistry, Registration, RegistryConfig};
use cq_events::{Consumer, EventHandler, KafkaConfig};
use cq_events_tests::cluster::Cluster;
use cq_events_tests::registries::Registry;
use tokio::task::JoinHandle;

/// A client that knows nothing yet.
pub(crate) fn client(registry: &Registry) -> HttpRegistry {
    client_of(&registry.url(), Registration::IfAbsent)
}

/// One with this policy.
pub(crate) fn client_of(url: &str, registration: Registration) -> HttpRegistry {
    let config = RegistryConfig::builder(url).registration(registration).build().expect("it is valid");
    HttpRegistry::new(config).expect("it names no files")
}

/// A record with these fields.
pub(crate) fn record(fields: &str) -> String {
    let text = format!(r#"{{"type":"record","name":"shop.Order","fields":[{fields}]}}"#);
    cq_events_schema::normalise(&text).expect("a valid schema")
}

/// Its first version.
pub(crate) fn order() -> String {
    record(r#"{"name":"id","type":"string"}"#)
}

/// A version that may follow it at every level.
pub(crate) fn grown() -> String {
    record(r#"{"name":"id","type":"string"},{"name":"count","type":"int","default":1}"#)
}

/// A version that may follow it at no level but NONE.
pub(crate) fn broken() -> String {
    record(r#"{"name":"id","type":"int"}"#)
}

/// A configuration for the cluster and a registry: no client of it knows anything yet.
pub(crate) fn config(cluster: &Cluster, url: &str, registration: Registration) -> KafkaConfig {
    // What is asked is counted: nothing is to be asked twice because it took a while.
    config_within(cluster, url, registration, Duration::from_secs(30))
}

/// One that waits so long for an answer.
pub(crate) fn config_within(
    cluster: &Cluster,
    url: &str,
    registration: Registration,
    timeout: Duration,
) -> KafkaConfig {
    let registry = RegistryConfig::builder(url).registration(registration).timeout(timeout);
    let builder = cluster.group("group").to_builder().registry(registry.build().expect("it is valid"));
    builder.build().expect("it is valid")
}

/// A consumer that runs.
pub(crate) struct Running {
    handle: ConsumerHandle,
    task: JoinHandle<Result<(), ConsumeError>>,
}

impl Running {
    pub(crate) fn of<H: EventHandler>(consumer: Consumer<H>) -> Self {
        Self { handle: consumer.handle(), task: tokio::spawn(consumer.run(std::future::pending())) }
    }

    /// Ends it in order.
    pub(crate) async fn stop(self) {
        self.handle.shutdown();
        let ended = tokio::time::timeout(Duration::from_secs(30), self.task).await.expect("it ends");
        ended.expect("no panic").expect("an orderly end");
    }
}
