//! Topics byte for byte: what a test puts there, and what lies there, by rust-rdkafka alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cq_events::event::{Header, Headers};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

/// How long a broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message: to be sent, or as it lies in a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The partition.
    pub partition: i32,
    /// The offset, once it has one.
    pub offset: i64,
    /// The key's bytes.
    pub key: Option<Vec<u8>>,
    /// The value's bytes.
    pub value: Option<Vec<u8>>,
    /// All headers.
    pub headers: Headers,
    /// The timestamp, in milliseconds, where it lies in a topic.
    pub time: i64,
}

impl Record {
    /// Where it lies.
    pub fn place(&self) -> (i32, i64) {
        (self.partition, self.offset)
    }
}

/// A header.
pub fn header(key: &str, value: Option<&[u8]>) -> Header {
    Header { key: key.to_owned(), value: value.map(<[u8]>::to_vec) }
}

/// Sends messages in their order, and gives them their offsets.
pub async fn send(servers: &str, topic: &str, records: &mut [Record]) {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("enable.idempotence", "true")
        .set("message.max.bytes", "100000000")
        .set("queue.buffering.max.messages", "1000000")
        .create()
        .expect("a producer");
    let mut receipts = Vec::with_capacity(records.len());
    for record in records.iter() {
        let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, header| {
            let value = header.value.as_deref();
            headers.insert(rdkafka::message::Header { key: &header.key, value })
        });
        let mut raw = FutureRecord::<[u8], [u8]>::to(topic).partition(record.partition).headers(headers);
        (raw.key, raw.payload) = (record.key.as_deref(), record.value.as_deref());
        receipts.push(producer.send_result(raw).map_err(|(error, _)| error).expect("there is room"));
    }
    for (record, receipt) in records.iter_mut().zip(receipts) {
        let delivered = receipt.await.expect("it is told").map_err(|(error, _)| error);
        record.offset = delivered.expect("it is acknowledged").offset;
    }
    tokio::task::spawn_blocking(move || drop(producer)).await.expect("no panic");
}

/// All that lies in a topic now, by partition and offset; nothing, where there is no such topic.
pub async fn read(servers: &str, topic: &str) -> Vec<Record> {
    read_some(servers, topic, |_| true).await
}

/// The same of certain places only.
pub async fn read_some(
    servers: &str,
    topic: &str,
    wanted: impl Fn((i32, i64)) -> bool + Send + 'static,
) -> Vec<Record> {
    let (servers, topic) = (servers.to_owned(), topic.to_owned());
    tokio::task::spawn_blocking(move || read_now(&servers, &topic, wanted)).await.expect("no panic")
}

fn read_now(servers: &str, topic: &str, wanted: impl Fn((i32, i64)) -> bool) -> Vec<Record> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "nobody")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a client");
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).expect("the broker answers");
    let (mut starts, mut ends) = (TopicPartitionList::new(), BTreeMap::new());
    for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
        let id = partition.id();
        let (low, high) = consumer.fetch_watermarks(topic, id, PATIENCE).expect("the broker answers");
        if low < high {
            starts.add_partition_offset(topic, id, Offset::Offset(low)).expect("an offset");
            ends.insert(id, high);
        }
    }
    consumer.assign(&starts).expect("it is assigned");
    let (mut records, mut moved) = (Vec::new(), Instant::now());
    while !ends.is_empty() {
        assert!(moved.elapsed() < PATIENCE, "{topic} cannot be read to its end");
        let message = match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => message,
            // Brokers come and go.
            None | Some(Err(KafkaError::MessageConsumption(_))) => continue,
            Some(Err(error)) => panic!("{error}"),
        };
        moved = Instant::now();
        let (partition, offset) = (message.partition(), message.offset());
        if ends.get(&partition).is_some_and(|end| offset + 1 >= *end) {
            ends.remove(&partition);
        }
        if !wanted((partition, offset)) {
            continue;
        }
        let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
        records.push(Record {
            partition,
            offset,
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers.map(|found| header(found.key, found.value)).collect(),
            time: message.timestamp().to_millis().unwrap_or_default(),
        });
    }
    records.sort_by_key(Record::place);
    records
}

/// Deletes a topic.
pub async fn delete(servers: &str, topic: &str) {
    let deleted = admin(servers).delete_topics(&[topic], &AdminOptions::new()).await;
    deleted.expect("the broker answers").remove(0).map_err(|(_, code)| code).expect("it is deleted");
}

/// A setting of a topic.
pub async fn setting(servers: &str, topic: &str, name: &str) -> String {
    let topic = [ResourceSpecifier::Topic(topic)];
    let found = admin(servers).describe_configs(&topic, &AdminOptions::new()).await;
    let found = found.expect("the broker answers").remove(0).expect("the topic is there");
    found.get(name).and_then(|entry| entry.value.clone()).expect("the setting is there")
}

/// Changes a setting of a topic.
pub async fn set(servers: &str, topic: &str, name: &str, value: &str) {
    let change = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(name, value);
    let changed = admin(servers).alter_configs([&change], &AdminOptions::new()).await;
    changed.expect("the broker answers").remove(0).map_err(|(_, code)| code).expect("it is changed");
}

/// How many partitions a topic has; none, where it is not there.
pub async fn partitions(servers: &str, topic: &str) -> usize {
    let (client, topic) = (admin(servers), topic.to_owned());
    let ask = move || client.inner().fetch_metadata(Some(&topic), PATIENCE).expect("the broker answers");
    let metadata = tokio::task::spawn_blocking(ask).await.expect("no panic");
    metadata.topics().iter().map(|topic| topic.partitions().len()).sum()
}

fn admin(servers: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", servers).create().expect("a client")
}
