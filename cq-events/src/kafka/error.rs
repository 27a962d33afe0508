use std::time::Duration;

use rdkafka::error::RDKafkaErrorCode;

use super::ConfigError;

/// Why something that was asked of Kafka did not work: connections, topics, offsets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KafkaError {
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// librdkafka refuses to make a client of the configuration.
    #[error("cannot create a Kafka client: {cause}")]
    Client {
        /// librdkafka's words.
        cause: String,
    },
    /// No broker answered in time.
    #[error(
        "no broker answers at {servers} within {}: {cause}; check KAFKA_BOOTSTRAP_SERVERS, the security settings, \
         and that a broker is running and reachable from here",
        seconds(*waited)
    )]
    NoBroker {
        /// The bootstrap servers.
        servers: String,
        /// How long was waited.
        waited: Duration,
        /// The last errors of the connections.
        cause: String,
    },
    /// Topics do not exist.
    #[error(
        "{} not exist on {servers}, and the broker does not create topics by itself: call \
         cq_events::kafka::create_topics, or use Kafka's own tools",
        topics_do(topics)
    )]
    TopicMissing {
        /// The topics, in the order in which they were asked for.
        topics: Vec<String>,
        /// The bootstrap servers.
        servers: String,
    },
    /// A name that no topic can have.
    #[error(
        "`{topic}` cannot be a topic: a name has 1 to 249 of the characters a-z, A-Z, 0-9, `.`, `_`, `-`"
    )]
    TopicName {
        /// The name.
        topic: String,
    },
    /// Topics exist, but not as the streams describe them.
    #[error("topics are not as their streams describe them:{}", lines(differences))]
    TopicsDiffer {
        /// All differences of all topics.
        differences: Vec<TopicDifference>,
    },
    /// The broker refused a request about a topic.
    #[error("{action} topic `{topic}`: {cause}")]
    Topic {
        /// What was tried, such as `cannot create`.
        action: &'static str,
        /// The topic.
        topic: String,
        /// The broker's words.
        cause: String,
    },
    /// A request failed.
    #[error("cannot {action} on {servers}: {cause}")]
    Request {
        /// What was tried, such as `read the committed offsets of group g`.
        action: String,
        /// The bootstrap servers.
        servers: String,
        /// librdkafka's or the broker's words.
        cause: String,
    },
    /// The async runtime shut down meanwhile.
    #[error("the async runtime shut down before Kafka answered")]
    RuntimeShutDown,
}

/// One way in which a topic differs from its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicDifference {
    /// The topic.
    pub topic: String,
    /// `partitions`, `replication`, or the name of a topic configuration such as `retention.ms`.
    pub setting: String,
    /// What the stream says.
    pub expected: String,
    /// What the broker says.
    pub found: String,
}

impl std::fmt::Display for TopicDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { topic, setting, expected, found } = self;
        write!(f, "{topic}: {setting} is {found}, expected {expected}")
    }
}

fn topics_do(topics: &[String]) -> String {
    match topics {
        [topic] => format!("topic `{topic}` does"),
        topics => format!("topics `{}` do", topics.join("`, `")),
    }
}

fn lines(differences: &[TopicDifference]) -> String {
    differences.iter().map(|difference| format!("\n  {difference}")).collect()
}

/// `10 s`, or `500 ms` where seconds would say too little.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis.is_multiple_of(1000) => format!("{} s", millis / 1000),
        millis => format!("{millis} ms"),
    }
}

/// The words for an error of librdkafka. Its configuration errors quote the value, which may be a secret, so only
/// the property is named.
pub(crate) fn words(error: &rdkafka::error::KafkaError) -> String {
    use rdkafka::error::KafkaError as Native;
    match error {
        Native::ClientConfig(_, _, property, _) => format!("librdkafka does not accept property {property}"),
        Native::ClientCreation(reason) | Native::AdminOpCreation(reason) => reason.clone(),
        Native::AdminOp(code) => code_words(*code),
        other => other.rdkafka_error_code().map_or_else(|| other.to_string(), code_words),
    }
}

/// `UnknownTopic (Local: Unknown topic)` is how librdkafka's code reads; the text in parentheses is enough.
pub(crate) fn code_words(code: RDKafkaErrorCode) -> String {
    let text = code.to_string();
    let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(text.clone(), str::to_owned)
}
