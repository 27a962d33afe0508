//! The reference: what a C program does over librdkafka's raw calls, with the properties that the library sets.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::consume::Consume;
use crate::load::{Encoded, Load, Stream, encoded};
use crate::measure::{Figures, Mark};
use crate::native::{Consumer, Producer};
use crate::publish::{How, Publish, WARM_UP};
use crate::{DEADLINE, consume};

/// How many messages a call gives at most.
const BATCH: usize = 1_000;
/// As the library does.
const COMMITTED_EVERY: Duration = Duration::from_secs(5);

/// Publishes, and waits for all reports.
pub async fn publish<S: Load>(job: &Publish) -> Figures {
    let messages = encoded::<S>().await;
    let producer = Producer::new(&producer_config(job), S::STREAM.topic);
    let has_headers = job.stream == Stream::Headed;
    // Connections and the producer's id are there before the clock starts.
    send(&producer, &messages, has_headers, How::Queued, WARM_UP);
    let begin = Mark::now();
    send(&producer, &messages, has_headers, job.how, job.messages);
    begin.until(Mark::now(), job.messages)
}

fn send(producer: &Producer, different: &[Encoded], has_headers: bool, how: How, messages: u64) {
    let goal = producer.delivered() + messages;
    let deadline = Instant::now() + DEADLINE;
    for (number, message) in (1..=messages).zip(different.iter().cycle()) {
        let Encoded { key, value, headers } = message;
        let offer = || match has_headers {
            true => producer.producev(key, value, headers),
            false => producer.produce(key, value),
        };
        while !offer() {
            producer.poll(100);
        }
        let in_flight = messages - number;
        if how == How::OneByOne {
            await_reports(producer, goal - in_flight, deadline);
        } else {
            producer.poll(0);
        }
    }
    await_reports(producer, goal, deadline);
}

fn await_reports(producer: &Producer, goal: u64, deadline: Instant) {
    while producer.delivered() < goal {
        assert!(Instant::now() < deadline, "{} of {goal} messages were reported", producer.delivered());
        producer.poll(100);
    }
}

/// Reads each message's bytes once, and commits every 5 s and at the end.
pub fn consume(job: &Consume, topic: &str) -> Figures {
    let started = Mark::now();
    let mut consumer = Consumer::new(&consumer_config(job), topic, BATCH);
    let (mut first, mut seen, mut sum) = (None, 0, 0_u64);
    let mut done = BTreeMap::new();
    let deadline = Instant::now() + DEADLINE;
    let mut committed = Instant::now();
    while seen < job.messages {
        assert!(Instant::now() < deadline, "{seen} of {} messages arrived", job.messages);
        consumer.consume(100, |record| {
            first.get_or_insert_with(Mark::now);
            sum += record.value.iter().map(|byte| u64::from(*byte)).sum::<u64>();
            consume::work(job.work_us);
            seen += 1;
            done.insert(record.partition, record.offset + 1);
        });
        if committed.elapsed() >= COMMITTED_EVERY {
            consumer.commit(&list(topic, &done), true);
            committed = Instant::now();
        }
    }
    let end = Mark::now();
    assert!(sum > 0 && seen == job.messages, "{seen} messages arrived, with bytes");
    consumer.commit(&list(topic, &done), false);
    consume::consumed(started, first.expect("a first message"), end, job.messages)
}

fn list(topic: &str, done: &BTreeMap<i32, i64>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in done {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).expect("a valid offset");
    }
    list
}

fn producer_config(job: &Publish) -> ClientConfig {
    config(&[
        ("bootstrap.servers", &job.servers),
        ("acks", "all"),
        ("compression.type", "snappy"),
        ("enable.idempotence", "true"),
        ("linger.ms", &job.linger_ms.to_string()),
        ("message.timeout.ms", "30000"),
        ("partitioner", "murmur2_random"),
        ("queue.buffering.max.messages", "100000"),
    ])
}

fn consumer_config(job: &Consume) -> ClientConfig {
    config(&[
        ("bootstrap.servers", &job.servers),
        ("group.id", &job.group),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("fetch.queue.backoff.ms", "20"),
        ("queued.max.messages.kbytes", "65536"),
    ])
}

fn config(properties: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    // A broker that has just started makes it warn of a retry.
    config.set("log_level", "3");
    config.extend(properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    config
}
