//! Whether both sides publish the same: else the one would be held against a reference of something else.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::DEADLINE;
use crate::lab::Lab;
use crate::load::Stream;
use crate::publish::{How, Publish, WARM_UP};

const MESSAGES: u64 = 2_000;

/// What of a message does not differ from run to run. Sorted, it tells the order in each partition, too.
type Carried = (i32, i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(String, Option<Vec<u8>>)>);

/// Each message of the library is the reference's, byte by byte: value, key, headers, partition and offset.
pub fn assert_same(lab: &Lab, stream: Stream, partitions: i32) {
    let [reference, ours] = [true, false].map(|is_reference| {
        let (servers, how) = (lab.servers(), How::Queued);
        let job = Publish { servers, stream, is_reference, how, messages: MESSAGES, linger_ms: 5 };
        lab.publish(job, partitions);
        read(lab, stream.topic(), partitions)
    });
    assert!(reference == ours, "the reference publishes something else to {}", stream.topic());
}

fn read(lab: &Lab, topic: &str, partitions: i32) -> Vec<Carried> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", lab.servers()).set("group.id", "same");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut all = TopicPartitionList::new();
    for partition in 0..partitions {
        all.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
    }
    consumer.assign(&all).expect("partitions");
    let mut carried = Vec::new();
    let deadline = Instant::now() + DEADLINE;
    while carried.len() as u64 != WARM_UP + MESSAGES {
        assert!(Instant::now() < deadline, "{} messages of {topic} arrived", carried.len());
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let message = message.expect("a message");
        let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
        let headers = headers.map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)));
        let (key, value) = (message.key().map(<[u8]>::to_vec), message.payload().map(<[u8]>::to_vec));
        carried.push((message.partition(), message.offset(), key, value, headers.collect()));
    }
    carried.sort();
    carried
}
