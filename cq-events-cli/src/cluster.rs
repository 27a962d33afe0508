//! How to reach Kafka, and what librdkafka says of the connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cq_events::KafkaConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, ProducerContext};

use crate::error::Error;

/// How to reach a cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    config: KafkaConfig,
    /// How long an answer may take.
    pub(crate) timeout: Duration,
}

impl Cluster {
    /// The cluster that the environment describes, with the variables of [`KafkaConfig::from_env`].
    ///
    /// # Errors
    /// Everything that is wrong with them, in one error.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self::of(KafkaConfig::from_env()?))
    }

    /// The cluster that a configuration describes.
    pub fn of(config: KafkaConfig) -> Self {
        Self { timeout: config.connect_timeout(), config }
    }

    /// The bootstrap servers.
    pub fn servers(&self) -> &str {
        self.config.bootstrap_servers()
    }

    fn client<C, T>(&self, own: &[(&str, &str)], context: C) -> Result<T, Error>
    where
        C: ClientContext,
        T: FromClientConfigAndContext<C>,
    {
        self.config.create(own, RDKafkaLogLevel::Error, context).map_err(Error::Client)
    }

    /// A consumer that reads partitions which it is told, and joins no group. It commits in the name of `group`.
    pub(crate) fn consumer(&self, group: &str) -> Result<BaseConsumer<Events>, Error> {
        let own = [
            ("group.id", group),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("enable.partition.eof", "true"),
            ("auto.offset.reset", "earliest"),
            ("allow.auto.create.topics", "false"),
            // The broker is not to wait for more at the end of a partition, and a full queue is not to be left alone.
            ("fetch.wait.max.ms", "20"),
            ("fetch.queue.backoff.ms", "5"),
            ("queued.max.messages.kbytes", "32768"),
        ];
        self.client(&own, Events::default())
    }

    /// An idempotent producer.
    pub(crate) fn producer<C: ProducerContext>(&self, context: C) -> Result<BaseProducer<C>, Error> {
        let timeout = self.config.message_timeout().as_millis().to_string();
        let own = [
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("compression.type", self.config.compression_type()),
            ("linger.ms", "5"),
            ("partitioner", "murmur2_random"),
            ("message.timeout.ms", &timeout),
            ("allow.auto.create.topics", "false"),
            // How large a message may be is the broker's to say.
            ("message.max.bytes", "100000000"),
        ];
        self.client(&own, context)
    }

    /// How long the cluster may be silent while it has something to say.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.max(self.config.message_timeout())
    }

    pub(crate) fn request(&self, action: impl Into<String>, error: &NativeError) -> Error {
        let cause = self.config.scrub(&words(error));
        Error::Request { action: action.into(), servers: self.servers().to_owned(), cause }
    }

    pub(crate) fn no_broker(&self, waited: Duration, events: &Events) -> Error {
        Error::NoBroker {
            servers: self.servers().to_owned(),
            seconds: waited.as_secs().max(1),
            cause: self.config.scrub(&events.last_error()),
        }
    }
}

/// The words for an error of librdkafka.
pub(crate) fn words(error: &NativeError) -> String {
    error.rdkafka_error_code().map_or_else(|| error.to_string(), code)
}

/// `UnknownTopic (Local: Unknown topic)` is how a code reads; the text in parentheses is enough.
fn code(code: RDKafkaErrorCode) -> String {
    let text = code.to_string();
    let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(text.clone(), str::to_owned)
}

/// Remembers why the last connection failed: librdkafka tries again for ever, and tells it on the side.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<String>>);

impl Events {
    pub(crate) fn last_error(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientContext for Events {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}

    fn error(&self, error: NativeError, reason: &str) {
        // "all brokers are down" says less than the errors that led to it.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            let reason = reason.split_once(" (after ").map_or(reason, |(reason, _)| reason);
            reason.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl ConsumerContext for Events {}
