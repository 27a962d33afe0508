//! Publishes numbered events at a pace, and writes down what the broker acknowledged.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chip_quality_events::inspection::InspectionEventProducer;
use cq_events::publish::Receipt;
use cq_events::{KafkaConfig, Producer};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;

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
    queued: Arc<AtomicU64>,
    acknowledged: Arc<AtomicU64>,
    publishing: JoinHandle<Result<(), String>>,
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
}

impl Publisher {
    /// Begins to publish.
    pub async fn start(config: KafkaConfig, load: Load, file: &Path) -> Self {
        let producer = Producer::connect(config).await.expect("a broker answers");
        let stream = InspectionEventProducer::new(&producer).await.expect("the topic is there");
        let (pace, paced) = watch::channel(load.pace);
        let (queued, acknowledged) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (receipts, awaited) = unbounded_channel();
        let collecting = tokio::spawn(collect(awaited, Arc::clone(&acknowledged), file.to_owned()));
        let count = Arc::clone(&queued);
        let publishing = tokio::spawn(async move {
            let published = publish(&stream, load, paced, &count, receipts).await;
            let collected = collecting.await.expect("no panic");
            let closed = producer.close(Duration::from_secs(60)).await.map_err(|error| error.to_string());
            published.and(collected).and(closed)
        });
        Self { pace, queued, acknowledged, publishing }
    }

    /// Publishes at another pace from now on.
    pub fn set_pace(&self, events_a_second: u64) {
        self.pace.send_replace(events_a_second);
    }

    /// How many events were given to the producer.
    pub fn queued(&self) -> u64 {
        self.queued.load(Ordering::Relaxed)
    }

    /// How many events the broker has.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.publishing.is_finished()
    }

    /// Publishes no more, and waits until all is acknowledged and written down: how many events there are.
    pub async fn finish(self) -> Result<u64, String> {
        self.pace.send_replace(0);
        self.publishing.await.expect("no panic")?;
        Ok(self.acknowledged.load(Ordering::Relaxed))
    }
}

type Queued = (u32, u32, Micros, Receipt);

async fn publish(
    stream: &InspectionEventProducer,
    load: Load,
    pace: watch::Receiver<u64>,
    count: &AtomicU64,
    receipts: UnboundedSender<Queued>,
) -> Result<(), String> {
    let (mut random, mut last) = (Random::new(load.seed), vec![0_u32; load.keys as usize]);
    let (mut queued, mut owed) = (0, 0.0);
    let mut ticks = tokio::time::interval(TICK);
    // A tick that comes late is not made up for by a burst.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while queued < load.events {
        ticks.tick().await;
        let pace = *pace.borrow();
        if pace == 0 {
            break;
        }
        owed += pace as f64 * TICK.as_secs_f64();
        while owed >= 1.0 && queued < load.events {
            owed -= 1.0;
            let key = u32::try_from(random.of(0..load.keys.into())).expect("a key");
            let seq = &mut last[key as usize];
            *seq += 1;
            let time = now();
            let receipt = stream.queue(event(key, *seq)).await.map_err(|error| error.to_string())?;
            receipts.send((key, *seq, time, receipt)).map_err(|_| "an event was not acknowledged")?;
            queued += 1;
            count.store(queued, Ordering::Relaxed);
        }
    }
    Ok(())
}

async fn collect(
    mut receipts: UnboundedReceiver<Queued>,
    acknowledged: Arc<AtomicU64>,
    path: PathBuf,
) -> Result<(), String> {
    let mut file = BufWriter::new(File::create(path).map_err(|error| error.to_string())?);
    while let Some((key, seq, queued, receipt)) = receipts.recv().await {
        let place = receipt.await.map_err(|error| format!("event {seq} of key {key}: {error}"))?;
        let (partition, offset) = (place.partition, place.offset);
        let line = Published { key, seq, partition, offset, queued };
        writeln!(file, "{line}").map_err(|error| error.to_string())?;
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    file.flush().map_err(|error| error.to_string())
}
