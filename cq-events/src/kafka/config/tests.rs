use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, DefaultConsumerContext};

use super::{Acks, AutoOffsetReset, Compression, ConfigError, KafkaConfig, SaslMechanism, SecurityProtocol};
use crate::registry::RegistryConfig;

fn from(variables: &[(&str, &str)]) -> Result<KafkaConfig, ConfigError> {
    KafkaConfig::from_variables(
        variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))),
    )
}

fn with(variables: &[(&str, &str)]) -> Result<KafkaConfig, ConfigError> {
    from(&[&[("KAFKA_BOOTSTRAP_SERVERS", "a:9092")], variables].concat())
}

fn problem(variables: &[(&str, &str)]) -> String {
    with(variables).expect_err("a problem").to_string()
}

#[test]
fn every_variable_reaches_its_property() {
    let config = with(&[
        ("KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"),
        ("KAFKA_SASL_MECHANISM", "PLAIN"),
        ("KAFKA_SASL_USERNAME", "user"),
        ("KAFKA_SASL_PASSWORD", "hunter2"),
        ("KAFKA_GROUP_ID", "g"),
        ("KAFKA_AUTO_OFFSET_RESET", "latest"),
        ("KAFKA_CLIENT_ID", "me"),
        ("KAFKA_ACKS", "1"),
        ("KAFKA_COMPRESSION_TYPE", "zstd"),
        ("KAFKA_ENABLE_IDEMPOTENCE", "false"),
        ("KAFKA_LINGER_MS", "7"),
        ("KAFKA_MESSAGE_TIMEOUT_MS", "8000"),
        ("KAFKA_SESSION_TIMEOUT_MS", "9000"),
        ("KAFKA_MAX_POLL_INTERVAL_MS", "10000"),
        ("KAFKA_CONNECT_TIMEOUT_MS", "1500"),
        ("KAFKA_QUEUE_MESSAGES", "50"),
        ("KAFKA_PROPERTY_SOCKET_KEEPALIVE_ENABLE", "true"),
        ("CQ_SERVICE_NAME", "fab"),
    ])
    .unwrap();
    let producer = config.producer_config();
    for (name, value) in [
        ("bootstrap.servers", "a:9092"),
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanisms", "PLAIN"),
        ("sasl.username", "user"),
        ("sasl.password", "hunter2"),
        ("client.id", "me"),
        ("acks", "1"),
        ("compression.type", "zstd"),
        ("enable.idempotence", "false"),
        ("max.in.flight.requests.per.connection", "1"),
        ("linger.ms", "7"),
        ("message.timeout.ms", "8000"),
        ("queue.buffering.max.messages", "100"),
        ("partitioner", "murmur2_random"),
        ("socket.keepalive.enable", "true"),
    ] {
        assert_eq!(producer.get(name), Some(value), "{name}");
    }
    producer.create_native_config().unwrap();
    let consumer = config.consumer_config("g2");
    for (name, value) in [
        ("group.id", "g2"),
        // Where to start is looked up, and an offset that is out of range never jumps.
        ("auto.offset.reset", "error"),
        ("session.timeout.ms", "9000"),
        ("max.poll.interval.ms", "10000"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("allow.auto.create.topics", "false"),
        ("socket.keepalive.enable", "true"),
    ] {
        assert_eq!(consumer.get(name), Some(value), "{name}");
    }
    consumer.create_native_config().unwrap();
    assert_eq!(config.auto_offset_reset(), AutoOffsetReset::Latest);
    assert_eq!(config.group_id(), Some("g"));
    assert_eq!(config.service_name(), "fab");
    assert_eq!(config.connect_timeout(), Duration::from_millis(1500));
}

#[test]
fn the_broker_says_how_long_sessions_are_with_its_own_group_protocol() {
    let variables =
        [("KAFKA_GROUP_PROTOCOL", "consumer"), ("KAFKA_GROUP_INSTANCE_ID", "pod-1"), ("KAFKA_GROUP_ID", "g")];
    let consumer = with(&variables).unwrap().consumer_config("g");
    assert_eq!(consumer.get("group.protocol"), Some("consumer"));
    assert_eq!(consumer.get("group.instance.id"), Some("pod-1"));
    for refused in ["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"] {
        assert_eq!(consumer.get(refused), None, "{refused}");
    }
    assert_eq!(with(&[]).unwrap().consumer_config("g").get("group.protocol"), Some("classic"));
    let short = ("KAFKA_MAX_POLL_INTERVAL_MS", "8000");
    with(&[variables[0], short]).unwrap();
    with(&[short]).unwrap_err();
}

#[test]
fn the_defaults_lose_nothing() {
    let config = with(&[]).unwrap();
    let producer = config.producer_config();
    for (name, value) in [
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("linger.ms", "5"),
        ("message.timeout.ms", "30000"),
        ("compression.type", "snappy"),
    ] {
        assert_eq!(producer.get(name), Some(value), "{name}");
    }
    assert_eq!(config.connect_timeout(), Duration::from_secs(10));
    assert_eq!(config.queue_messages(), 100_000);
    assert_eq!(config.service_name(), "cq-events");
    assert_eq!(config.auto_offset_reset(), AutoOffsetReset::Earliest);
}

#[test]
fn all_problems_are_reported_together() {
    let error = from(&[
        ("KAFKA_ACKS", "alll"),
        ("KAFKA_COMPRESSION_TYPE", "snapy"),
        ("KAFKA_LINGER_MS", "soon"),
        ("KAFKA_ENABLE_IDEMPOTENCE", "yes"),
        ("KAFKA_BOOTSTRAP_SERVER", "a:9092"),
        ("KAFKA_PROPERTY_ENABLE_AUTO_COMMIT", "true"),
    ])
    .unwrap_err();
    let text = error.to_string();
    for part in [
        "KAFKA_ACKS is `alll`; it takes all, 1, 0 (did you mean all?)",
        "KAFKA_COMPRESSION_TYPE is `snapy`; it takes none, gzip, snappy, lz4, zstd (did you mean snappy?)",
        "KAFKA_LINGER_MS is `soon`; it takes a whole number of milliseconds",
        "KAFKA_ENABLE_IDEMPOTENCE is `yes`; it takes true, false",
        "KAFKA_BOOTSTRAP_SERVER is not a setting: did you mean KAFKA_BOOTSTRAP_SERVERS?",
        "KAFKA_BOOTSTRAP_SERVERS (builder: bootstrap_servers) is not set",
        "property enable.auto.commit cannot be set",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(text.matches("is not set").count(), 1, "{text}");
    assert_eq!(error.problems().len(), 7, "{text}");
}

#[test]
fn variables_of_other_tools_are_left_alone() {
    with(&[("KAFKA_HOME", "/opt"), ("KAFKA_OPTS", "-X"), ("KAFKA_HEAP_OPTS", "-X"), ("PATH", "x")]).unwrap();
    assert!(problem(&[("KAFKA_ACK", "all")]).contains("did you mean KAFKA_ACKS?"));
    assert!(problem(&[("KAFKA_GROUPID", "g")]).contains("did you mean KAFKA_GROUP_ID?"));
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let config = with(&[("KAFKA_GROUP_ID", ""), ("KAFKA_ACKS", "")]).unwrap();
    assert_eq!(config.group_id(), None);
    assert!(from(&[("KAFKA_BOOTSTRAP_SERVERS", "")]).is_err());
}

#[test]
fn bootstrap_servers_are_checked_one_by_one() {
    for good in ["a:1", "a:9092, b.example:9093", "[::1]:9092", "10.0.0.1:65535"] {
        from(&[("KAFKA_BOOTSTRAP_SERVERS", good)]).unwrap();
    }
    for (bad, part) in [
        ("a", "the port is missing"),
        ("a:0", "the port is no number from 1 to 65535"),
        ("a:99999", "the port is no number"),
        ("a:9092,,b:9092", "an empty entry"),
        ("PLAINTEXT://a:9092", "leave the protocol out"),
        (":9092", "the host is empty"),
        ("a b:9092", "the host is empty or holds a character"),
    ] {
        let error = from(&[("KAFKA_BOOTSTRAP_SERVERS", bad)]).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("KAFKA_BOOTSTRAP_SERVERS"), "{bad}: {error}");
    }
}

#[test]
fn an_idempotent_producer_needs_all_acknowledgements() {
    let error = problem(&[("KAFKA_ACKS", "1")]);
    assert!(error.contains("KAFKA_ACKS") && error.contains("KAFKA_ENABLE_IDEMPOTENCE"), "{error}");
    let builder = KafkaConfig::builder().bootstrap_servers("a:1").acks(Acks::None);
    assert!(builder.clone().build().is_err());
    builder.enable_idempotence(false).build().unwrap();
}

#[test]
fn protection_that_would_not_apply_is_an_error() {
    assert!(problem(&[("KAFKA_SASL_USERNAME", "u")]).contains("set that to SASL_SSL or SASL_PLAINTEXT"));
    assert!(problem(&[("KAFKA_SSL_CA_LOCATION", "/ca.pem")]).contains("set that to SSL or SASL_SSL"));
    let error = problem(&[("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")]);
    for part in ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] {
        assert!(error.contains(part), "{error}");
    }
}

#[cfg(not(any(feature = "tls", feature = "tls-vendored")))]
#[test]
fn tls_and_scram_name_the_feature_that_they_need() {
    assert!(problem(&[("KAFKA_SECURITY_PROTOCOL", "SSL")]).contains("feature `tls`"));
    let scram = [
        ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-256"),
        ("KAFKA_SASL_USERNAME", "u"),
        ("KAFKA_SASL_PASSWORD", "p"),
    ];
    assert!(problem(&scram).contains("SCRAM-SHA-256, which needs OpenSSL"));
}

#[test]
fn properties_with_a_setting_of_their_own_name_it() {
    for (property, setting) in [
        ("BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"),
        ("GROUP_ID", "KAFKA_GROUP_ID"),
        ("AUTO_OFFSET_RESET", "KAFKA_AUTO_OFFSET_RESET"),
        ("ENABLE_IDEMPOTENCE", "KAFKA_ENABLE_IDEMPOTENCE"),
        ("QUEUE_BUFFERING_MAX_MESSAGES", "KAFKA_QUEUE_MESSAGES"),
    ] {
        let error = problem(&[(&format!("KAFKA_PROPERTY_{property}"), "x")]);
        assert!(error.contains(&format!("use {setting}")), "{error}");
    }
    for refused in ["ENABLE_AUTO_OFFSET_STORE", "TRANSACTIONAL_ID", "DELIVERY_REPORT_ONLY_ERROR"] {
        assert!(problem(&[(&format!("KAFKA_PROPERTY_{refused}"), "x")]).contains("cannot be set"));
    }
    let error = problem(&[("KAFKA_PROPERTY_PARTITION_ASSIGNMENT_STRATEGY", "range")]);
    assert!(error.contains("takes cooperative-sticky only"), "{error}");
}

#[test]
fn a_property_of_two_underscores_has_one() {
    assert_eq!(super::env::property_name("KAFKA_PROPERTY_A_B__C").as_deref(), Some("a.b_c"));
}

#[test]
fn what_librdkafka_does_not_accept_is_named() {
    let error = problem(&[("KAFKA_PROPERTY_NO_SUCH_THING", "1")]);
    assert!(error.contains("property no.such.thing is not a property of librdkafka"), "{error}");
    let error = problem(&[("KAFKA_PROPERTY_SOCKET_TIMEOUT_MS", "soon")]);
    assert!(error.contains("property socket.timeout.ms is `soon`"), "{error}");
}

#[cfg(not(any(feature = "tls", feature = "tls-vendored")))]
#[test]
fn a_secret_that_librdkafka_does_not_accept_is_not_shown() {
    let error = problem(&[("KAFKA_PROPERTY_SSL_KEY_PEM", "hunter2")]);
    assert!(error.contains("ssl.key.pem") && !error.contains("hunter2"), "{error}");
}

#[cfg(any(feature = "tls", feature = "tls-vendored"))]
#[test]
fn tls_settings_reach_their_properties_and_hide_the_keys_password() {
    let config = with(&[
        ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
        ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"),
        ("KAFKA_SASL_USERNAME", "u"),
        ("KAFKA_SASL_PASSWORD", "hunter2"),
        ("KAFKA_SSL_CA_LOCATION", "/no/such/ca.pem"),
        ("KAFKA_SSL_CERTIFICATE_LOCATION", "/cert.pem"),
        ("KAFKA_SSL_KEY_LOCATION", "/key.pem"),
        ("KAFKA_SSL_KEY_PASSWORD", "hunter3"),
        ("KAFKA_PROPERTY_SSL_KEY_PEM", "hunter4"),
    ])
    .unwrap();
    let native = config.client_config(&[]);
    for (name, value) in [
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanisms", "SCRAM-SHA-512"),
        ("ssl.ca.location", "/no/such/ca.pem"),
        ("ssl.certificate.location", "/cert.pem"),
        ("ssl.key.location", "/key.pem"),
        ("ssl.key.password", "hunter3"),
    ] {
        assert_eq!(native.get(name), Some(value), "{name}");
    }
    assert!(!format!("{config:?}").contains("hunter"), "{config:?}");
    let error = crate::kafka::connect::inquire(&config).err().unwrap().to_string();
    assert!(error.contains("cannot create a Kafka client") && !error.contains("hunter"), "{error}");
}

#[test]
fn a_client_of_another_kind_has_its_own_properties_under_those_of_the_user() {
    let config = with(&[
        ("KAFKA_CLIENT_ID", "tool"),
        ("KAFKA_COMPRESSION_TYPE", "LZ4"),
        ("KAFKA_PROPERTY_FETCH_WAIT_MAX_MS", "7"),
    ])
    .unwrap();
    let native = config.client_config(&[("fetch.wait.max.ms", "20"), ("enable.partition.eof", "true")]);
    for (name, value) in [
        ("bootstrap.servers", config.bootstrap_servers()),
        ("client.id", "tool"),
        ("enable.partition.eof", "true"),
        ("fetch.wait.max.ms", "7"),
    ] {
        assert_eq!(native.get(name), Some(value), "{name}");
    }
    assert_eq!(config.compression_type(), "lz4");
}

#[test]
fn why_there_is_no_client_is_told_without_a_secret() {
    // What librdkafka says holds what is the password here.
    let config = with(&[
        ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        ("KAFKA_SASL_MECHANISM", "PLAIN"),
        ("KAFKA_SASL_USERNAME", "u"),
        ("KAFKA_SASL_PASSWORD", "must be"),
        ("KAFKA_PROPERTY_FETCH_MAX_BYTES", "1000"),
    ])
    .unwrap();
    let create = |name, value| {
        let own = [("group.id", "g"), (name, value)];
        let client = config.create(&own, RDKafkaLogLevel::Error, DefaultConsumerContext);
        client.map(|_: BaseConsumer| ()).unwrap_err()
    };
    let error = create("enable.auto.commit", "false");
    assert_eq!(error, "`fetch.max.bytes` [redacted] >= `message.max.bytes`");
    let error = create("enable.auto.commit", "hunter2");
    assert_eq!(error, "librdkafka does not accept property enable.auto.commit");
}

#[test]
fn no_secret_shows() {
    let config = with(&[
        ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        ("KAFKA_SASL_MECHANISM", "PLAIN"),
        ("KAFKA_SASL_USERNAME", "hunter-user"),
        ("KAFKA_SASL_PASSWORD", "hunter2"),
        ("SCHEMA_REGISTRY_URL", "http://hunter4:hunter5@registry:8081"),
    ])
    .unwrap();
    // Builds without OpenSSL refuse this property, so it stays in the builder.
    let builder = config.to_builder().property("sasl.oauthbearer.config", "hunter3");
    let shown = format!("{config:?} {builder:?} {:?}", config.registry());
    assert!(!shown.contains("hunter"), "{shown}");
    assert!(shown.contains("registry:8081"), "{shown}");
    assert_eq!(config.scrub("bad hunter2"), "bad [redacted]");
}

#[cfg(feature = "http")]
#[test]
fn what_is_built_of_a_configuration_shares_its_registry() {
    let config = with(&[("SCHEMA_REGISTRY_URL", "http://registry:8081")]).unwrap();
    let again = config.to_builder().group_id("g").build().unwrap();
    assert!(Arc::ptr_eq(&config.registry(), &again.registry()));
    assert!(format!("{:?}", config.registry()).contains("http://registry:8081"));
    let other = RegistryConfig::builder("http://other").build().unwrap();
    let other = config.to_builder().registry(other).build().unwrap();
    assert!(format!("{:?}", other.registry()).contains("http://other"));
    assert!(format!("{:?}", with(&[]).unwrap().registry()).contains("LocalRegistry"));
}

#[cfg(not(feature = "http"))]
#[test]
fn a_registry_that_cannot_be_spoken_to_is_an_error_and_never_a_local_id() {
    let error = with(&[("SCHEMA_REGISTRY_URL", "http://registry:8081")]).unwrap_err().to_string();
    assert!(error.contains("SCHEMA_REGISTRY_URL") && error.contains("feature `http`"), "{error}");
}

#[test]
fn what_is_wrong_with_the_registry_is_told_with_the_rest() {
    let error = with(&[
        ("KAFKA_LINGER_MS", "soon"),
        ("SCHEMA_REGISTRY_URL", "registry:8081"),
        ("SCHEMA_REGISTRY_TIMEOUT_MS", "0"),
    ])
    .unwrap_err();
    assert_eq!(error.problems().len(), 3, "{error}");
    let error = with(&[("SCHEMA_REGISTRY_TIMEOUT_MS", "100")]).unwrap_err().to_string();
    assert!(error.contains("SCHEMA_REGISTRY_URL (builder: urls) is not set"), "{error}");
}

#[test]
fn the_builder_continues_a_configuration() {
    let config = with(&[("KAFKA_CLIENT_ID", "me")]).unwrap();
    let config = config
        .to_builder()
        .group_id("x")
        .compression_type(Compression::Lz4)
        .linger(Duration::ZERO)
        .property("socket.keepalive.enable", "true")
        .build()
        .unwrap();
    let producer = config.producer_config();
    assert_eq!((producer.get("client.id"), producer.get("compression.type")), (Some("me"), Some("lz4")));
    assert_eq!(config.group_id(), Some("x"));
    let builder = config.to_builder().security_protocol(SecurityProtocol::SaslPlaintext);
    let builder = builder.sasl_mechanism(SaslMechanism::Plain).sasl_username("u").sasl_password("p");
    builder.build().unwrap();
}

#[test]
fn times_out_of_range_are_errors() {
    let builder = || KafkaConfig::builder().bootstrap_servers("a:1");
    assert!(builder().linger(Duration::from_secs(31)).build().is_err());
    assert!(builder().message_timeout(Duration::ZERO).build().is_err());
    assert!(builder().max_poll_interval(Duration::from_secs(10)).build().is_err());
    assert!(builder().connect_timeout(Duration::from_secs(1 << 40)).build().is_err());
    assert!(builder().queue_messages(0).build().is_err());
    assert!(builder().service_name("a\nb").build().is_err());
}
