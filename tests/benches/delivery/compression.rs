//! What each codec makes of the platform's events of all kinds, in production days.

use std::time::Duration;

use cq_events::event::EventStream;
use cq_events::kafka::Compression;
use cq_events::publish::StreamProducer;
use cq_events::{KafkaConfig, Producer};
use cq_events_examples::day::Day;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::measure::{Figures, Mark};

/// One run: so many days.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Compress {
    pub servers: String,
    pub codec: Codec,
    pub days: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    None,
    Snappy,
    Lz4,
    Zstd,
    Gzip,
}

impl Codec {
    pub const ALL: [Self; 5] = [Self::None, Self::Snappy, Self::Lz4, Self::Zstd, Self::Gzip];

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    fn setting(self) -> Compression {
        match self {
            Self::None => Compression::None,
            Self::Snappy => Compression::Snappy,
            Self::Lz4 => Compression::Lz4,
            Self::Zstd => Compression::Zstd,
            Self::Gzip => Compression::Gzip,
        }
    }
}

impl Compress {
    /// Publishes the days, stream by stream.
    pub async fn run(&self) -> Figures {
        let config = KafkaConfig::builder().bootstrap_servers(&self.servers);
        let config = config.compression_type(self.codec.setting()).build().expect("it is valid");
        let producer = Producer::connect(config).await.expect("a broker answers");
        let mut all = self.days();
        let begin = Mark::now();
        publish(&producer, std::mem::take(&mut all.inspection)).await;
        publish(&producer, std::mem::take(&mut all.manufacturing)).await;
        publish(&producer, std::mem::take(&mut all.quality)).await;
        publish(&producer, std::mem::take(&mut all.user)).await;
        publish(&producer, std::mem::take(&mut all.system)).await;
        let figures = begin.until(Mark::now(), producer.metrics().messages_sent);
        producer.close(Duration::from_secs(10)).await.expect("all is acknowledged");
        figures
    }

    /// The days one after the other, as one.
    fn days(&self) -> Day {
        let start = Timestamp::from_second(1_795_000_000).expect("a time");
        let days = (0..self.days).map(|number| {
            let hours = i64::try_from(24 * number).expect("few days");
            Day::new(&format!("day-{number:05}"), start.checked_add(hours.hours()).expect("a time"))
        });
        days.reduce(|mut all, day| {
            all.inspection.extend(day.inspection);
            all.manufacturing.extend(day.manufacturing);
            all.quality.extend(day.quality);
            all.user.extend(day.user);
            all.system.extend(day.system);
            all
        })
        .expect("a day at least")
    }
}

async fn publish<S: EventStream>(producer: &Producer, events: Vec<S>) {
    let stream = StreamProducer::<S>::new(producer).await.expect("the topic is there");
    for outcome in stream.publish_batch(events).await {
        outcome.expect("it is acknowledged");
    }
}
