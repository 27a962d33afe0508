//! Delivery reports: from librdkafka's callback to the receipt of each message.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as NativeError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use super::{PublishError, Published, Receipt};
use crate::event::Event;
use crate::kafka::KafkaConfig;
use crate::kafka::connect::ClientEvents;
use crate::kafka::error::words;
use crate::observe::ProducerCounters;

/// A message on its way: what its report is for.
pub(super) struct Pending {
    receipt: oneshot::Sender<Result<Published, PublishError>>,
    topic: &'static str,
    /// Bytes of key and value.
    bytes: usize,
    /// For the log; only where somebody reads it.
    about: Option<About>,
}

struct About {
    event_type: &'static str,
    event_id: Option<Uuid>,
    correlation_id: Option<String>,
}

impl Pending {
    pub(super) fn new(topic: &'static str, event: &impl Event, bytes: usize) -> (Box<Self>, Receipt) {
        let (receipt, outcome) = oneshot::channel();
        let about = tracing::enabled!(target: "cq_events::publish", tracing::Level::DEBUG).then(|| About {
            event_type: event.event_type(),
            event_id: event.event_id(),
            correlation_id: event.correlation_id().map(str::to_owned),
        });
        (Box::new(Self { receipt, topic, bytes, about }), Receipt::new(topic, outcome))
    }

    pub(super) fn topic(&self) -> &'static str {
        self.topic
    }

    fn resolve(self, outcome: Result<Published, PublishError>) {
        let topic = self.topic;
        match (&outcome, &self.about) {
            (Ok(Published { partition, offset, .. }), Some(about)) => tracing::debug!(
                target: "cq_events::publish",
                topic,
                partition,
                offset,
                event_type = about.event_type,
                event_id = about.event_id.map(tracing::field::display),
                correlation_id = about.correlation_id,
                "acknowledged"
            ),
            // Nobody waits for the receipt, but no message is lost without a word.
            (Err(error), _) if self.receipt.is_closed() => {
                tracing::warn!(target: "cq_events::publish", topic, "{error}");
            }
            _ => {}
        }
        // Whoever dropped the receipt does not want to know.
        let _ = self.receipt.send(outcome);
    }
}

/// What librdkafka tells the producer, and what the producer counts.
pub(super) struct Reports {
    pub(super) events: ClientEvents,
    pub(super) counters: ProducerCounters,
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
    pub(super) fn failure(&self, pending: &Pending, error: &NativeError) -> PublishError {
        let topic = pending.topic;
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                PublishError::TooLarge { topic, bytes: pending.bytes, limit: self.message_max_bytes }
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
    type DeliveryOpaque = Box<Pending>;

    fn delivery(&self, result: &DeliveryResult<'_>, pending: Box<Pending>) {
        let outcome = match result {
            Ok(message) => {
                self.counters.sent(pending.bytes);
                let (partition, offset) = (message.partition(), message.offset());
                Ok(Published { topic: pending.topic, partition, offset })
            }
            Err((error, _)) => {
                self.counters.failed();
                Err(self.failure(&pending, error))
            }
        };
        self.ended();
        pending.resolve(outcome);
    }
}
