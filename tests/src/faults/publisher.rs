//! Publishes numbered events at a pace, and writes down what the broker acknowledged.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chip_quality_events::inspection::{InspectionEvent, InspectionEventProducer};
use cq_events::event::StreamSchema as _;
use cq_events::{KafkaConfig, Producer};
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::fate::Fate;
use super::random::Random;
use super::record::{Micros, Published, now};
use super::worker::event;

/// How often it looks at the clock.
const TICK: Duration = Duration::from_millis(5);

/// Publishes events until it is told to end, or has published all.
///
/// An event that is not acknowledged ends it with an error: the reader could not tell whether it is there. So its
/// configuration has a message timeout that outlasts all faults.
#[derive(Debug)]
pub struct Publisher {
    /// Events a second; none any more at 0.
    pace: watch::Sender<u64>,
    counts: Arc<Counts>,
    publishing: JoinHandle<Result<(), String>>,
}

/// How many events there are of some kind.
#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    /// Those that are to be handled, and no dead letters.
    queued: AtomicU64,
    acknowledged: AtomicU64,
}

/// What is published.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many keys there are.
    pub keys: u32,
    /// How many events, at most.
    pub events: u64,
    /// How many a second, to begin with.
    pub pace: u64,
    /// What decides the order of the keys.
    pub seed: u64,
    /// Whether handlers fail for some, and some are poison.
    pub fails: bool,
}

impl Publisher {
    /// Begins to publish.
    pub async fn start(config: KafkaConfig, load: Load, file: &Path) -> Self {
        let breaker = Breaker::new(&config);
        let producer = Producer::connect(config).await.expect("a broker answers");
        let stream = InspectionEventProducer::new(&producer).await.expect("the topic is there");
        let (pace, paced) = watch::channel(load.pace);
        let counts = Arc::<Counts>::default();
        let (receipts, awaited) = unbounded_channel();
        let collecting = tokio::spawn(collect(awaited, Arc::clone(&counts), file.to_owned()));
        let counting = Arc::clone(&counts);
        let publishing = tokio::spawn(async move {
            let published = publish(&stream, &breaker, load, paced, &counting, receipts).await;
            let collected = collecting.await.expect("no panic");
            tokio::task::spawn_blocking(move || drop(breaker)).await.expect("no panic");
            let closed = producer.close(Duration::from_secs(60)).await.map_err(|error| error.to_string());
            published.and(collected).and(closed)
        });
        Self { pace, counts, publishing }
    }

    /// Publishes at another pace from now on.
    pub fn set_pace(&self, events_a_second: u64) {
        self.pace.send_replace(events_a_second);
    }

    /// How many events were given to the producer.
    pub fn sent(&self) -> u64 {
        self.counts.sent.load(Ordering::Relaxed)
    }

    /// How many of them are to be handled, and are no poison.
    pub fn queued(&self) -> u64 {
        self.counts.queued.load(Ordering::Relaxed)
    }

    /// How many of those the broker has.
    pub fn acknowledged(&self) -> u64 {
        self.counts.acknowledged.load(Ordering::Relaxed)
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.publishing.is_finished()
    }

    /// Publishes no more, and waits until all is acknowledged and written down: how many events are to be
    /// handled.
    pub async fn finish(self) -> Result<u64, String> {
        self.pace.send_replace(0);
        self.publishing.await.expect("no panic")?;
        Ok(self.counts.acknowledged.load(Ordering::Relaxed))
    }
}

/// Publishes what is no event, by rust-rdkafka alone: the library would refuse to.
struct Breaker(FutureProducer);

impl Breaker {
    fn new(config: &KafkaConfig) -> Self {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", config.bootstrap_servers())
            .set("enable.idempotence", "true")
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", config.message_timeout().as_millis().to_string())
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Critical)
            .create();
        Self(producer.expect("a client"))
    }

    fn queue(&self, key: u32) -> Result<Place, String> {
        let (key, value) = (key.to_string(), "{\"inspection_id\": \"no Avro\"}");
        let record = FutureRecord::to(InspectionEvent::STREAM.topic).key(&key).payload(value);
        let receipt = self.0.send_result(record).map_err(|(error, _)| error.to_string())?;
        Ok(Box::pin(async move {
            let delivered = receipt.await.map_err(|error| error.to_string())?;
            let place = delivered.map_err(|(error, _)| error.to_string())?;
            Ok((place.partition, place.offset))
        }))
    }
}

/// Gives the place that the broker has acknowledged.
type Place = Pin<Box<dyn Future<Output = Result<(i32, i64), String>> + Send>>;

struct Queued {
    key: u32,
    seq: u32,
    fate: Fate,
    time: Micros,
    place: Place,
}

async fn publish(
    stream: &InspectionEventProducer,
    breaker: &Breaker,
    load: Load,
    pace: watch::Receiver<u64>,
    counts: &Counts,
    receipts: UnboundedSender<Queued>,
) -> Result<(), String> {
    let (mut random, mut last) = (Random::new(load.seed), vec![0_u32; load.keys as usize]);
    let (mut sent, mut owed) = (0, 0.0);
    let mut ticks = tokio::time::interval(TICK);
    // A tick that comes late is not made up for by a burst.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while sent < load.events {
        ticks.tick().await;
        let pace = *pace.borrow();
        if pace == 0 {
            break;
        }
        owed += pace as f64 * TICK.as_secs_f64();
        while owed >= 1.0 && sent < load.events {
            owed -= 1.0;
            let key = u32::try_from(random.of(0..load.keys.into())).expect("a key");
            let fate = if load.fails { Fate::drawn(&mut random) } else { Fate::Good };
            let time = now();
            let (seq, place) = if fate == Fate::Broken {
                (0, breaker.queue(key)?)
            } else {
                let seq = &mut last[key as usize];
                *seq += 1;
                let receipt =
                    stream.queue(event(key, *seq, fate)).await.map_err(|error| error.to_string())?;
                let place = async {
                    let place = receipt.await.map_err(|error| error.to_string())?;
                    Ok((place.partition, place.offset))
                };
                (*seq, Box::pin(place) as Place)
            };
            let queued = Queued { key, seq, fate, time, place };
            receipts.send(queued).map_err(|_| "an event was not acknowledged")?;
            sent += 1;
            counts.sent.store(sent, Ordering::Relaxed);
            counts.queued.fetch_add(u64::from(!fate.is_poison()), Ordering::Relaxed);
        }
    }
    Ok(())
}

async fn collect(
    mut receipts: UnboundedReceiver<Queued>,
    counts: Arc<Counts>,
    path: PathBuf,
) -> Result<(), String> {
    let mut file = BufWriter::new(File::create(path).map_err(|error| error.to_string())?);
    while let Some(Queued { key, seq, fate, time, place }) = receipts.recv().await {
        let place = place.await.map_err(|error| format!("event {seq} of key {key}: {error}"));
        let (partition, offset) = place?;
        let line = Published { key, seq, fate, partition, offset, queued: time };
        writeln!(file, "{line}").map_err(|error| error.to_string())?;
        counts.acknowledged.fetch_add(u64::from(!fate.is_poison()), Ordering::Relaxed);
    }
    file.flush().map_err(|error| error.to_string())
}
