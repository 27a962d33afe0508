//! Publishing many letters at once, in order, and hearing of each what became of it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cq_events::dead_letter::replayed;
use cq_events::event::Header;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use rdkafka::message::{Header as NativeHeader, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext, PurgeConfig};

use crate::cluster::{Cluster, words};
use crate::error::Error;
use crate::letter::{Letter, Origin};
use crate::replay::verdict::Target;

/// How many letters are on their way at most, and how many bytes.
const MOST_LETTERS: usize = 5_000;
const MOST_BYTES: usize = 16 << 20;
/// How long to wait for reports at once.
const TICK: Duration = Duration::from_millis(20);

/// What became of a letter.
pub(super) struct Report {
    pub(super) letter: Sent,
    /// Why it was not published.
    pub(super) failure: Option<String>,
}

/// A letter on its way.
pub(super) struct Sent {
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) topic: String,
    bytes: usize,
}

#[derive(Default)]
struct Reports(Mutex<Vec<Report>>);

impl ClientContext for Reports {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: NativeError, _: &str) {}
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Sent>;

    fn delivery(&self, result: &DeliveryResult<'_>, letter: Box<Sent>) {
        let failure = result.as_ref().err().map(|(error, _)| words(error));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Report { letter: *letter, failure });
    }
}

/// An idempotent producer with a bounded number of letters on their way.
pub(super) struct Pipeline {
    producer: BaseProducer<Reports>,
    letters: usize,
    bytes: usize,
    pace: Option<Pace>,
}

/// So many a second: each letter has its time.
struct Pace {
    every: Duration,
    next: Instant,
}

impl Pipeline {
    pub(super) fn new(cluster: &Cluster, rate: Option<u32>) -> Result<Self, Error> {
        let producer = cluster.producer(Reports::default())?;
        let pace =
            rate.map(|rate| Pace { every: Duration::from_secs(1) / rate.max(1), next: Instant::now() });
        Ok(Self { producer, letters: 0, bytes: 0, pace })
    }

    /// Whether a letter has to wait: for room, or for its time. Reports come in meanwhile.
    pub(super) fn is_waiting(&mut self) -> bool {
        if self.letters >= MOST_LETTERS || self.bytes >= MOST_BYTES {
            self.producer.poll(TICK);
            return true;
        }
        let Some(pace) = &mut self.pace else { return false };
        let now = Instant::now();
        if now < pace.next {
            let wait = pace.next.duration_since(now).min(TICK);
            self.producer.poll(wait);
            return true;
        }
        // What was missed is not made up for.
        pace.next = now.max(pace.next + pace.every);
        false
    }

    /// Hands a letter to the producer. Its order stays, since a full queue is waited for here.
    pub(super) fn send(&mut self, letter: &Letter, target: Target) -> Result<(), String> {
        let bytes = letter.value.as_ref().map_or(0, Vec::len) + letter.key.as_ref().map_or(0, Vec::len);
        let (partition, offset) = (letter.partition, letter.offset);
        let sent = Sent { partition, offset, topic: target.topic.clone(), bytes };
        let mut record = BaseRecord::<[u8], [u8], Box<Sent>>::with_opaque_to(&target.topic, Box::new(sent));
        record.key = letter.key.as_deref();
        record.payload = letter.value.as_deref();
        record.partition = target.partition;
        record.headers = headers(letter);
        loop {
            match self.producer.send(record) {
                Ok(()) => break,
                Err((NativeError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    self.producer.poll(TICK);
                    record = back;
                }
                Err((error, _)) => return Err(words(&error)),
            }
        }
        self.letters += 1;
        self.bytes += bytes;
        Ok(())
    }

    /// What has come in of reports, without waiting.
    pub(super) fn reports(&mut self) -> Vec<Report> {
        self.producer.poll(Duration::ZERO);
        let reports = &self.producer.context().0;
        let reports = std::mem::take(&mut *reports.lock().unwrap_or_else(PoisonError::into_inner));
        self.letters = self.letters.saturating_sub(reports.len());
        self.bytes = self.bytes.saturating_sub(reports.iter().map(|report| report.letter.bytes).sum());
        reports
    }

    /// Gives back what was not sent yet.
    pub(super) fn purge(&self) {
        self.producer.purge(PurgeConfig::default().queue());
    }

    /// Whether letters are on their way; waits a little for reports.
    pub(super) fn is_busy(&mut self) -> bool {
        if self.letters > 0 {
            self.producer.poll(TICK);
        }
        self.letters > 0
    }
}

fn headers(letter: &Letter) -> Option<OwnedHeaders> {
    let all = letter.headers.as_ref()?;
    let again;
    let headers: &[Header] = match &letter.origin {
        Origin::Ours(ours) => {
            again = replayed(all, ours);
            again.as_slice()
        }
        Origin::Other(_) => all.as_slice(),
    };
    let native = OwnedHeaders::new_with_capacity(headers.len());
    let add = |native: OwnedHeaders, header: &Header| {
        native.insert(NativeHeader { key: &header.key, value: header.value.as_ref() })
    };
    Some(headers.iter().fold(native, add))
}
