//! All settings with their defaults, and their names.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::values::{Acks, AutoOffsetReset, Compression, GroupProtocol, SaslMechanism, SecurityProtocol};
use crate::config::{REDACTED, Secret, is_secret};
use crate::registry::RegistryConfig;

/// The values behind a configuration and its builder.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) bootstrap_servers: String,
    pub(super) security_protocol: SecurityProtocol,
    pub(super) sasl_mechanism: Option<SaslMechanism>,
    pub(super) sasl_username: Option<String>,
    pub(super) sasl_password: Option<Secret>,
    pub(super) ssl_ca_location: Option<String>,
    pub(super) ssl_certificate_location: Option<String>,
    pub(super) ssl_key_location: Option<String>,
    pub(super) ssl_key_password: Option<Secret>,
    pub(super) group_id: Option<String>,
    pub(super) group_instance_id: Option<String>,
    pub(super) group_protocol: GroupProtocol,
    pub(super) auto_offset_reset: AutoOffsetReset,
    pub(super) client_id: Option<String>,
    pub(super) acks: Acks,
    pub(super) compression_type: Compression,
    pub(super) enable_idempotence: bool,
    pub(super) linger: Duration,
    pub(super) message_timeout: Duration,
    pub(super) session_timeout: Duration,
    pub(super) max_poll_interval: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) queue_messages: usize,
    pub(super) service_name: String,
    pub(super) registry: Option<RegistryConfig>,
    pub(super) properties: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bootstrap_servers: String::new(),
            security_protocol: SecurityProtocol::default(),
            sasl_mechanism: None,
            sasl_username: None,
            sasl_password: None,
            ssl_ca_location: None,
            ssl_certificate_location: None,
            ssl_key_location: None,
            ssl_key_password: None,
            group_id: None,
            group_instance_id: None,
            group_protocol: GroupProtocol::default(),
            auto_offset_reset: AutoOffsetReset::default(),
            client_id: None,
            acks: Acks::default(),
            compression_type: Compression::default(),
            enable_idempotence: true,
            linger: Duration::from_millis(5),
            message_timeout: Duration::from_secs(30),
            session_timeout: Duration::from_secs(45),
            max_poll_interval: Duration::from_secs(300),
            connect_timeout: Duration::from_secs(10),
            queue_messages: 100_000,
            service_name: "cq-events".to_owned(),
            registry: None,
            properties: BTreeMap::new(),
        }
    }
}

/// The variables that are read, each with the builder's method for the same setting.
pub(super) const VARIABLES: &[(&str, &str)] = &[
    ("KAFKA_BOOTSTRAP_SERVERS", "bootstrap_servers"),
    ("KAFKA_SECURITY_PROTOCOL", "security_protocol"),
    ("KAFKA_SASL_MECHANISM", "sasl_mechanism"),
    ("KAFKA_SASL_USERNAME", "sasl_username"),
    ("KAFKA_SASL_PASSWORD", "sasl_password"),
    ("KAFKA_SSL_CA_LOCATION", "ssl_ca_location"),
    ("KAFKA_SSL_CERTIFICATE_LOCATION", "ssl_certificate_location"),
    ("KAFKA_SSL_KEY_LOCATION", "ssl_key_location"),
    ("KAFKA_SSL_KEY_PASSWORD", "ssl_key_password"),
    ("KAFKA_GROUP_ID", "group_id"),
    ("KAFKA_GROUP_INSTANCE_ID", "group_instance_id"),
    ("KAFKA_GROUP_PROTOCOL", "group_protocol"),
    ("KAFKA_AUTO_OFFSET_RESET", "auto_offset_reset"),
    ("KAFKA_CLIENT_ID", "client_id"),
    ("KAFKA_ACKS", "acks"),
    ("KAFKA_COMPRESSION_TYPE", "compression_type"),
    ("KAFKA_ENABLE_IDEMPOTENCE", "enable_idempotence"),
    ("KAFKA_LINGER_MS", "linger"),
    ("KAFKA_MESSAGE_TIMEOUT_MS", "message_timeout"),
    ("KAFKA_SESSION_TIMEOUT_MS", "session_timeout"),
    ("KAFKA_MAX_POLL_INTERVAL_MS", "max_poll_interval"),
    ("KAFKA_CONNECT_TIMEOUT_MS", "connect_timeout"),
    ("KAFKA_QUEUE_MESSAGES", "queue_messages"),
    ("CQ_SERVICE_NAME", "service_name"),
];

/// The name of a setting in an error: the builder's method, and the variable.
pub(super) fn named(method: &str) -> String {
    match VARIABLES.iter().find(|(_, of)| *of == method) {
        Some((variable, _)) => format!("{variable} (builder: {method})"),
        None => method.to_owned(),
    }
}

/// Without any secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value): (&String, &String)| {
            (name.clone(), if is_secret(name) { REDACTED.to_owned() } else { value.clone() })
        };
        let properties: BTreeMap<String, String> = self.properties.iter().map(shown).collect();
        f.debug_struct("KafkaConfig")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("security_protocol", &self.security_protocol)
            .field("sasl_mechanism", &self.sasl_mechanism)
            .field("sasl_username", &self.sasl_username.as_ref().map(|_| REDACTED))
            .field("sasl_password", &self.sasl_password)
            .field("ssl_ca_location", &self.ssl_ca_location)
            .field("ssl_certificate_location", &self.ssl_certificate_location)
            .field("ssl_key_location", &self.ssl_key_location)
            .field("ssl_key_password", &self.ssl_key_password)
            .field("group_id", &self.group_id)
            .field("group_instance_id", &self.group_instance_id)
            .field("group_protocol", &self.group_protocol)
            .field("auto_offset_reset", &self.auto_offset_reset)
            .field("client_id", &self.client_id)
            .field("acks", &self.acks)
            .field("compression_type", &self.compression_type)
            .field("enable_idempotence", &self.enable_idempotence)
            .field("linger", &self.linger)
            .field("message_timeout", &self.message_timeout)
            .field("session_timeout", &self.session_timeout)
            .field("max_poll_interval", &self.max_poll_interval)
            .field("connect_timeout", &self.connect_timeout)
            .field("queue_messages", &self.queue_messages)
            .field("service_name", &self.service_name)
            .field("registry", &self.registry)
            .field("properties", &properties)
            .finish()
    }
}
