//! Whether topics exist, as any client of librdkafka sees it.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;

use super::KafkaConfig;
use super::connect::{blocking, request_error};
use super::error::{KafkaError, code_words};

/// How long a broker that creates topics by itself may take.
const GRACE: Duration = Duration::from_secs(3);
/// How long to wait before asking again.
pub(super) const POLL: Duration = Duration::from_millis(100);

/// Waits until all `topics` exist, for at most 3 s: a broker that creates topics by itself needs a moment.
///
/// `fetch` asks for the metadata of one topic: `fetch_metadata(Some(topic), timeout)` of the client that will use
/// it. It blocks, and runs off the async runtime.
pub(crate) async fn require_topics(
    config: &KafkaConfig,
    topics: Vec<String>,
    fetch: impl Fn(&str, Duration) -> Result<Metadata, NativeError> + Send + 'static,
) -> Result<(), KafkaError> {
    let config = config.clone();
    topics.iter().try_for_each(|topic| legal(topic))?;
    blocking(move || {
        let deadline = Instant::now() + GRACE;
        let mut missing = topics;
        loop {
            let mut still = Vec::new();
            for topic in missing {
                let metadata = fetch(&topic, config.connect_timeout())
                    .map_err(|error| request_error(&config, format!("look up topic `{topic}`"), &error))?;
                if described(&metadata, &topic)?.is_none() {
                    still.push(topic);
                }
            }
            if still.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let servers = config.bootstrap_servers().to_owned();
                return Err(KafkaError::TopicMissing { topics: still, servers });
            }
            missing = still;
            std::thread::sleep(POLL);
        }
    })
    .await
}

/// What a broker says of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) partitions: i32,
    pub(super) replication: usize,
    /// Whether every partition has a leader.
    pub(super) led: bool,
}

/// What metadata say of a topic, or None where it does not exist (yet).
pub(super) fn described(metadata: &Metadata, topic: &str) -> Result<Option<Found>, KafkaError> {
    let Some(described) = metadata.topics().iter().find(|described| described.name() == topic) else {
        return Ok(None);
    };
    if let Some(error) = described.error() {
        return match RDKafkaErrorCode::from(error) {
            RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::LeaderNotAvailable => Ok(None),
            code => Err(KafkaError::Topic {
                action: "cannot look up",
                topic: topic.to_owned(),
                cause: code_words(code),
            }),
        };
    }
    let partitions = described.partitions();
    if partitions.is_empty() {
        return Ok(None);
    }
    Ok(Some(Found {
        partitions: i32::try_from(partitions.len()).unwrap_or(i32::MAX),
        replication: partitions.iter().map(|partition| partition.replicas().len()).min().unwrap_or_default(),
        led: partitions.iter().all(|partition| partition.leader() >= 0),
    }))
}

/// rust-rdkafka panics at some of the names that no topic can have.
pub(crate) fn legal(topic: &str) -> Result<(), KafkaError> {
    let character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fits = (1..=249).contains(&topic.len()) && topic != "." && topic != "..";
    if fits && topic.chars().all(character) {
        Ok(())
    } else {
        Err(KafkaError::TopicName { topic: topic.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_topic_can_have_are_refused() {
        for name in ["", ".", "..", "a b", "a/b", "ä", &"x".repeat(250), "a\0b"] {
            assert!(legal(name).is_err(), "{name:?}");
        }
        legal("chip-quality.inspection_events").unwrap();
    }
}
