//! Reading a topic from offset to offset, outside of any group.

use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cq_events_schema::did_you_mean;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use rdkafka::topic_partition_list::Offset;

use crate::cluster::{Cluster, Events};
use crate::error::Error;
use crate::letter::Letter;

/// How a topic of dead letters ends.
pub(crate) const SUFFIX: &str = "-dlq";
/// How long to wait before asking again.
const AGAIN: Duration = Duration::from_millis(100);

/// Part of a partition: from `start` to before `end`. Compaction and transactions leave holes, so it may have fewer
/// messages than offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub partition: i32,
    /// The first offset.
    pub start: i64,
    /// The offset behind the last.
    pub end: i64,
}

impl Span {
    /// The number of its offsets.
    pub fn len(&self) -> u64 {
        u64::try_from(self.end - self.start).unwrap_or_default()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a message lies, or should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} at offset {}", self.topic, self.partition, self.offset)
    }
}

/// Reads the topics of a cluster.
pub struct Reader {
    pub(crate) cluster: Cluster,
    pub(crate) consumer: BaseConsumer<Events>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader that commits, where it does, in the name of `group`.
    ///
    /// # Errors
    /// When librdkafka makes no client of the configuration.
    pub fn new(cluster: &Cluster, group: &str) -> Result<Self, Error> {
        Ok(Self { cluster: cluster.clone(), consumer: cluster.consumer(group)? })
    }

    /// All topics, by name, and the number of their partitions. To ask for all of them creates none.
    ///
    /// # Errors
    /// When no broker answers.
    pub fn topics(&self) -> Result<Vec<(String, i32)>, Error> {
        let metadata = self.metadata()?;
        let topics = metadata.topics().iter().filter(|topic| !topic.partitions().is_empty());
        let mut topics: Vec<(String, i32)> = topics
            .map(|topic| {
                (topic.name().to_owned(), i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX))
            })
            .collect();
        topics.sort();
        Ok(topics)
    }

    fn metadata(&self) -> Result<Metadata, Error> {
        let begin = Instant::now();
        loop {
            let left = self.cluster.timeout.saturating_sub(begin.elapsed());
            if let Ok(metadata) = self.consumer.fetch_metadata(None, left.max(AGAIN)) {
                return Ok(metadata);
            }
            // Why a connection failed is told in polls.
            _ = self.consumer.poll(AGAIN);
            if begin.elapsed() >= self.cluster.timeout {
                return Err(self.cluster.no_broker(begin.elapsed(), self.consumer.context()));
            }
        }
    }

    /// What the partitions of a topic hold now.
    ///
    /// # Errors
    /// When no broker answers, or the topic does not exist.
    pub fn spans(&self, topic: &str) -> Result<Vec<Span>, Error> {
        let topics = self.topics()?;
        match topics.iter().find(|(name, _)| name == topic) {
            Some((_, partitions)) => (0..*partitions).map(|partition| self.span(topic, partition)).collect(),
            None => Err(Error::NoTopic {
                topic: topic.to_owned(),
                servers: self.cluster.servers().to_owned(),
                alike: alike(topic, &topics),
            }),
        }
    }

    fn span(&self, topic: &str, partition: i32) -> Result<Span, Error> {
        let begin = Instant::now();
        loop {
            match self.consumer.fetch_watermarks(topic, partition, self.cluster.timeout) {
                Ok((start, end)) => return Ok(Span { partition, start, end }),
                Err(error) if is_settling(&error) && begin.elapsed() < self.cluster.timeout => {
                    std::thread::sleep(AGAIN);
                }
                Err(error) => {
                    let action = format!("read the offsets of topic `{topic}`, partition {partition}");
                    return Err(self.cluster.request(action, &error));
                }
            }
        }
    }

    /// Shows `visit` the messages of a span in their order, until it breaks. The end is found by position: a hole
    /// there does not make it wait.
    ///
    /// # Errors
    /// Those of `visit`; when the broker refuses, or is silent for too long.
    pub fn read(
        &self,
        topic: &str,
        span: Span,
        mut visit: impl FnMut(Letter) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let Span { partition, start, end } = span;
        if span.is_empty() {
            return Ok(());
        }
        let refused = |error: &NativeError| {
            self.cluster.request(format!("read topic `{topic}`, partition {partition}"), error)
        };
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(start))
            .map_err(|error| refused(&error))?;
        self.consumer.assign(&list).map_err(|error| refused(&error))?;
        let mut heard = Instant::now();
        loop {
            match self.consumer.poll(AGAIN) {
                Some(Ok(message)) => {
                    use rdkafka::Message;
                    // Of the span before this one, if at all.
                    if message.partition() != partition || message.topic() != topic {
                        continue;
                    }
                    heard = Instant::now();
                    let next = message.offset() + 1;
                    if next > end || visit(Letter::of(&message))?.is_break() || next == end {
                        return Ok(());
                    }
                    // What the visit took is not the broker's silence.
                    heard = heard.max(Instant::now());
                }
                Some(Err(NativeError::PartitionEOF(at))) if at == partition => return Ok(()),
                Some(Err(error)) if is_refusal(&error) => return Err(refused(&error)),
                Some(Err(_)) | None if heard.elapsed() > self.cluster.patience() => {
                    return Err(self.cluster.no_broker(heard.elapsed(), self.consumer.context()));
                }
                Some(Err(_)) | None => {}
            }
        }
    }
}

/// The topics that may be meant by a name: the dead letters of it, or what is spelt like it.
fn alike(topic: &str, topics: &[(String, i32)]) -> Vec<String> {
    let names = || topics.iter().map(|(name, _)| name.as_str());
    let stem = topic.strip_suffix(SUFFIX).unwrap_or(topic);
    let within = names().filter(|name| !stem.is_empty() && name.ends_with(SUFFIX) && name.contains(stem));
    let mut alike: Vec<String> = within.take(3).map(str::to_owned).collect();
    if alike.is_empty() {
        let letters = names().filter(|name| name.ends_with(SUFFIX));
        let closest = did_you_mean(topic, letters).or_else(|| did_you_mean(topic, names()));
        alike.extend(closest.map(str::to_owned));
    }
    alike
}

/// Whether a cluster is only about to be ready for a topic.
fn is_settling(error: &NativeError) -> bool {
    error.rdkafka_error_code().is_some_and(|code| {
        matches!(
            code,
            RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownPartition
        )
    })
}

/// Whether it helps nothing to wait.
fn is_refusal(error: &NativeError) -> bool {
    matches!(error, NativeError::MessageConsumptionFatal(_))
        || error.rdkafka_error_code().is_some_and(|code| {
            matches!(
                code,
                RDKafkaErrorCode::TopicAuthorizationFailed
                    | RDKafkaErrorCode::GroupAuthorizationFailed
                    | RDKafkaErrorCode::UnknownTopicOrPartition
                    | RDKafkaErrorCode::UnknownTopic
                    | RDKafkaErrorCode::UnknownPartition
                    | RDKafkaErrorCode::Authentication
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_leads_to_those_that_are_alike() {
        let topics = ["orders", "orders-billing-dlq", "orders-mail-dlq", "users-mail-dlq"];
        let topics = topics.map(|name| (name.to_owned(), 1));
        assert_eq!(alike("orders-dlq", &topics), ["orders-billing-dlq", "orders-mail-dlq"]);
        assert_eq!(alike("order-biling-dlq", &topics), ["orders-billing-dlq"]);
        assert_eq!(alike("completely different", &topics), Vec::<String>::new());
    }
}
