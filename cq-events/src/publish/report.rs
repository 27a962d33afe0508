//! Delivery reports: from librdkafka's callback to the receipt of each message.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use tokio::sync::Notify;

use super::receipt::{Pool, Slot};
use super::{PublishError, Published};
use crate::kafka::KafkaConfig;
use crate::kafka::connect::ClientEvents;
use crate::kafka::error::words;
use crate::observe::ProducerCounters;

/// What librdkafka tells the producer, and what the producer counts.
pub(super) struct Reports {
    pub(super) events: ClientEvents,
    pub(super) counters: ProducerCounters,
    pub(super) pool: Arc<Pool>,
    /// One permit per report, for the one sender that waits for room.
    pub(super) room: Notify,
    pending: AtomicUsize,
    message_timeout: Duration,
    message_max_bytes: usize,
    config: KafkaConfig,
}

impl Reports {
    pub(super) fn new(config: &KafkaConfig) -> Self {
        Self {
            events: ClientEvents::default(),
            counters: ProducerCounters::default(),
            pool: Arc::new(Pool::new(config.queue_messages())),
            room: Notify::new(),
            pending: AtomicUsize::new(0),
            message_timeout: config.message_timeout(),
            message_max_bytes: config.message_max_bytes(),
            config: config.clone(),
        }
    }

    /// How many messages are queued or in flight.
    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::Acquire)
    }

    pub(super) fn began(&self) {
        self.pending.fetch_add(1, Ordering::AcqRel);
    }

    /// librdkafka did not take a message that [`Reports::began`] counted. That makes no room: it wakes nobody.
    pub(super) fn unsent(&self) {
        self.pending.fetch_sub(1, Ordering::AcqRel);
    }

    fn ended(&self) {
        self.pending.fetch_sub(1, Ordering::AcqRel);
        self.room.notify_one();
    }

    /// What went wrong with a message.
    pub(super) fn failure(&self, slot: &Slot, error: &NativeError) -> PublishError {
        let topic = slot.topic();
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                PublishError::TooLarge { topic, bytes: slot.bytes(), limit: self.message_max_bytes }
            }
            Some(RDKafkaErrorCode::MessageTimedOut) => PublishError::TimedOut {
                topic,
                waited: self.message_timeout,
                cause: self.config.scrub(&self.events.last_errors().join("; ")),
            },
            Some(RDKafkaErrorCode::PurgeQueue) => PublishError::NotDelivered { topic, sent: false },
            Some(RDKafkaErrorCode::PurgeInflight) => PublishError::NotDelivered { topic, sent: true },
            _ => PublishError::Rejected { topic, cause: self.config.scrub(&words(error)) },
        }
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.events.log(level, facility, message);
    }

    fn stats(&self, statistics: rdkafka::Statistics) {
        self.events.stats(statistics);
    }

    fn error(&self, error: NativeError, reason: &str) {
        self.events.error(error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Arc<Slot>;

    fn delivery(&self, result: &DeliveryResult<'_>, slot: Arc<Slot>) {
        let outcome = match result {
            Ok(message) => {
                self.counters.sent(slot.bytes());
                let (partition, offset) = (message.partition(), message.offset());
                Ok(Published { topic: slot.topic(), partition, offset })
            }
            Err((error, _)) => {
                self.counters.failed();
                Err(self.failure(&slot, error))
            }
        };
        self.ended();
        self.pool.report(slot, outcome);
    }
}
