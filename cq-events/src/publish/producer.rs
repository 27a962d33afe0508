use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::queue::Queue;
use super::{CloseError, PublishError};
use crate::kafka::KafkaConfig;
use crate::kafka::connect::blocking;
use crate::observe::ProducerMetrics;
use crate::registry::SchemaRegistry;

/// A connection for publishing; [`StreamProducer`](super::StreamProducer) publishes over it. Cheap to clone: all
/// clones share one queue.
///
/// [`Producer::close`] it before the program ends: dropping the last clone gives up what is not acknowledged, and
/// logs how much that is.
#[derive(Clone)]
pub struct Producer {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Queue,
    config: KafkaConfig,
    registry: Arc<dyn SchemaRegistry>,
}

impl Producer {
    /// Connects, with the registry that the configuration names ([`KafkaConfig::registry`]).
    ///
    /// # Errors
    /// When no broker answers within the connect timeout.
    pub async fn connect(config: KafkaConfig) -> Result<Self, PublishError> {
        let registry = config.registry();
        Self::connect_with(config, registry).await
    }

    /// Connects, with a registry of the caller's.
    ///
    /// # Errors
    /// When no broker answers within the connect timeout.
    pub async fn connect_with(
        config: KafkaConfig,
        registry: Arc<dyn SchemaRegistry>,
    ) -> Result<Self, PublishError> {
        let owned = config.clone();
        let queue = blocking(move || Queue::connect(&owned)).await?;
        Ok(Self { shared: Arc::new(Shared { queue, config, registry }) })
    }

    /// Refuses further events, waits for the acknowledgements of those that are queued, and gives up the rest
    /// after `deadline`. The connections end when the last clone is dropped.
    ///
    /// # Errors
    /// When messages were not acknowledged in time: how many. Their receipts say so too.
    pub async fn close(&self, deadline: Duration) -> Result<(), CloseError> {
        let queue = &self.shared.queue;
        // The runtime shuts down: what is pending now stays so.
        let undelivered = queue.close(deadline).await.unwrap_or_else(|_| queue.reports().pending());
        if undelivered == 0 { Ok(()) } else { Err(CloseError { undelivered, waited: deadline }) }
    }

    /// What it has done so far.
    pub fn metrics(&self) -> ProducerMetrics {
        self.shared.queue.reports().counters.snapshot()
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    pub(super) fn config(&self) -> &KafkaConfig {
        &self.shared.config
    }

    pub(super) fn registry(&self) -> &dyn SchemaRegistry {
        &*self.shared.registry
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("bootstrap_servers", &self.config().bootstrap_servers())
            .field("pending", &self.queue().reports().pending())
            .field("metrics", &self.metrics())
            .finish_non_exhaustive()
    }
}
