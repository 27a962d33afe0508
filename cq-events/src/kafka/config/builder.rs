use std::sync::Arc;
use std::time::Duration;

use super::server::Server;
use super::settings::Settings;
use super::values::{Acks, AutoOffsetReset, Compression, GroupProtocol, SaslMechanism, SecurityProtocol};
use super::{KafkaConfig, check};
use crate::config::{ConfigError, Problems, Secret};
use crate::registry::RegistryConfig;

/// Builds a [`KafkaConfig`]: from its defaults ([`KafkaConfig::builder`]) or from a configuration that exists
/// ([`KafkaConfig::to_builder`]).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct KafkaConfigBuilder {
    pub(super) settings: Settings,
    /// What was wrong with values before they became settings.
    problems: Problems,
    /// The registry of the configuration that this builder began with.
    registry: Option<Server>,
}

/// A setter each for settings of one shape.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $argument:ty => $set:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, $name: $argument) -> Self {
            self.settings.$name = $set;
            self
        }
    )*};
}

impl KafkaConfigBuilder {
    setters! {
        /// The brokers to ask first: a list of host:port with commas between, such as `a:9092,b:9092`. Required.
        bootstrap_servers: impl Into<String> => bootstrap_servers.into();
        /// How connections are secured (`PLAINTEXT`). TLS needs the feature `tls` or `tls-vendored`.
        security_protocol: SecurityProtocol => security_protocol;
        /// How the client authenticates. SCRAM needs the feature `tls` or `tls-vendored`.
        sasl_mechanism: SaslMechanism => Some(sasl_mechanism);
        /// The user name for SASL.
        sasl_username: impl Into<String> => Some(sasl_username.into());
        /// The password for SASL. It never shows in logs, errors and Debug.
        sasl_password: impl Into<String> => Some(Secret::new(sasl_password));
        /// The file (PEM) or folder of the certificate authorities that brokers are checked against.
        ssl_ca_location: impl Into<String> => Some(ssl_ca_location.into());
        /// The file (PEM) with the client's certificate.
        ssl_certificate_location: impl Into<String> => Some(ssl_certificate_location.into());
        /// The file (PEM) with the client's private key.
        ssl_key_location: impl Into<String> => Some(ssl_key_location.into());
        /// The password of the private key. It never shows in logs, errors and Debug.
        ssl_key_password: impl Into<String> => Some(Secret::new(ssl_key_password));
        /// The consumer group.
        group_id: impl Into<String> => Some(group_id.into());
        /// The name of this member of its group, for static membership (KIP-345): a member that comes back under its
        /// name within the session has its partitions again, and the others notice nothing. It must be stable and no
        /// other member's, such as the name of a pod of a stateful set.
        group_instance_id: impl Into<String> => Some(group_instance_id.into());
        /// How the members of a group share its partitions (`classic`).
        group_protocol: GroupProtocol => group_protocol;
        /// Where a group without committed offsets starts (`earliest`).
        auto_offset_reset: AutoOffsetReset => auto_offset_reset;
        /// The client's name in the brokers' logs and quotas.
        client_id: impl Into<String> => Some(client_id.into());
        /// When the broker acknowledges a message (`all`). Anything else needs idempotence to be off.
        acks: Acks => acks;
        /// How batches are compressed (`snappy`).
        compression_type: Compression => compression_type;
        /// Whether the producer is idempotent (true): no duplicates and no reordering when it retries.
        enable_idempotence: bool => enable_idempotence;
        /// How long a message waits for others to share its request (5 ms: an acknowledgement then takes about
        /// 3.6 ms in the median; with 0 about 0.13 ms, for more requests). Whole milliseconds.
        linger: Duration => linger;
        /// When a message that is not acknowledged is given up (30 s). Whole milliseconds.
        message_timeout: Duration => message_timeout;
        /// When a consumer that sends no heartbeat loses its partitions (45 s). Whole milliseconds. With the protocol
        /// `consumer` the broker's `group.consumer.session.timeout.ms` decides instead.
        session_timeout: Duration => session_timeout;
        /// When a consumer that does not poll loses its partitions (5 min). Whole milliseconds.
        max_poll_interval: Duration => max_poll_interval;
        /// How long a first connection may take before it is an error (10 s).
        connect_timeout: Duration => connect_timeout;
        /// How many messages may be queued or in flight (100,000). A full queue makes the publisher wait.
        queue_messages: usize => queue_messages;
        /// The name of this service: the header `ce_source` of its events (`cq-events`).
        service_name: impl Into<String> => service_name.into();
        /// The schema registry's server; without it schemas have the ids of a
        /// [`LocalRegistry`](crate::registry::LocalRegistry).
        registry: RegistryConfig => Some(registry);
    }

    /// Sets a property of librdkafka (its CONFIGURATION.md has all of them), such as
    /// `("socket.keepalive.enable", "true")`. Properties that have a setter here, or that would break what the
    /// library promises, are refused by [`KafkaConfigBuilder::build`].
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.properties.insert(name.into(), value.into());
        self
    }

    pub(super) fn found(mut self, problems: Problems) -> Self {
        self.problems.extend(problems);
        self
    }

    pub(super) fn of(config: &KafkaConfig) -> Self {
        let (settings, registry) = ((*config.settings).clone(), config.registry.clone());
        Self { settings, problems: Problems::default(), registry }
    }

    /// Checks all settings, and reads the files that a registry's configuration names.
    ///
    /// # Errors
    /// Everything that is wrong with them, in one error.
    pub fn build(self) -> Result<KafkaConfig, ConfigError> {
        let mut problems = self.problems;
        check::check(&self.settings, &mut problems);
        let registry = self.settings.registry.as_ref().and_then(|config| {
            let known = self.registry.filter(|registry| registry.is_of(config));
            known.map_or_else(|| Server::new(config), Ok).map_err(|error| problems.merge(error)).ok()
        });
        problems.finish()?;
        Ok(KafkaConfig { settings: Arc::new(self.settings), registry })
    }
}
