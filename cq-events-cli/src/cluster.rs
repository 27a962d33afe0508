//! How to reach Kafka, and what librdkafka says of the connection.

use std::env;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cq_events::KafkaConfig;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};

use crate::error::Error;

/// The variables of [`KafkaConfig`] that reach a broker, with librdkafka's names for them.
const PROPERTIES: [(&str, &str); 10] = [
    ("KAFKA_SECURITY_PROTOCOL", "security.protocol"),
    ("KAFKA_SASL_MECHANISM", "sasl.mechanisms"),
    ("KAFKA_SASL_USERNAME", "sasl.username"),
    ("KAFKA_SASL_PASSWORD", "sasl.password"),
    ("KAFKA_SSL_CA_LOCATION", "ssl.ca.location"),
    ("KAFKA_SSL_CERTIFICATE_LOCATION", "ssl.certificate.location"),
    ("KAFKA_SSL_KEY_LOCATION", "ssl.key.location"),
    ("KAFKA_SSL_KEY_PASSWORD", "ssl.key.password"),
    ("KAFKA_CLIENT_ID", "client.id"),
    ("KAFKA_COMPRESSION_TYPE", "compression.type"),
];
const OTHER_PROPERTY: &str = "KAFKA_PROPERTY_";

/// How to reach a cluster.
#[derive(Clone)]
pub struct Cluster {
    servers: String,
    properties: Vec<(String, String)>,
    /// How long an answer may take.
    pub(crate) timeout: Duration,
    /// When a message that is not acknowledged is given up.
    message_timeout: Duration,
}

/// Without the properties, of which some are secrets.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("servers", &self.servers).finish_non_exhaustive()
    }
}

impl Cluster {
    /// The cluster that the environment describes, with the variables of [`KafkaConfig::from_env`].
    ///
    /// # Errors
    /// Everything that is wrong with them, in one error.
    pub fn from_env() -> Result<Self, Error> {
        let config = KafkaConfig::from_env()?;
        // The configuration has been checked, but it gives no properties away.
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let named = PROPERTIES.iter().filter_map(|(name, property)| {
            let value = set(name)?;
            let value = if *property == "sasl.mechanisms" { value.to_ascii_uppercase() } else { value };
            Some(((*property).to_owned(), value))
        });
        let others = env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?.strip_prefix(OTHER_PROPERTY)?.to_ascii_lowercase();
            let property = name.split("__").map(|part| part.replace('_', ".")).collect::<Vec<_>>().join("_");
            Some((property, value.into_string().ok().filter(|value| !value.is_empty())?))
        });
        Ok(Self { properties: named.chain(others).collect(), ..Self::of(&config) })
    }

    /// A cluster that needs no more than its servers and times: those of this configuration.
    pub fn of(config: &KafkaConfig) -> Self {
        Self {
            servers: config.bootstrap_servers().to_owned(),
            properties: Vec::new(),
            timeout: config.connect_timeout(),
            message_timeout: config.message_timeout(),
        }
    }

    /// The bootstrap servers.
    pub fn servers(&self) -> &str {
        &self.servers
    }

    fn config(&self, own: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers).set("reconnect.backoff.max.ms", "1000");
        own.iter().for_each(|(name, value)| _ = config.set(*name, *value));
        self.properties.iter().for_each(|(name, value)| _ = config.set(name, value));
        config.set_log_level(RDKafkaLogLevel::Error);
        config
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
        self.config(&own).create_with_context(Events::default()).map_err(|error| client(&error))
    }

    /// The configuration of an idempotent producer.
    pub(crate) fn producer(&self) -> ClientConfig {
        let timeout = self.message_timeout.as_millis().to_string();
        self.config(&[
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("compression.type", "snappy"),
            ("linger.ms", "5"),
            ("partitioner", "murmur2_random"),
            ("message.timeout.ms", &timeout),
            ("allow.auto.create.topics", "false"),
            // How large a message may be is the broker's to say.
            ("message.max.bytes", "100000000"),
        ])
    }

    /// How long the cluster may be silent while it has something to say.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.max(self.message_timeout)
    }

    pub(crate) fn request(&self, action: impl Into<String>, error: &NativeError) -> Error {
        Error::Request { action: action.into(), servers: self.servers.clone(), cause: words(error) }
    }

    pub(crate) fn no_broker(&self, waited: Duration, events: &Events) -> Error {
        Error::NoBroker {
            servers: self.servers.clone(),
            seconds: waited.as_secs().max(1),
            cause: events.last_error(),
        }
    }
}

pub(crate) fn client(error: &NativeError) -> Error {
    Error::Client(words(error))
}

/// The words for an error of librdkafka. Those about a property quote its value, which may be a secret.
pub(crate) fn words(error: &NativeError) -> String {
    match error {
        NativeError::ClientConfig(_, _, property, _) => {
            format!("librdkafka does not accept property {property}")
        }
        NativeError::ClientCreation(reason) => reason.clone(),
        other => other.rdkafka_error_code().map_or_else(|| other.to_string(), code),
    }
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
