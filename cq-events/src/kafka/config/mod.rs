//! How to reach Kafka, and how to behave there.

mod builder;
mod check;
mod env;
mod properties;
mod server;
mod settings;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};

pub use crate::config::{ConfigError, ConfigProblem};
pub use builder::KafkaConfigBuilder;
pub use values::{Acks, AutoOffsetReset, Compression, GroupProtocol, SaslMechanism, SecurityProtocol};

use super::error::words;
use crate::registry::{LocalRegistry, SchemaRegistry};
use server::Server;
use settings::Settings;
use values::Choice as _;

/// How to reach Kafka, and how to behave there: checked, immutable, cheap to clone.
///
/// From the environment, a builder, or both:
///
/// ```no_run
/// use cq_events::kafka::KafkaConfig;
///
/// let config = KafkaConfig::from_env()?.to_builder().group_id("analytics").build()?;
/// # Ok::<(), cq_events::kafka::ConfigError>(())
/// ```
///
/// | variable | values | default |
/// |---|---|---|
/// | `KAFKA_BOOTSTRAP_SERVERS` | host:port, with commas between | required |
/// | `KAFKA_SECURITY_PROTOCOL` | `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT`, `SASL_SSL` | `PLAINTEXT` |
/// | `KAFKA_SASL_MECHANISM` | `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` | |
/// | `KAFKA_SASL_USERNAME`, `KAFKA_SASL_PASSWORD` | | |
/// | `KAFKA_SSL_CA_LOCATION`, `KAFKA_SSL_CERTIFICATE_LOCATION`, `KAFKA_SSL_KEY_LOCATION` | paths | |
/// | `KAFKA_SSL_KEY_PASSWORD` | | |
/// | `KAFKA_GROUP_ID` | | |
/// | `KAFKA_GROUP_INSTANCE_ID` | a name that only this member has | |
/// | `KAFKA_GROUP_PROTOCOL` | `classic`, `consumer` | `classic` |
/// | `KAFKA_AUTO_OFFSET_RESET` | `earliest`, `latest` | `earliest` |
/// | `KAFKA_CLIENT_ID` | | librdkafka's |
/// | `KAFKA_ACKS` | `all`, `1`, `0` | `all` |
/// | `KAFKA_COMPRESSION_TYPE` | `none`, `gzip`, `snappy`, `lz4`, `zstd` | `snappy` |
/// | `KAFKA_ENABLE_IDEMPOTENCE` | `true`, `false` | `true` |
/// | `KAFKA_LINGER_MS` | milliseconds | 5 |
/// | `KAFKA_MESSAGE_TIMEOUT_MS` | milliseconds | 30000 |
/// | `KAFKA_SESSION_TIMEOUT_MS` | milliseconds | 45000 |
/// | `KAFKA_MAX_POLL_INTERVAL_MS` | milliseconds | 300000 |
/// | `KAFKA_CONNECT_TIMEOUT_MS` | milliseconds | 10000 |
/// | `KAFKA_QUEUE_MESSAGES` | messages | 100000 |
/// | `KAFKA_PROPERTY_<NAME>` | any librdkafka property: `_` stands for `.`, and `__` for `_` | |
/// | `CQ_SERVICE_NAME` | | `cq-events` |
/// | `SCHEMA_REGISTRY_URL`, ... | see [`RegistryConfig`](crate::registry::RegistryConfig) | the local registry |
///
/// `KAFKA_PROPERTY_SOCKET_KEEPALIVE_ENABLE=true`, for example, sets `socket.keepalive.enable`. An empty variable
/// counts as not set. A variable that is misspelt by a letter or two is an error; other variables that begin with
/// `KAFKA_` belong to other tools and are left alone.
#[derive(Clone)]
pub struct KafkaConfig {
    settings: Arc<Settings>,
    /// Made of the settings.
    registry: Option<Server>,
}

impl KafkaConfig {
    /// The configuration that the environment's variables describe.
    ///
    /// # Errors
    /// Everything that is wrong with them, in one error.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(std::env::vars_os())
    }

    /// The same from given variables, so that tests need not change the environment.
    pub(crate) fn from_variables(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        env::read(variables).build()
    }

    /// A builder with the defaults; the bootstrap servers have none.
    pub fn builder() -> KafkaConfigBuilder {
        KafkaConfigBuilder::default()
    }

    /// A builder that begins with this configuration.
    pub fn to_builder(&self) -> KafkaConfigBuilder {
        KafkaConfigBuilder::of(self)
    }

    /// The bootstrap servers.
    pub fn bootstrap_servers(&self) -> &str {
        &self.settings.bootstrap_servers
    }

    /// The consumer group, where one is set.
    pub fn group_id(&self) -> Option<&str> {
        self.settings.group_id.as_deref()
    }

    /// The name of this service: the header `ce_source` of its events.
    pub fn service_name(&self) -> &str {
        &self.settings.service_name
    }

    /// How long a first connection may take.
    pub fn connect_timeout(&self) -> Duration {
        self.settings.connect_timeout
    }

    /// When a message that is not acknowledged is given up.
    pub fn message_timeout(&self) -> Duration {
        self.settings.message_timeout
    }

    /// How many messages may be queued or in flight.
    pub fn queue_messages(&self) -> usize {
        self.settings.queue_messages
    }

    /// Where a group without committed offsets starts.
    pub fn auto_offset_reset(&self) -> AutoOffsetReset {
        self.settings.auto_offset_reset
    }

    /// When a consumer that does not poll loses its partitions.
    pub fn max_poll_interval(&self) -> Duration {
        self.settings.max_poll_interval
    }

    /// The schema registry that this configuration names, or a new [`LocalRegistry`]. All clones of the configuration, and
    /// those that were built upon it, share the client of a server, and what it knows.
    pub fn registry(&self) -> Arc<dyn SchemaRegistry> {
        self.registry.as_ref().map_or_else(|| Arc::new(LocalRegistry::default()), Server::registry)
    }

    /// The largest message, in bytes: librdkafka's `message.max.bytes`.
    pub(crate) fn message_max_bytes(&self) -> usize {
        let set = self.settings.properties.get("message.max.bytes");
        set.and_then(|bytes| bytes.parse().ok()).unwrap_or(1_000_000)
    }

    pub(crate) fn producer_config(&self) -> ClientConfig {
        properties::producer(&self.settings)
    }

    pub(crate) fn consumer_config(&self, group: &str) -> ClientConfig {
        properties::consumer(&self.settings, group)
    }

    /// A client that is neither our producer nor our consumer, such as those of the command line, with properties of its own; the
    /// user's win.
    ///
    /// # Errors
    /// Why librdkafka makes none, without any secret.
    #[doc(hidden)]
    pub fn create<C: ClientContext, T: FromClientConfigAndContext<C>>(
        &self,
        own: &[(&str, &str)],
        log_level: RDKafkaLogLevel,
        context: C,
    ) -> Result<T, String> {
        let mut config = self.client_config(own);
        config.set_log_level(log_level);
        config.create_with_context(context).map_err(|error| self.scrub(&words(&error)))
    }

    /// For such clients. There are secrets in it, which its `Debug` shows: it stays in this crate.
    pub(crate) fn client_config(&self, own: &[(&str, &str)]) -> ClientConfig {
        let mut config = properties::common(&self.settings);
        own.iter().for_each(|(name, value)| _ = config.set(*name, *value));
        properties::with_user_properties(config, &self.settings)
    }

    /// How batches are compressed, as librdkafka spells it.
    #[doc(hidden)]
    pub fn compression_type(&self) -> &'static str {
        self.settings.compression_type.as_str()
    }

    /// `text` without any secret of this configuration.
    #[doc(hidden)]
    pub fn scrub(&self, text: &str) -> String {
        properties::scrub(&self.settings, text)
    }
}

impl PartialEq for KafkaConfig {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
    }
}

impl Eq for KafkaConfig {}

/// Without any secret.
impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.settings, f)
    }
}
