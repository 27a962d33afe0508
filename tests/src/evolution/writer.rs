//! A program of one generation.

use std::path::Path;
use std::time::Duration;

use cq_events::Producer;
use cq_events::codec::{self, DecodeLimits};
use cq_events::event::EventStream;
use cq_events::kafka::KafkaConfig;
use cq_events::publish::StreamProducer;

use crate::values::Values;

/// Publishes as many events of each type as the first argument says, on the broker of the environment, and keeps the
/// assembled schema in the folder of the second, as one does with a release.
pub fn write<S: EventStream>(generation: &str) {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().and_then(|text| text.parse().ok()).expect("a number of events");
    let folder = arguments.next().expect("a folder");
    let schema = Path::new(&folder).join(format!("sensor-{generation}.avsc"));
    std::fs::write(schema, S::STREAM.schema).expect("the folder can be written to");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(publish::<S>(count, generation));
}

async fn publish<S: EventStream>(count: usize, generation: &str) {
    let config = KafkaConfig::from_env().expect("the environment names a broker");
    let producer = Producer::connect(config).await.expect("a broker answers");
    let stream = StreamProducer::<S>::new(&producer).await.expect("the topic is there");
    let seed = generation.bytes().fold(7, |seed, byte| seed * 31 + u64::from(byte));
    let mut values = Values::new(S::STREAM.schema, seed);
    let mut receipts = Vec::new();
    for branch in 0..S::STREAM.events.len() {
        for _ in 0..count {
            let datum = values.event(branch);
            let event: S = codec::decode(&datum, DecodeLimits::DEFAULT).expect("a value of the schema");
            receipts.push(stream.queue(event).await.expect("it is accepted"));
        }
    }
    for receipt in receipts {
        receipt.await.expect("it is acknowledged");
    }
    producer.close(Duration::from_secs(30)).await.expect("all is sent");
}
