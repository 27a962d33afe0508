//! Settings from environment variables.

use std::ffi::OsString;
use std::time::Duration;

use super::builder::KafkaConfigBuilder;
use super::settings::VARIABLES;
use super::values::Choice;
use crate::config::{Problems, Secret, similar};
use crate::registry::RegistryConfigBuilder;

const PREFIX: &str = "KAFKA_";
const PROPERTY: &str = "KAFKA_PROPERTY_";

/// Reads every variable of ours among `variables`. An empty one counts as not set: that is what a compose file
/// makes of a variable that nobody defined.
pub(super) fn read(variables: impl IntoIterator<Item = (OsString, OsString)>) -> KafkaConfigBuilder {
    let mut builder = KafkaConfigBuilder::default();
    let mut problems = Problems::default();
    let (registry, variables): (Vec<_>, Vec<_>) =
        variables.into_iter().partition(|(name, _)| name.to_str().is_some_and(RegistryConfigBuilder::reads));
    let registry = RegistryConfigBuilder::from_variables(registry);
    if !registry.is_unset() {
        match registry.build() {
            Ok(registry) => builder = builder.registry(registry),
            Err(error) => problems.merge(error),
        }
    }
    let mut variables: Vec<(String, OsString)> = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, value)| concerns_us(name) && !value.is_empty())
        .collect();
    // The environment has no order; reports do.
    variables.sort();
    for (name, value) in variables {
        if !known(&name) {
            if let Some(meant) = misspelt(&name) {
                problems.add(name, format!("is not a setting: did you mean {meant}?"));
            }
            continue;
        }
        match value.into_string() {
            Ok(value) => {
                if let Err(message) = apply(&mut builder, &name, &value) {
                    problems.add(name, message);
                }
            }
            Err(_) => problems.add(name, "is not valid UTF-8"),
        }
    }
    builder.found(problems)
}

/// `socket.keepalive.enable` for `KAFKA_PROPERTY_SOCKET_KEEPALIVE_ENABLE`.
pub(super) fn property_name(variable: &str) -> Option<String> {
    let name = variable.strip_prefix(PROPERTY)?.to_ascii_lowercase();
    Some(name.split("__").map(|part| part.replace('_', ".")).collect::<Vec<_>>().join("_"))
}

fn concerns_us(name: &str) -> bool {
    name.starts_with(PREFIX) || VARIABLES.iter().any(|(variable, _)| *variable == name)
}

fn known(name: &str) -> bool {
    name.starts_with(PROPERTY) || VARIABLES.iter().any(|(variable, _)| *variable == name)
}

/// Other tools have variables that begin with `KAFKA_` too, so only a near miss is a mistake.
fn misspelt(name: &str) -> Option<String> {
    let word = name.strip_prefix(PREFIX)?;
    let ours = VARIABLES.iter().filter_map(|(variable, _)| variable.strip_prefix(PREFIX));
    similar(word, ours).map(|meant| format!("{PREFIX}{meant}"))
}

fn apply(builder: &mut KafkaConfigBuilder, name: &str, value: &str) -> Result<(), String> {
    let settings = &mut builder.settings;
    let text = || value.to_owned();
    match name {
        "KAFKA_BOOTSTRAP_SERVERS" => settings.bootstrap_servers = text(),
        "KAFKA_SECURITY_PROTOCOL" => settings.security_protocol = Choice::parse(value)?,
        "KAFKA_SASL_MECHANISM" => settings.sasl_mechanism = Some(Choice::parse(value)?),
        "KAFKA_SASL_USERNAME" => settings.sasl_username = Some(text()),
        "KAFKA_SASL_PASSWORD" => settings.sasl_password = Some(Secret::new(value)),
        "KAFKA_SSL_CA_LOCATION" => settings.ssl_ca_location = Some(text()),
        "KAFKA_SSL_CERTIFICATE_LOCATION" => settings.ssl_certificate_location = Some(text()),
        "KAFKA_SSL_KEY_LOCATION" => settings.ssl_key_location = Some(text()),
        "KAFKA_SSL_KEY_PASSWORD" => settings.ssl_key_password = Some(Secret::new(value)),
        "KAFKA_GROUP_ID" => settings.group_id = Some(text()),
        "KAFKA_GROUP_INSTANCE_ID" => settings.group_instance_id = Some(text()),
        "KAFKA_GROUP_PROTOCOL" => settings.group_protocol = Choice::parse(value)?,
        "KAFKA_AUTO_OFFSET_RESET" => settings.auto_offset_reset = Choice::parse(value)?,
        "KAFKA_CLIENT_ID" => settings.client_id = Some(text()),
        "KAFKA_ACKS" => settings.acks = Choice::parse(value)?,
        "KAFKA_COMPRESSION_TYPE" => settings.compression_type = Choice::parse(value)?,
        "KAFKA_ENABLE_IDEMPOTENCE" => settings.enable_idempotence = boolean(value)?,
        "KAFKA_LINGER_MS" => settings.linger = millis(value)?,
        "KAFKA_MESSAGE_TIMEOUT_MS" => settings.message_timeout = millis(value)?,
        "KAFKA_SESSION_TIMEOUT_MS" => settings.session_timeout = millis(value)?,
        "KAFKA_MAX_POLL_INTERVAL_MS" => settings.max_poll_interval = millis(value)?,
        "KAFKA_CONNECT_TIMEOUT_MS" => settings.connect_timeout = millis(value)?,
        "KAFKA_QUEUE_MESSAGES" => {
            settings.queue_messages =
                value.parse().map_err(|_| format!("is `{value}`; it takes a number of messages"))?;
        }
        "CQ_SERVICE_NAME" => settings.service_name = text(),
        property => {
            if let Some(name) = property_name(property) {
                settings.properties.insert(name, text());
            }
        }
    }
    Ok(())
}

fn boolean(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("is `{value}`; it takes true, false")),
    }
}

fn millis(value: &str) -> Result<Duration, String> {
    value
        .parse()
        .map(Duration::from_millis)
        .map_err(|_| format!("is `{value}`; it takes a whole number of milliseconds, such as 5000"))
}
