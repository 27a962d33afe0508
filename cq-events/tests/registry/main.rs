//! The client of a schema registry, against a server that has bad days.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod answers;
mod caches;
mod history;
mod policies;
mod secrets;
mod servers;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use cq_events::registry::{HttpRegistry, RegistryConfig, RegistryConfigBuilder};
use cq_events::testing::{MemoryRegistry, RegistryServer};

/// A record, and a next version of it that reads the first.
const LAMP: &str =
    r#"{"type":"record","name":"Lamp","namespace":"home","fields":[{"name":"id","type":"string"}]}"#;
const BRIGHTER: &str = r#"{"type":"record","name":"Lamp","namespace":"home","fields":[{"name":"id","type":"string"},{"name":"watts","type":"int","default":0}]}"#;
/// One that does not read them.
const OTHER: &str =
    r#"{"type":"record","name":"Lamp","namespace":"home","fields":[{"name":"id","type":"int"}]}"#;

/// A server, and what it keeps.
struct Site {
    registry: MemoryRegistry,
    server: RegistryServer,
}

impl Site {
    async fn start() -> Self {
        let registry = MemoryRegistry::new();
        let server = RegistryServer::start(registry.clone()).await.unwrap();
        Self { registry, server }
    }

    /// A client that waits longer for an answer than a machine with other work takes for one.
    fn client(&self) -> HttpRegistry {
        self.client_with(|config| config)
    }

    fn client_with(
        &self,
        change: impl FnOnce(RegistryConfigBuilder) -> RegistryConfigBuilder,
    ) -> HttpRegistry {
        client(&self.server.url(), change)
    }

    /// What was asked, such as `GET /subjects`.
    fn asked(&self) -> Vec<String> {
        self.server.requests().into_iter().map(|(method, path)| format!("{method} {path}")).collect()
    }
}

fn client(urls: &str, change: impl FnOnce(RegistryConfigBuilder) -> RegistryConfigBuilder) -> HttpRegistry {
    let config = RegistryConfig::builder(urls).timeout(Duration::from_secs(5));
    HttpRegistry::new(change(config).build().unwrap()).unwrap()
}

/// Where nobody listens.
const NOBODY: &str = "http://127.0.0.1:9";

fn text(schema: &Arc<str>) -> &str {
    schema
}
