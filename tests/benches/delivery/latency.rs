//! How long a message takes at a steady pace: to its acknowledgement, and to the begin of its handler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cq_events::publish::{Published, StreamProducer};
use cq_events::{Consumer, EventHandler, Failure, Handled, KafkaConfig, Message, Producer, Unknown, skip};
use load_events::headed::*;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::DEADLINE;
use crate::load::events;
use crate::measure::{Figures, Mark, Percentiles};

/// Messages before the samples, at the same pace.
const WARM_UP: u64 = 500;

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Latency {
    pub servers: String,
    pub linger_ms: u64,
    pub per_second: u64,
    pub seconds: u64,
    /// A group to consume in, in the same process, for the time from publishing to the handler.
    pub group: Option<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Paced {
    pub percentiles: Percentiles,
    /// Of the whole process, with the consumer if there is one.
    pub figures: Figures,
}

/// When a message was published, and what became of it.
type Sent = JoinHandle<(Instant, Duration, Published)>;

impl Latency {
    pub async fn run(&self) -> Paced {
        let config = KafkaConfig::builder().bootstrap_servers(&self.servers);
        let config = config.linger(Duration::from_millis(self.linger_ms)).build().expect("it is valid");
        let producer = Producer::connect(config.clone()).await.expect("a broker answers");
        let stream = StreamProducer::new(&producer).await.expect("the topic is there");
        let begin = Mark::now();
        let samples = match &self.group {
            None => acknowledgements(self.pace(&stream).await).await,
            Some(group) => {
                let config = config.to_builder().group_id(group).build().expect("it is valid");
                self.to_handler(&stream, config).await
            }
        };
        let figures = begin.until(Mark::now(), producer.metrics().messages_sent);
        producer.close(Duration::from_secs(10)).await.expect("all is acknowledged");
        assert_eq!(samples.len() as u64, self.per_second * self.seconds);
        Paced { percentiles: Percentiles::of(samples), figures }
    }

    /// Publishes at the pace, whatever the acknowledgements do.
    async fn pace(&self, stream: &StreamProducer<HeadedEvent>) -> Vec<Sent> {
        let period = Duration::from_secs(1) / u32::try_from(self.per_second).expect("a pace");
        let mut sent = Vec::new();
        let mut due = Instant::now();
        for event in events::<HeadedEvent>(WARM_UP + self.per_second * self.seconds) {
            // Nothing else runs on this thread, and the runtime's timer is no finer than a millisecond.
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += period;
            let begun = Instant::now();
            let receipt = stream.queue(event).await.expect("it is queued");
            sent.push(tokio::spawn(async move {
                let published = receipt.await.expect("it is acknowledged");
                (begun, begun.elapsed(), published)
            }));
        }
        sent
    }

    /// Joins the group, and takes the time between the publishing of each message and its handler.
    async fn to_handler(&self, stream: &StreamProducer<HeadedEvent>, config: KafkaConfig) -> Vec<Duration> {
        let arrivals = Arrivals::default();
        let consumer = Consumer::builder(config).handler(arrivals.clone()).build().await;
        let consumer = consumer.expect("it can be built");
        let handle = consumer.handle();
        let run = tokio::spawn(consumer.run(std::future::pending()));
        until("the consumer is ready", || handle.is_ready()).await;
        let sent = self.pace(stream).await;
        until("all are handled", || arrivals.get().len() == sent.len()).await;
        handle.shutdown();
        run.await.expect("no panic").expect("an orderly end");
        let arrived = std::mem::take(&mut *arrivals.get());
        let mut samples = Vec::new();
        for sent in sent.into_iter().skip(warm_up()) {
            let (begun, _, published) = sent.await.expect("no panic");
            let handled = arrived.get(&(published.partition, published.offset)).expect("it was handled");
            samples.push(handled.duration_since(begun));
        }
        samples
    }
}

async fn acknowledgements(sent: Vec<Sent>) -> Vec<Duration> {
    let mut samples = Vec::new();
    for sent in sent.into_iter().skip(warm_up()) {
        let (_, latency, _) = sent.await.expect("no panic");
        samples.push(latency);
    }
    samples
}

fn warm_up() -> usize {
    usize::try_from(WARM_UP).expect("few")
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Remembers when the handler of each message began, by partition and offset.
#[derive(Clone, Default, EventHandler)]
#[handles(HeadedEvent)]
struct Arrivals(Arc<Mutex<HashMap<(i32, i64), Instant>>>);

impl Arrivals {
    fn get(&self) -> std::sync::MutexGuard<'_, HashMap<(i32, i64), Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeadedEventHandler for Arrivals {
    async fn on_inspection_created(&self, _: InspectionCreated, message: &Message) -> Handled {
        let begun = Instant::now();
        self.get().insert((message.partition(), message.offset()), begun);
        Ok(())
    }

    skip!(InspectionStarted, InspectionCompleted, InspectionFailed, DefectDetected, QualityAssessed);

    async fn on_unknown(&self, unknown: Unknown, _: &Message) -> Handled {
        Err(Failure::retry(format!("{unknown:?}")))
    }
}
