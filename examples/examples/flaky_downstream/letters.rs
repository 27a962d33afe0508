//! The dead letters, by the client of Kafka that the library itself stands on: what `cq-events dlq list` and
//! `cq-events dlq replay` do for you.

use std::time::{Duration, Instant};

use cq_events::KafkaConfig;
use cq_events::dead_letter::{DeadLetter, replayed};
use cq_events::event::{Header, Headers};
use cq_events_examples::program::Failure;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, Message as _, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

const PATIENCE: Duration = Duration::from_secs(10);

/// A client with what both need.
pub fn client(config: &KafkaConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", config.bootstrap_servers()).set("group.id", "letters");
    client
}

/// So many messages of a topic. Blocks.
pub fn read(client: &ClientConfig, topic: &str, count: usize) -> Result<Vec<OwnedMessage>, Failure> {
    let consumer: BaseConsumer = client.create()?;
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let (begun, mut letters) = (Instant::now(), Vec::new());
    while letters.len() < count && begun.elapsed() < PATIENCE {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            letters.push(message?.detach());
        }
    }
    if letters.len() < count {
        return Err(format!("{} of {count} messages of {topic} arrived", letters.len()).into());
    }
    Ok(letters)
}

/// The headers, as the library has them.
pub fn headers(message: &OwnedMessage) -> Headers {
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    headers
        .map(|header| Header { key: header.key.to_owned(), value: header.value.map(<[u8]>::to_vec) })
        .collect()
}

/// Publishes a dead letter back to where it came from, with its own headers, and how often that was done.
pub async fn replay(
    producer: &FutureProducer,
    message: &OwnedMessage,
    letter: &DeadLetter,
) -> Result<(), Failure> {
    let headers = replayed(&headers(message), letter);
    let native = headers.iter().fold(OwnedHeaders::new(), |native, Header { key, value }| {
        native.insert(rdkafka::message::Header { key, value: value.as_deref() })
    });
    let record = FutureRecord::<[u8], [u8]> {
        topic: &letter.last.topic,
        partition: Some(letter.last.partition),
        payload: message.payload(),
        key: message.key(),
        timestamp: None,
        headers: Some(native),
    };
    producer.send(record, PATIENCE).await.map_err(|(error, _)| error)?;
    Ok(())
}
