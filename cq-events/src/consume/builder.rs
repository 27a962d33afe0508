//! From handlers and a configuration to a consumer.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;

use super::consumer::{Consumer, Shared};
use super::group::Group;
use super::reader::Reader;
use super::{ConsumeError, Delivery, DeliveryError, EventHandler};
use crate::codec::DecodeLimits;
use crate::event::StreamInfo;
use crate::kafka::connect::{blocking, inquire};
use crate::kafka::{KafkaConfig, require_topics};
use crate::registry::SchemaRegistry;

/// Builds a [`Consumer`]: [`Consumer::builder`]. It needs at least one handler.
#[must_use]
pub struct ConsumerBuilder<H> {
    config: KafkaConfig,
    handlers: H,
    registry: Option<Arc<dyn SchemaRegistry>>,
    limits: DecodeLimits,
}

/// A builder's state before its first handler.
#[derive(Debug)]
pub struct NoHandler(());

/// Two handlers, as one: what [`ConsumerBuilder::handler`] makes of a second one.
#[derive(Debug)]
pub struct Both<A, B> {
    first: A,
    second: B,
    /// How many streams the first has.
    split: usize,
}

impl<A: EventHandler, B: EventHandler> EventHandler for Both<A, B> {
    fn streams() -> Vec<&'static StreamInfo> {
        let mut streams = A::streams();
        streams.extend(B::streams());
        streams
    }

    async fn handle(&self, stream: usize, delivery: Delivery<'_>) -> Result<(), DeliveryError> {
        match stream.checked_sub(self.split) {
            None => self.first.handle(stream, delivery).await,
            Some(stream) => self.second.handle(stream, delivery).await,
        }
    }
}

impl ConsumerBuilder<NoHandler> {
    pub(super) fn new(config: KafkaConfig) -> Self {
        Self { config, handlers: NoHandler(()), registry: None, limits: DecodeLimits::default() }
    }

    /// Handles the streams that the handler's `#[handles(...)]` names.
    pub fn handler<H: EventHandler>(self, handler: H) -> ConsumerBuilder<H> {
        self.with(|NoHandler(())| handler)
    }
}

impl<H: EventHandler> ConsumerBuilder<H> {
    /// Also handles the streams of another handler. Each stream has one handler only.
    pub fn handler<N: EventHandler>(self, handler: N) -> ConsumerBuilder<Both<H, N>> {
        self.with(|first| Both { first, second: handler, split: H::streams().len() })
    }

    /// Connects, and checks what can be checked before the first message: that the configuration names a group,
    /// that every stream has one handler, that a broker answers, that the topics exist and that the registry
    /// knows the schemas of the streams.
    ///
    /// The consumer joins its group when it runs.
    ///
    /// # Errors
    /// The first of these that does not hold: that no broker answers within the configuration's connect timeout, that
    /// a topic is missing about 3 s after that.
    pub async fn build(self) -> Result<Consumer<H>, ConsumeError> {
        let config = self.config;
        let group = config.group_id().ok_or(ConsumeError::NoGroup)?.to_owned();
        let streams = H::streams();
        one_handler_each(&streams)?;
        let registry = match self.registry {
            Some(registry) => registry,
            None => config.registry()?,
        };
        let reader = Reader::new(registry, self.limits, &streams).await.map_err(ConsumeError::Registry)?;
        check_topics(&config, &streams).await?;
        let (group, changes) = Group::new(&config, &group, &streams)?;
        Ok(Consumer {
            group,
            changes,
            config,
            handlers: Arc::new(self.handlers),
            reader: Arc::new(reader),
            streams,
            shared: Arc::new(Shared::default()),
        })
    }
}

impl<H> ConsumerBuilder<H> {
    /// Looks schemas up in this registry, rather than in the one that the configuration names.
    pub fn registry(mut self, registry: Arc<dyn SchemaRegistry>) -> Self {
        self.registry = Some(registry);
        self
    }

    /// What a message may be like to be decoded.
    pub fn limits(mut self, limits: DecodeLimits) -> Self {
        self.limits = limits;
        self
    }

    fn with<N>(self, handlers: impl FnOnce(H) -> N) -> ConsumerBuilder<N> {
        let Self { config, handlers: before, registry, limits } = self;
        ConsumerBuilder { config, handlers: handlers(before), registry, limits }
    }
}

fn one_handler_each(streams: &[&'static StreamInfo]) -> Result<(), ConsumeError> {
    let mut seen: Vec<&str> = Vec::with_capacity(streams.len());
    for stream in streams {
        if seen.contains(&stream.topic) {
            return Err(ConsumeError::TwoHandlers { stream: stream.name, topic: stream.topic });
        }
        seen.push(stream.topic);
    }
    Ok(())
}

/// Fails within seconds where the broker does not answer or a topic does not exist; a subscription would wait for
/// either for ever.
async fn check_topics(config: &KafkaConfig, streams: &[&'static StreamInfo]) -> Result<(), ConsumeError> {
    let connecting = config.clone();
    let inquirer = blocking(move || inquire(&connecting)).await?;
    let topics = streams.iter().map(|stream| stream.topic.to_owned()).collect();
    let fetch = move |topic: &str, timeout: Duration| inquirer.fetch_metadata(Some(topic), timeout);
    Ok(require_topics(config, topics, fetch).await?)
}
