//! The one queue of a producer: bounded, and in order.
//!
//! Senders take turns at a fair mutex, and whoever waits for room keeps the turn, so nobody overtakes. Room is
//! counted here and not by librdkafka: it frees the places of a batch of reports only after the last of them has
//! been handled, when nobody is left to wake the waiting sender.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, PurgeConfig};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::PublishError;
use super::receipt::Slot;
use super::report::Reports;
use crate::kafka::connect::{await_broker, client_error};
use crate::kafka::{KafkaConfig, KafkaError};

/// How long the polling thread sleeps when nothing happens; reports wake it at once.
const IDLE: Duration = Duration::from_millis(100);
/// How long a queue that is full in bytes is left alone.
const FULL: Duration = Duration::from_millis(5);
/// How long the reports of purged messages may take.
const PURGED: Duration = Duration::from_secs(2);

pub(super) type Client = BaseProducer<Reports>;
type Record<'a> = BaseRecord<'a, [u8], [u8], Arc<Slot>>;

/// A message that is ready to be sent.
pub(super) struct Outgoing<'a> {
    pub(super) key: Option<Cow<'a, [u8]>>,
    pub(super) value: Vec<u8>,
    pub(super) headers: Option<OwnedHeaders>,
    pub(super) slot: Arc<Slot>,
}

pub(super) struct Queue {
    // Fields are dropped in this order: the polling thread must be the last to hold the client, whose end blocks.
    client: Arc<Client>,
    _poller: Poller,
    turn: Mutex<()>,
    closed: AtomicBool,
    limit: usize,
}

/// Why a message is not in the queue.
enum Refused<'a> {
    Full(Record<'a>),
    Failed(PublishError),
}

impl Queue {
    /// Blocks until a broker answers, at most for the connect timeout.
    pub(super) fn connect(config: &KafkaConfig) -> Result<Self, KafkaError> {
        let client = config.producer_config().create_with_context(Reports::new(config));
        let client: Arc<Client> = Arc::new(client.map_err(|error| client_error(config, &error))?);
        let poller = Poller::start(Arc::clone(&client))?;
        let (turn, closed, limit) = (Mutex::new(()), AtomicBool::new(false), config.queue_messages());
        let queue = Self { client, _poller: poller, turn, closed, limit };
        await_broker(queue.client.client(), config, &queue.reports().events, || {})?;
        queue.reports().counters.set_started(true);
        Ok(queue)
    }

    pub(super) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    pub(super) fn reports(&self) -> &Reports {
        self.client.context()
    }

    pub(super) fn open(&self) -> Result<(), PublishError> {
        if self.closed.load(Ordering::Acquire) { Err(PublishError::Closed) } else { Ok(()) }
    }

    /// Waits for a turn, then for room.
    pub(super) async fn send(&self, outgoing: Outgoing<'_>) -> Result<(), PublishError> {
        let _turn = self.turn.lock().await;
        let Outgoing { key, value, headers, slot } = outgoing;
        let mut record = record(key.as_deref(), &value, headers, slot);
        loop {
            self.open()?;
            match self.offer(record) {
                Ok(()) => return Ok(()),
                Err(Refused::Failed(error)) => return Err(error),
                Err(Refused::Full(back)) => record = back,
            }
            let room = self.reports().room.notified();
            if self.has_room() {
                // Full in bytes (queue.buffering.max.kbytes), for which there is no signal.
                let _ = timeout(FULL, room).await;
            } else {
                room.await;
            }
        }
    }

    /// Sends only if it is nobody else's turn and there is room; false: neither was the case.
    pub(super) fn try_send(&self, outgoing: Outgoing<'_>) -> Result<bool, PublishError> {
        self.open()?;
        let Ok(_turn) = self.turn.try_lock() else { return Ok(false) };
        self.open()?;
        let Outgoing { key, value, headers, slot } = outgoing;
        match self.offer(record(key.as_deref(), &value, headers, slot)) {
            Ok(()) => Ok(true),
            Err(Refused::Full(_)) => Ok(false),
            Err(Refused::Failed(error)) => Err(error),
        }
    }

    /// Whether [`Queue::try_send`] is worth the encoding.
    pub(super) fn has_room(&self) -> bool {
        self.reports().pending() < self.limit
    }

    fn offer<'a>(&self, record: Record<'a>) -> Result<(), Refused<'a>> {
        if !self.has_room() {
            return Err(Refused::Full(record));
        }
        let reports = self.reports();
        // Counted before: the report may come before `send` returns.
        reports.began();
        let (error, record) = match self.client.send(record) {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        reports.unsent();
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => Err(Refused::Full(record)),
            Some(RDKafkaErrorCode::Fatal) => {
                let cause = self.client.client().fatal_error().map_or_else(String::new, |(_, reason)| reason);
                let cause = format!("the producer cannot go on: {cause}; connect another one");
                Err(Refused::Failed(PublishError::Rejected { topic: record.delivery_opaque.topic(), cause }))
            }
            _ => Err(Refused::Failed(reports.failure(&record.delivery_opaque, &error))),
        }
    }

    /// Refuses further messages, waits until `deadline` for the reports of those that it has, and gives up the
    /// rest: how many.
    pub(super) async fn close(&self, deadline: Duration) -> Result<usize, KafkaError> {
        self.closed.store(true, Ordering::Release);
        self.reports().room.notify_one();
        // With the turn in hand nobody is between the check and the sending.
        drop(self.turn.lock().await);
        let client = Arc::clone(&self.client);
        let undelivered = crate::kafka::connect::blocking(move || {
            flush(&client, Instant::now().checked_add(deadline));
            let undelivered = client.context().pending();
            if undelivered > 0 {
                client.purge(PurgeConfig::default().queue().inflight());
                flush(&client, Instant::now().checked_add(PURGED));
            }
            Ok(undelivered)
        })
        .await?;
        self.reports().counters.set_started(false);
        self.reports().events.close();
        Ok(undelivered)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let undelivered = self.reports().pending();
        if undelivered > 0 && self.open().is_ok() {
            tracing::warn!(
                target: "cq_events::publish",
                undelivered,
                "a producer was dropped without `Producer::close`: messages that are not acknowledged are given up"
            );
        }
        self.reports().counters.set_started(false);
    }
}

/// Blocks until all messages have their reports; None: without a deadline.
fn flush(client: &Client, deadline: Option<Instant>) {
    let over =
        || client.context().pending() == 0 || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    while !over() {
        // librdkafka cuts the linger short while it is inside a flush, and the safe API flushes for no time only:
        // a few in a row are long enough for its threads to see one.
        let nudged = Instant::now() + Duration::from_millis(1);
        while Instant::now() < nudged && !over() {
            let _ = client.flush(Duration::ZERO);
        }
        thread::sleep(Duration::from_millis(4));
    }
}

fn record<'a>(
    key: Option<&'a [u8]>,
    value: &'a [u8],
    headers: Option<OwnedHeaders>,
    slot: Arc<Slot>,
) -> Record<'a> {
    BaseRecord {
        topic: slot.topic(),
        partition: None,
        payload: Some(value),
        key,
        timestamp: None,
        headers,
        delivery_opaque: slot,
    }
}

/// The thread that serves librdkafka's reports. It is told to stop when this is dropped, and not waited for.
struct Poller {
    stop: Arc<AtomicBool>,
}

impl Poller {
    fn start(client: Arc<Client>) -> Result<Self, KafkaError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let run = move || {
            while !stopped.load(Ordering::Acquire) {
                client.poll(IDLE);
            }
        };
        thread::Builder::new().name("cq-events-producer".to_owned()).spawn(run).map_err(|error| {
            KafkaError::Client { cause: format!("the operating system gives no thread: {error}") }
        })?;
        Ok(Self { stop })
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}
