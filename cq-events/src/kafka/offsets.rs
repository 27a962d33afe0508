//! Where topics end, and how far groups are behind, asked from the broker.

use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::Offset;

use super::KafkaConfig;
use super::connect::{ClientEvents, Inquirer, blocking, client_error, inquire, request_error, settled};
use super::error::KafkaError;
use super::lookup::{described, legal};

/// The end of a partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PartitionOffset {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset that the next message gets (the high watermark).
    pub offset: i64,
}

/// How far a group is behind in a partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PartitionLag {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The group's committed offset: that of the next message to handle. None where it has not committed one.
    pub committed: Option<i64>,
    /// The offset that the next published message gets (the high watermark).
    pub end: i64,
    /// Offsets from the committed one, or from the oldest message where there is none or it is older, to the end.
    /// Compaction and transaction markers leave holes, so there may be fewer messages.
    pub lag: i64,
}

/// The ends of all partitions of `topics`, in their order and by partition.
///
/// # Errors
/// When no broker answers, or when a topic does not exist.
pub async fn end_offsets<T: Into<String>>(
    config: &KafkaConfig,
    topics: impl IntoIterator<Item = T>,
) -> Result<Vec<PartitionOffset>, KafkaError> {
    let (config, topics) = (config.clone(), owned(topics)?);
    blocking(move || {
        let ranges = ranges(&inquire(&config)?, &config, &topics)?;
        let ends = ranges.into_iter().map(|Range { topic, partition, high, .. }| PartitionOffset {
            topic,
            partition,
            offset: high,
        });
        Ok(ends.collect())
    })
    .await
}

/// How far `group` is behind in all partitions of `topics`, in their order and by partition. Does not join the
/// group.
///
/// # Errors
/// When no broker answers, when a topic does not exist, or when the group's offsets cannot be read.
pub async fn group_lag<T: Into<String>>(
    config: &KafkaConfig,
    group: &str,
    topics: impl IntoIterator<Item = T>,
) -> Result<Vec<PartitionLag>, KafkaError> {
    let (config, group, topics) = (config.clone(), group.to_owned(), owned(topics)?);
    blocking(move || {
        // Committed offsets first: an end that is read later is never behind them.
        let client = inquire(&config)?;
        let partitions = partitions(&client, &config, &topics)?;
        let committed = committed(&config, &group, &partitions)?;
        let ranges = ranges(&client, &config, &topics)?;
        let lags = ranges.into_iter().map(|Range { topic, partition, low, high }| {
            let known = committed.iter().find(|(of, number, _)| *of == topic && *number == partition);
            let committed = known.and_then(|(_, _, offset)| *offset);
            let lag = (high - committed.unwrap_or(low).max(low)).max(0);
            PartitionLag { topic, partition, committed, end: high, lag }
        });
        Ok(lags.collect())
    })
    .await
}

struct Range {
    topic: String,
    partition: i32,
    low: i64,
    high: i64,
}

fn owned<T: Into<String>>(topics: impl IntoIterator<Item = T>) -> Result<Vec<String>, KafkaError> {
    let topics: Vec<String> = topics.into_iter().map(Into::into).collect();
    topics.iter().try_for_each(|topic| legal(topic))?;
    Ok(topics)
}

fn partitions(
    client: &Inquirer,
    config: &KafkaConfig,
    topics: &[String],
) -> Result<Vec<(String, i32)>, KafkaError> {
    let mut partitions = Vec::new();
    for topic in topics {
        let metadata = client
            .client()
            .fetch_metadata(Some(topic), config.connect_timeout())
            .map_err(|error| request_error(config, format!("look up topic `{topic}`"), &error))?;
        drop(client.poll(Duration::ZERO));
        let found = described(&metadata, topic)?.ok_or_else(|| KafkaError::TopicMissing {
            topics: vec![topic.clone()],
            servers: config.bootstrap_servers().to_owned(),
        })?;
        partitions.extend((0..found.partitions).map(|partition| (topic.clone(), partition)));
    }
    Ok(partitions)
}

fn ranges(client: &Inquirer, config: &KafkaConfig, topics: &[String]) -> Result<Vec<Range>, KafkaError> {
    let range = |(topic, partition): (String, i32)| {
        let watermarks =
            settled(config, || client.client().fetch_watermarks(&topic, partition, config.connect_timeout()));
        let (low, high) = watermarks.map_err(|error| {
            request_error(
                config,
                format!("read the offsets of topic `{topic}`, partition {partition}"),
                &error,
            )
        })?;
        Ok(Range { topic, partition, low, high })
    };
    partitions(client, config, topics)?.into_iter().map(range).collect()
}

/// Topic, partition and committed offset.
type Committed = (String, i32, Option<i64>);

fn committed(
    config: &KafkaConfig,
    group: &str,
    partitions: &[(String, i32)],
) -> Result<Vec<Committed>, KafkaError> {
    let action = || format!("read the committed offsets of group `{group}`");
    let consumer: BaseConsumer<ClientEvents> = config
        .consumer_config(group)
        .create_with_context(ClientEvents::default())
        .map_err(|error| client_error(config, &error))?;
    let mut list = TopicPartitionList::new();
    for (topic, partition) in partitions {
        list.add_partition(topic, *partition);
    }
    let list = settled(config, || consumer.committed_offsets(list.clone(), config.connect_timeout()))
        .map_err(|error| request_error(config, action(), &error))?;
    // Not the metadata of a commit: rust-rdkafka panics at those that are not UTF-8.
    let committed = list.elements().into_iter().map(|element| {
        element.error().map_err(|error| request_error(config, action(), &error))?;
        let offset = match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        };
        Ok((element.topic().to_owned(), element.partition(), offset))
    });
    committed.collect()
}
