//! A broker with dead letters, and the command on it.

use std::ffi::{CStr, CString};
use std::process::Command;
use std::time::{Duration, Instant};

use cq_events::dead_letter::{Burial, ErrorKind, Place, buried};
use cq_events::event::{Header, Headers};
use cq_events::testing::EmbeddedBroker;
use rdkafka::bindings as sys;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header as NativeHeader, Headers as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::Offset;
use rdkafka::{Message, TopicPartitionList};

use crate::common::{Said, cq_events, said};

pub(crate) const SOURCE: &str = "orders.events";
pub(crate) const DLQ: &str = "orders.events-billing-dlq";
pub(crate) const PARTITIONS: i32 = 3;
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// What is sent, or was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) partition: i32,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Headers,
}

pub(crate) struct Bench {
    pub(crate) broker: EmbeddedBroker,
    producer: BaseProducer,
}

impl Bench {
    /// A broker with a topic and the topic of its dead letters.
    pub(crate) fn new() -> Self {
        let bench = Self::empty();
        bench.broker.create_topic(SOURCE, PARTITIONS).unwrap();
        bench.broker.create_topic(DLQ, PARTITIONS).unwrap();
        bench
    }

    pub(crate) fn empty() -> Self {
        let broker = EmbeddedBroker::start().unwrap();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", broker.bootstrap_servers())
            .set("message.max.bytes", "10000000")
            .set("queue.buffering.max.messages", "200000")
            .create()
            .unwrap();
        Self { broker, producer }
    }

    /// Sends messages, in their order.
    pub(crate) fn send(&self, topic: &str, messages: impl IntoIterator<Item = Sent>) {
        for Sent { partition, key, value, headers } in messages {
            let mut record = BaseRecord::<[u8], [u8]>::to(topic).partition(partition);
            record.key = key.as_deref();
            record.payload = value.as_deref();
            record.headers = Some(headers.iter().fold(OwnedHeaders::new(), |native, header| {
                native.insert(NativeHeader { key: &header.key, value: header.value.as_ref() })
            }));
            loop {
                match self.producer.send(record) {
                    Ok(()) => break,
                    Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                        self.producer.poll(Duration::from_millis(10));
                        record = back;
                    }
                    Err((error, _)) => panic!("{error}"),
                }
            }
        }
        self.producer.flush(DEADLINE).unwrap();
    }

    /// Sends a message with a header that rust-rdkafka would not send, since its name need not be text.
    pub(crate) fn send_with_a_header_named(&self, topic: &str, name: &CStr) {
        use sys::rd_kafka_vtype_t::{
            RD_KAFKA_VTYPE_END, RD_KAFKA_VTYPE_HEADER, RD_KAFKA_VTYPE_PARTITION, RD_KAFKA_VTYPE_TOPIC,
        };
        let topic = CString::new(topic).unwrap();
        // SAFETY: each tag is followed by the arguments that it stands for; the strings outlive the call, which copies.
        #[allow(unsafe_code, reason = "librdkafka is called as it is")]
        let error = unsafe {
            sys::rd_kafka_producev(
                self.producer.client().native_ptr(),
                RD_KAFKA_VTYPE_TOPIC,
                topic.as_ptr(),
                RD_KAFKA_VTYPE_PARTITION,
                0_i32,
                RD_KAFKA_VTYPE_HEADER,
                name.as_ptr(),
                c"x".as_ptr(),
                1_isize,
                RD_KAFKA_VTYPE_END,
            )
        };
        assert_eq!(error, sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR);
        self.producer.flush(DEADLINE).unwrap();
    }

    /// All messages of a topic, each partition in its order.
    pub(crate) fn read(&self, topic: &str) -> Vec<Sent> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.broker.bootstrap_servers())
            .set("group.id", "test")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), DEADLINE).unwrap();
        let partitions = i32::try_from(metadata.topics()[0].partitions().len()).unwrap();
        let mut list = TopicPartitionList::new();
        (0..partitions).for_each(|p| list.add_partition_offset(topic, p, Offset::Beginning).unwrap());
        consumer.assign(&list).unwrap();
        let (mut messages, mut ended, begin) = (Vec::new(), 0, Instant::now());
        while ended < partitions {
            assert!(begin.elapsed() < DEADLINE, "{topic} has no end");
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => messages.push(Sent {
                    partition: message.partition(),
                    key: message.key().map(<[u8]>::to_vec),
                    value: message.payload().map(<[u8]>::to_vec),
                    headers: message
                        .headers()
                        .into_iter()
                        .flat_map(|headers| headers.iter())
                        .map(|header| named(header.key, header.value))
                        .collect(),
                }),
                Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
                Some(Err(error)) => panic!("{error}"),
                None => {}
            }
        }
        messages.sort_by_key(|message| message.partition);
        messages
    }

    /// The command, with the environment that reaches the broker and no other.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = cq_events(&[&["dlq"], arguments].concat());
        command
            .env("KAFKA_BOOTSTRAP_SERVERS", self.broker.bootstrap_servers())
            .env("KAFKA_CONNECT_TIMEOUT_MS", "5000");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }
}

pub(crate) fn named(key: &str, value: Option<&[u8]>) -> Header {
    Header { key: key.to_owned(), value: value.map(<[u8]>::to_vec) }
}

pub(crate) fn text(key: &str, value: &str) -> Header {
    named(key, Some(value.as_bytes()))
}

/// A message of the source topic: number, key and partition.
pub(crate) fn message(number: usize) -> Sent {
    let key = number % 7;
    Sent {
        partition: i32::try_from(key).unwrap() % PARTITIONS,
        key: Some(format!("key-{key}").into_bytes()),
        value: Some(format!("value {number}").into_bytes()),
        headers: [
            text("ce_type", "shop.OrderPlaced"),
            text("number", &number.to_string()),
            named("null", None),
        ]
        .into_iter()
        .collect(),
    }
}

pub(crate) fn burial(message: &str, partition: i32, offset: i64) -> Burial<'_> {
    Burial {
        kind: ErrorKind::Failed,
        exception: "shop::StoreError",
        message,
        place: Place { topic: SOURCE.to_owned(), partition, offset },
        group: "billing",
        attempts: 4,
        failed_at: "2026-01-02T03:04:05.678Z".parse().unwrap(),
    }
}

/// A message as a dead letter.
pub(crate) fn dead(sent: Sent, burial: Burial<'_>) -> Sent {
    Sent { headers: buried(&sent.headers, burial), ..sent }
}

/// So many dead letters, of which each third was rejected.
pub(crate) fn letters(count: usize) -> impl Iterator<Item = Sent> {
    (0..count).map(|number| {
        let sent = message(number);
        let text = format!("no stock of order {number}");
        let kind = if number.is_multiple_of(3) { ErrorKind::Rejected } else { ErrorKind::Failed };
        let burial = burial(&text, sent.partition, i64::try_from(number).unwrap());
        dead(sent, Burial { kind, ..burial })
    })
}

/// The numbers of messages of the source topic, by their headers.
pub(crate) fn numbers(messages: &[Sent]) -> Vec<usize> {
    messages.iter().map(|message| message.headers.text("number").unwrap().parse().unwrap()).collect()
}

pub(crate) fn sorted(mut numbers: Vec<usize>) -> Vec<usize> {
    numbers.sort_unstable();
    numbers
}
