//! librdkafka's properties: which ones users may set, and which ones each client gets.

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::settings::{Settings, named};
use super::values::{Choice, GroupProtocol};
use crate::config::Problems;
use crate::config::{REDACTED, Secret, is_secret};

/// Properties that have a setting of their own: with two places for one value, one of them would lose silently.
const OWN_SETTING: &[(&str, &str)] = &[
    ("bootstrap.servers", "bootstrap_servers"),
    ("metadata.broker.list", "bootstrap_servers"),
    ("security.protocol", "security_protocol"),
    ("sasl.mechanism", "sasl_mechanism"),
    ("sasl.mechanisms", "sasl_mechanism"),
    ("sasl.username", "sasl_username"),
    ("sasl.password", "sasl_password"),
    ("ssl.ca.location", "ssl_ca_location"),
    ("ssl.certificate.location", "ssl_certificate_location"),
    ("ssl.key.location", "ssl_key_location"),
    ("ssl.key.password", "ssl_key_password"),
    ("group.id", "group_id"),
    ("group.instance.id", "group_instance_id"),
    ("group.protocol", "group_protocol"),
    ("auto.offset.reset", "auto_offset_reset"),
    ("client.id", "client_id"),
    ("acks", "acks"),
    ("request.required.acks", "acks"),
    ("compression.type", "compression_type"),
    ("compression.codec", "compression_type"),
    ("enable.idempotence", "enable_idempotence"),
    ("linger.ms", "linger"),
    ("queue.buffering.max.ms", "linger"),
    ("queue.buffering.max.messages", "queue_messages"),
    ("message.timeout.ms", "message_timeout"),
    ("delivery.timeout.ms", "message_timeout"),
    ("session.timeout.ms", "session_timeout"),
    ("max.poll.interval.ms", "max_poll_interval"),
];

/// Properties that would break what the library promises, and why.
const REFUSED: &[(&str, &str)] = &[
    ("enable.auto.commit", "an offset is committed when its event is handled, and never by a timer"),
    ("auto.commit.enable", "an offset is committed when its event is handled, and never by a timer"),
    ("auto.commit.interval.ms", "an offset is committed when its event is handled, and never by a timer"),
    (
        "enable.auto.offset.store",
        "an offset is stored when its event is handled, and never when it is fetched",
    ),
    ("enable.partition.eof", "the end of a partition is no event"),
    ("transactional.id", "this version has no transactions"),
    ("delivery.report.only.error", "a publisher waits for the report of success as well"),
    ("test.mock.num.brokers", "messages would go to no Kafka; tests have `testing::EmbeddedBroker`"),
    ("log.queue", "log lines go to `tracing`"),
];

const ASSIGNOR: &str = "cooperative-sticky";

/// Checks the properties that a user sets.
pub(super) fn check(settings: &Settings, problems: &mut Problems) {
    for (name, value) in &settings.properties {
        let setting = format!("property {name}");
        if let Some((_, method)) = OWN_SETTING.iter().find(|(own, _)| own == name) {
            problems.add(setting, format!("has a setting of its own: use {}", named(method)));
        } else if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| refused == name) {
            problems.add(setting, format!("cannot be set: {why}; leave it out"));
        } else if name == "partition.assignment.strategy" && value != ASSIGNOR {
            problems.add(setting, format!("is `{value}`; it takes {ASSIGNOR} only"));
        } else if let Err(message) = accepted(name, value) {
            problems.add(setting, message);
        }
    }
}

/// Asks librdkafka; its own words contain the value, so those about a secret are not passed on.
fn accepted(name: &str, value: &str) -> Result<(), String> {
    let mut config = ClientConfig::new();
    config.set(name, value);
    match config.create_native_config() {
        Ok(_) => Ok(()),
        Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)) => {
            Err("is not a property of librdkafka (see its CONFIGURATION.md)".to_owned())
        }
        Err(_) if is_secret(name) => {
            Err("has a value that librdkafka does not accept (not shown: it may be a secret)".to_owned())
        }
        Err(KafkaError::ClientConfig(_, reason, ..)) => {
            Err(format!("is `{value}`: librdkafka says: {reason}"))
        }
        Err(_) => Err("holds a null character".to_owned()),
    }
}

/// What every client gets.
pub(super) fn common(settings: &Settings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &settings.bootstrap_servers);
    config.set("security.protocol", settings.security_protocol.as_str());
    // The default of 10 s would make a client that starts a moment before its broker miss the connect timeout.
    config.set("reconnect.backoff.max.ms", "1000");
    let texts = [
        ("sasl.username", &settings.sasl_username),
        ("ssl.ca.location", &settings.ssl_ca_location),
        ("ssl.certificate.location", &settings.ssl_certificate_location),
        ("ssl.key.location", &settings.ssl_key_location),
        ("client.id", &settings.client_id),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            config.set(name, value);
        }
    }
    if let Some(mechanism) = settings.sasl_mechanism {
        config.set("sasl.mechanisms", mechanism.as_str());
    }
    if let Some(password) = &settings.sasl_password {
        config.set("sasl.password", password.expose());
    }
    if let Some(password) = &settings.ssl_key_password {
        config.set("ssl.key.password", password.expose());
    }
    // Which lines are of interest is for the subscriber of `tracing` to say.
    let debug = settings.properties.contains_key("debug");
    config.set_log_level(if debug { RDKafkaLogLevel::Debug } else { RDKafkaLogLevel::Info });
    config
}

/// Adds what the user set; it comes last, so it wins.
pub(super) fn with_user_properties(mut config: ClientConfig, settings: &Settings) -> ClientConfig {
    config.extend(settings.properties.iter().map(|(name, value)| (name.clone(), value.clone())));
    config
}

pub(super) fn producer(settings: &Settings) -> ClientConfig {
    let mut config = common(settings);
    config.set("acks", settings.acks.as_str());
    config.set("compression.type", settings.compression_type.as_str());
    config.set("enable.idempotence", settings.enable_idempotence.to_string());
    if !settings.enable_idempotence {
        // Without idempotence a retried request would overtake the next one.
        config.set("max.in.flight.requests.per.connection", "1");
    }
    config.set("linger.ms", settings.linger.as_millis().to_string());
    config.set("message.timeout.ms", settings.message_timeout.as_millis().to_string());
    config.set("partitioner", "murmur2_random");
    // The bound that counts is our own (`publish::queue`). librdkafka frees the places of a batch of reports only
    // after the last of them, so its bound is twice ours and never the one that is met.
    config.set("queue.buffering.max.messages", settings.queue_messages.saturating_mul(2).to_string());
    with_user_properties(config, settings)
}

pub(super) fn consumer(settings: &Settings, group: &str) -> ClientConfig {
    let mut config = common(settings);
    config.set("group.id", group);
    // Where to start is looked up (`consume::start`); an offset that is out of range never jumps.
    config.set("auto.offset.reset", "error");
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    config.set("group.protocol", settings.group_protocol.as_str());
    // With the other protocol, the broker says what these are, and librdkafka refuses them.
    if settings.group_protocol == GroupProtocol::Classic {
        config.set("partition.assignment.strategy", ASSIGNOR);
        let session = settings.session_timeout.as_millis();
        config.set("session.timeout.ms", session.to_string());
        // librdkafka's 3 s are too few heartbeats for a short session; members also hear of a rebalance by them.
        config.set("heartbeat.interval.ms", (session / 8).clamp(1, 3_000).to_string());
    }
    if let Some(instance) = &settings.group_instance_id {
        config.set("group.instance.id", instance);
    }
    config.set("max.poll.interval.ms", settings.max_poll_interval.as_millis().to_string());
    // By default a full queue is left alone for a second, which caps a fast consumer.
    config.set("fetch.queue.backoff.ms", "20");
    config.set("queued.max.messages.kbytes", "65536");
    config.set("allow.auto.create.topics", "false");
    with_user_properties(config, settings)
}

/// `text` without any value of a secret setting: librdkafka's errors may quote one.
pub(super) fn scrub(settings: &Settings, text: &str) -> String {
    let own = [&settings.sasl_password, &settings.ssl_key_password];
    let own = own.into_iter().flatten().map(Secret::expose);
    let properties =
        settings.properties.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.as_str());
    own.chain(properties)
        .filter(|secret| !secret.is_empty())
        .fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
}
