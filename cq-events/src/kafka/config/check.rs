//! The rules between settings.

use std::time::Duration;

use super::properties;
use super::settings::{Settings, named};
use super::values::{Acks, Choice, GroupProtocol, SaslMechanism};
use crate::config::{Problems, Secret, is_secret, without_user_info};

/// Whether this build has TLS and SCRAM.
const TLS: bool = cfg!(any(feature = "tls", feature = "tls-vendored"));
const NEEDS_TLS: &str = "needs OpenSSL, which this build does not have: build cq-events with its feature `tls` \
                         (the system's OpenSSL) or `tls-vendored`";

/// The longest time that librdkafka's properties take: 24 days and a bit.
const MAX_MILLIS: u128 = i32::MAX as u128;

pub(super) fn check(settings: &Settings, problems: &mut Problems) {
    servers(&settings.bootstrap_servers, problems);
    security(settings, problems);
    delivery(settings, problems);
    times(settings, problems);
    texts(settings, problems);
    properties::check(settings, problems);
}

fn servers(list: &str, problems: &mut Problems) {
    let setting = || named("bootstrap_servers");
    if list.trim().is_empty() {
        return problems.add(setting(), "is not set: it takes a list of host:port, such as localhost:9092");
    }
    for server in list.split(',').map(str::trim) {
        if let Err(why) = server_address(server) {
            problems.add(setting(), format!("holds `{}`: {why}", without_user_info(server)));
        }
    }
}

fn server_address(server: &str) -> Result<(), &'static str> {
    if server.is_empty() {
        return Err("an empty entry; it takes a list of host:port with commas between");
    }
    if server.contains("://") {
        return Err("leave the protocol out; it is set by KAFKA_SECURITY_PROTOCOL");
    }
    let (host, port) = match server.strip_prefix('[') {
        Some(v6) => v6.split_once("]:").ok_or("an IPv6 address is written [address]:port")?,
        None => {
            server.rsplit_once(':').ok_or("the port is missing; it takes host:port, such as host:9092")?
        }
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let v6 = server.starts_with('[');
    if host.is_empty() || !host.chars().all(|c| legal(c) || (v6 && matches!(c, ':' | '%'))) {
        return Err("the host is empty or holds a character that no host has; it takes host:port");
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(()),
        _ => Err("the port is no number from 1 to 65535"),
    }
}

fn security(settings: &Settings, problems: &mut Problems) {
    let protocol = settings.security_protocol;
    if protocol.tls() && !TLS {
        problems.add(named("security_protocol"), format!("is {}, which {NEEDS_TLS}", protocol.as_str()));
    }
    if protocol.sasl() {
        match settings.sasl_mechanism {
            None => problems.add(
                named("sasl_mechanism"),
                format!(
                    "is not set, and {} needs it: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
                    protocol.as_str()
                ),
            ),
            Some(mechanism) if mechanism != SaslMechanism::Plain && !TLS => {
                problems
                    .add(named("sasl_mechanism"), format!("is {}, which {NEEDS_TLS}", mechanism.as_str()));
            }
            Some(_) => {}
        }
        for (method, missing) in [
            ("sasl_username", settings.sasl_username.is_none()),
            ("sasl_password", settings.sasl_password.is_none()),
        ] {
            if missing {
                problems.add(named(method), format!("is not set, and {} needs it", protocol.as_str()));
            }
        }
    }
    let unused = |applies: bool, given: &[(&str, bool)], wanted: &str, problems: &mut Problems| {
        for (method, _) in given.iter().filter(|(_, given)| *given && !applies) {
            // Ignoring it would connect without the protection that somebody asked for.
            let is = protocol.as_str();
            let protocol = named("security_protocol");
            problems
                .add(named(method), format!("has no effect with {protocol} = {is}: set that to {wanted}"));
        }
    };
    let sasl = [
        ("sasl_mechanism", settings.sasl_mechanism.is_some()),
        ("sasl_username", settings.sasl_username.is_some()),
        ("sasl_password", settings.sasl_password.is_some()),
    ];
    unused(protocol.sasl(), &sasl, "SASL_SSL or SASL_PLAINTEXT", problems);
    let ssl = [
        ("ssl_ca_location", settings.ssl_ca_location.is_some()),
        ("ssl_certificate_location", settings.ssl_certificate_location.is_some()),
        ("ssl_key_location", settings.ssl_key_location.is_some()),
        ("ssl_key_password", settings.ssl_key_password.is_some()),
    ];
    unused(protocol.tls(), &ssl, "SSL or SASL_SSL", problems);
}

fn delivery(settings: &Settings, problems: &mut Problems) {
    if settings.enable_idempotence && settings.acks != Acks::All {
        problems.add(
            named("acks"),
            format!(
                "is {}, but an idempotent producer needs all: leave it out, or set {} to false as well",
                settings.acks.as_str(),
                named("enable_idempotence")
            ),
        );
    }
    // librdkafka takes up to 10,000,000, and gets twice this.
    if !(1..=5_000_000).contains(&settings.queue_messages) {
        let message = format!("is {}; it takes 1 to 5,000,000 messages", settings.queue_messages);
        problems.add(named("queue_messages"), message);
    }
}

fn times(settings: &Settings, problems: &mut Problems) {
    let second = Duration::from_secs(1);
    // Name, value, and the most that librdkafka takes; all but the linger are at least a millisecond.
    let all = [
        ("linger", settings.linger, 900_000),
        ("message_timeout", settings.message_timeout, MAX_MILLIS),
        ("session_timeout", settings.session_timeout, 3_600_000),
        ("max_poll_interval", settings.max_poll_interval, 86_400_000),
        ("connect_timeout", settings.connect_timeout, MAX_MILLIS),
    ];
    for (method, value, most) in all {
        let least = u128::from(method != "linger");
        if !(least..=most).contains(&value.as_millis()) {
            problems
                .add(named(method), format!("is {} ms; it takes {least} to {most} ms", value.as_millis()));
        }
    }
    if settings.message_timeout <= settings.linger {
        problems.add(
            named("message_timeout"),
            format!(
                "is {} ms, not more than the linger of {} ms: every message would time out",
                settings.message_timeout.as_millis(),
                settings.linger.as_millis()
            ),
        );
    }
    // With the protocol `consumer`, the session is the broker's.
    let session = match settings.group_protocol {
        GroupProtocol::Classic => settings.session_timeout.max(second),
        GroupProtocol::Consumer => second,
    };
    if settings.max_poll_interval < session {
        problems.add(
            named("max_poll_interval"),
            format!(
                "is {} ms; it takes at least the session timeout of {} ms",
                settings.max_poll_interval.as_millis(),
                session.as_millis()
            ),
        );
    }
}

/// librdkafka and headers take C strings and one line.
fn texts(settings: &Settings, problems: &mut Problems) {
    let all = [
        ("sasl_username", settings.sasl_username.as_deref()),
        ("sasl_password", settings.sasl_password.as_ref().map(Secret::expose)),
        ("ssl_ca_location", settings.ssl_ca_location.as_deref()),
        ("ssl_certificate_location", settings.ssl_certificate_location.as_deref()),
        ("ssl_key_location", settings.ssl_key_location.as_deref()),
        ("ssl_key_password", settings.ssl_key_password.as_ref().map(Secret::expose)),
        ("group_id", settings.group_id.as_deref()),
        ("group_instance_id", settings.group_instance_id.as_deref()),
        ("client_id", settings.client_id.as_deref()),
        ("service_name", Some(settings.service_name.as_str())),
    ];
    for (method, value) in all {
        match value {
            Some("") => problems.add(named(method), "is empty"),
            Some(value) if value.contains('\0') => problems.add(named(method), "holds a null character"),
            Some(value) if !is_secret(method) && value.chars().any(char::is_control) => {
                problems.add(named(method), format!("is {value:?}: it holds a control character"));
            }
            _ => {}
        }
    }
}
