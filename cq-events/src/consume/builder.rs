//! From handlers and a configuration to a consumer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;

use super::burial::Graveyard;
use super::consumer::{Consumer, Shared};
use super::engine::Settings;
use super::group::Group;
use super::handlers::{AddHandler, Closed, Complete, Handlers, NoHandler, Open};
use super::reader::Reader;
use super::start::StartAt;
use super::{ConsumeError, EventHandler, Handled, HandlerFn, WithoutUnknown};
use crate::codec::DecodeLimits;
use crate::dead_letter::topic_name;
use crate::event::{EventStream, FailurePolicy, Failures, Message, StreamInfo, StreamSchema, Unknown};
use crate::kafka::connect::{blocking, inquire};
use crate::kafka::dead_letters::prepare;
use crate::kafka::{KafkaConfig, require_topics};
use crate::registry::SchemaRegistry;

/// Builds a [`Consumer`]: [`Consumer::builder`]. It needs at least one handler.
#[must_use]
pub struct ConsumerBuilder<B> {
    config: KafkaConfig,
    handlers: B,
    registry: Option<Arc<dyn SchemaRegistry>>,
    limits: DecodeLimits,
    settings: Settings,
    start_at: StartAt,
    failures: Policy,
}

/// What is said of messages that fail.
#[derive(Default)]
struct Policy {
    all: FailurePolicy,
    /// By topic.
    streams: Vec<(&'static str, FailurePolicy)>,
    keeps_topics: bool,
}

impl Policy {
    fn of(&self, stream: &StreamInfo) -> Failures {
        let own = self.streams.iter().rev().filter(|(topic, _)| *topic == stream.topic);
        let own = own.fold(FailurePolicy::new(), |policy, (_, next)| policy.or(*next));
        own.or(self.all).or(stream.failures).into()
    }
}

impl ConsumerBuilder<NoHandler> {
    pub(super) fn new(config: KafkaConfig) -> Self {
        Self {
            start_at: config.auto_offset_reset().into(),
            config,
            handlers: NoHandler::new(),
            registry: None,
            limits: DecodeLimits::default(),
            settings: Settings::default(),
            failures: Policy::default(),
        }
    }
}

impl<B> ConsumerBuilder<B> {
    /// Handles the streams that the handler's `#[handles(...)]` names, besides those of the handlers before it. Each
    /// stream has one handler only.
    pub fn handler<N: EventHandler, A, H>(self, handler: N) -> ConsumerBuilder<Handlers<H>>
    where
        B: Closed<A>,
        A: AddHandler<N, H>,
    {
        self.with(|before| Handlers(before.closed().add(handler)))
    }

    /// Handles the stream that the closure takes; [`on_unknown`](Self::on_unknown) comes next, and nothing builds
    /// without it.
    ///
    /// ```no_run
    /// # async fn run<InspectionEvent: cq_events::EventStream>(
    /// #     config: cq_events::KafkaConfig,
    /// # ) -> Result<(), cq_events::consume::ConsumeError> {
    /// # use cq_events::Consumer;
    /// let consumer = Consumer::builder(config)
    ///     .handle(|event: InspectionEvent, message| async move {
    ///         println!("{} at offset {}", event.event_type(), message.offset());
    ///         Ok(())
    ///     })
    ///     .on_unknown(|unknown, message| async move { Ok(()) })
    ///     .build()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn handle<S, F, R, A>(self, on_event: F) -> ConsumerBuilder<Open<A, WithoutUnknown<S, F>>>
    where
        B: Closed<A>,
        S: EventStream,
        F: Fn(S, Message) -> R + Send + Sync + 'static,
        R: Future<Output = Handled> + Send + 'static,
    {
        self.with(|before| Open { before: before.closed(), closure: super::handle(on_event) })
    }

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

    /// Where the group starts in partitions of which it has committed no offset, rather than where the configuration
    /// says ([`KafkaConfig::auto_offset_reset`]).
    pub fn start_at(mut self, start: StartAt) -> Self {
        self.start_at = start;
        self
    }

    /// How often a handler is run again for an event that it failed to handle (3), and how long that waits at most the first
    /// time (100 ms; it doubles with each retry, and is drawn evenly from zero to that). For all streams; the rest of what
    /// there is to say is a [`FailurePolicy`].
    pub fn retries(self, max_retries: u32, retry_delay: Duration) -> Self {
        self.failure_policy(FailurePolicy::new().max_retries(max_retries).retry_delay(retry_delay))
    }

    /// What becomes of events that fail, for all streams. What the policy does not set stays as it was.
    pub fn failure_policy(mut self, policy: FailurePolicy) -> Self {
        self.failures.all = policy.or(self.failures.all);
        self
    }

    /// What becomes of events that fail, for the stream `S`. What the policy does not set is as for all streams.
    pub fn failure_policy_of<S: StreamSchema>(mut self, policy: FailurePolicy) -> Self {
        self.failures.streams.push((S::STREAM.topic, policy));
        self
    }

    /// Whether a topic of [dead letters](crate::dead_letter) that does not exist is created (true), with as many partitions
    /// as its source has, and kept for ever (`retention.ms` is -1). Otherwise it is an error of
    /// [`build`](Self::build).
    pub fn create_dead_letter_topics(mut self, creates: bool) -> Self {
        self.failures.keeps_topics = !creates;
        self
    }

    /// How long a message waits for the schema that it was written with, where the registry does not answer: 5 min unless
    /// set. Then the consumer stops. Messages of its key wait behind it, others go on.
    pub fn registry_deadline(mut self, deadline: Duration) -> Self {
        self.settings.wait_deadline = deadline;
        self
    }

    /// How many messages are handled at the same time, over all partitions: 64 unless set, and 1 at the least. Those of
    /// one partition go by their keys to 64 lanes, each of which handles one at a time.
    pub fn max_in_flight(mut self, messages: usize) -> Self {
        self.settings.max_in_flight = messages.max(1);
        self
    }

    /// How often offsets are committed: every 5 s unless set, and every 100 ms at the most. After a crash, what was handled since the last commit is
    /// handled once more.
    pub fn commit_interval(mut self, interval: Duration) -> Self {
        self.settings.commit_interval = interval.max(Duration::from_millis(100));
        self
    }

    /// How long a shutdown waits for the events that are being handled: 30 s unless set.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.settings.shutdown_deadline = deadline;
        self
    }

    /// Connects, and checks what can be checked before the first message: that the configuration names a group,
    /// that every stream has one handler, that the registry knows the schemas of the streams, that a broker answers and
    /// that the topics exist; and those of the dead letters, which are created where they do not, and to which we must be
    /// allowed to write.
    ///
    /// The consumer joins its group when it runs.
    ///
    /// # Errors
    /// The first of these that does not hold: that no broker answers within the configuration's connect timeout, that
    /// a topic is missing about 3 s after that.
    pub fn build<H: EventHandler>(self) -> Building<H>
    where
        B: Complete<H>,
    {
        Box::pin(self.with(|state| state.complete()).connect())
    }

    fn with<N>(self, next: impl FnOnce(B) -> N) -> ConsumerBuilder<N> {
        let Self { config, handlers, registry, limits, settings, start_at, failures } = self;
        ConsumerBuilder { config, handlers: next(handlers), registry, limits, settings, start_at, failures }
    }
}

/// Gives a consumer, or says why there is none.
pub type Building<H> = Pin<Box<dyn Future<Output = Result<Consumer<H>, ConsumeError>> + Send>>;

impl<H: EventHandler> ConsumerBuilder<H> {
    async fn connect(self) -> Result<Consumer<H>, ConsumeError> {
        let config = self.config;
        let group = config.group_id().ok_or(ConsumeError::NoGroup)?.to_owned();
        let streams = H::streams();
        one_handler_each(&streams)?;
        let failures: Vec<Failures> = streams.iter().map(|stream| self.failures.of(stream)).collect();
        let mut dead_letters = Vec::new();
        for (stream, _) in streams.iter().zip(&failures).filter(|(_, failures)| failures.dead_letters) {
            dead_letters.push((stream.topic, topic_name(stream.topic, &group)?));
        }
        let registry = match self.registry {
            Some(registry) => registry,
            None => config.registry(),
        };
        let reader = Reader::new(registry, self.limits, &streams).await.map_err(ConsumeError::Registry)?;
        check_topics(&config, &streams).await?;
        let dead_letters = prepare(&config, dead_letters, !self.failures.keeps_topics).await?;
        let graveyard = Graveyard::new(&config, &group, dead_letters);
        let (group, changes) = Group::new(&config, &group, &streams)?;
        let (shared, questions) = Shared::new();
        Ok(Consumer {
            group,
            changes,
            config,
            settings: self.settings,
            start_at: self.start_at,
            handlers: self.handlers,
            reader: Arc::new(reader),
            streams,
            failures,
            graveyard,
            shared,
            questions,
        })
    }
}

impl<B, S, F> ConsumerBuilder<Open<B, WithoutUnknown<S, F>>> {
    /// Handles what is none of the stream's events: an event of a newer writer, or a tombstone.
    pub fn on_unknown<U, R, H>(self, on_unknown: U) -> ConsumerBuilder<Handlers<H>>
    where
        U: Fn(Unknown, Message) -> R + Send + Sync + 'static,
        R: Future<Output = Handled> + Send + 'static,
        B: AddHandler<HandlerFn<S, F, U>, H>,
    {
        self.with(|open| Handlers(open.before.add(open.closure.on_unknown(on_unknown))))
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
pub(super) async fn check_topics(
    config: &KafkaConfig,
    streams: &[&'static StreamInfo],
) -> Result<(), ConsumeError> {
    let connecting = config.clone();
    let inquirer = blocking(move || inquire(&connecting)).await?;
    let topics = streams.iter().map(|stream| stream.topic.to_owned()).collect();
    let fetch = move |topic: &str, timeout: Duration| inquirer.fetch_metadata(Some(topic), timeout);
    Ok(require_topics(config, topics, fetch).await?)
}
