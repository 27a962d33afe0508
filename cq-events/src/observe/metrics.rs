#![cfg_attr(not(feature = "kafka"), allow(dead_code))] // who counts needs librdkafka

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// What a producer has done since it was connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProducerMetrics {
    /// Messages that the broker acknowledged.
    pub messages_sent: u64,
    /// Messages that were given up: refused, timed out, or not encodable.
    pub messages_failed: u64,
    /// Bytes of the keys and values of the acknowledged messages, before compression and without headers.
    pub total_bytes_sent: u64,
    /// Whether it can publish: true from the connection to the close.
    pub is_started: bool,
}

/// What a consumer has done since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsumerMetrics {
    /// Messages that were received.
    pub messages_consumed: u64,
    /// Messages whose handler succeeded.
    pub messages_processed: u64,
    /// How often a message could not be decoded, or its handler failed: each try counts.
    pub messages_failed: u64,
    /// Messages that were given up, and are among the dead letters: the broker has acknowledged them.
    pub messages_dead_lettered: u64,
    /// Bytes of the keys and values of the received messages, after decompression and without headers.
    pub total_bytes_consumed: u64,
    /// Whether it runs.
    pub is_running: bool,
}

/// Counts for [`ProducerMetrics`]. The counters are independent, so a snapshot may be a message apart between
/// them.
#[derive(Debug, Default)]
pub(crate) struct ProducerCounters {
    sent: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    started: AtomicBool,
}

impl ProducerCounters {
    /// One message of `bytes` bytes was acknowledged.
    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// One message was given up.
    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn set_started(&self, started: bool) {
        self.started.store(started, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> ProducerMetrics {
        ProducerMetrics {
            messages_sent: self.sent.load(Relaxed),
            messages_failed: self.failed.load(Relaxed),
            total_bytes_sent: self.bytes.load(Relaxed),
            is_started: self.started.load(Relaxed),
        }
    }
}

/// Counts for [`ConsumerMetrics`].
#[derive(Debug, Default)]
pub(crate) struct ConsumerCounters {
    consumed: AtomicU64,
    processed: AtomicU64,
    failed: AtomicU64,
    dead: AtomicU64,
    bytes: AtomicU64,
    running: AtomicBool,
}

#[allow(dead_code)] // the consumer counts with them
impl ConsumerCounters {
    /// So many messages were received, of so many bytes.
    pub(crate) fn consumed(&self, messages: usize, bytes: usize) {
        self.consumed.fetch_add(messages as u64, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// So many handlers succeeded.
    pub(crate) fn processed(&self, messages: usize) {
        self.processed.fetch_add(messages as u64, Relaxed);
    }

    /// One message could not be decoded, or its handler failed.
    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// One message is among the dead letters.
    pub(crate) fn dead_lettered(&self) {
        self.dead.fetch_add(1, Relaxed);
    }

    pub(crate) fn set_running(&self, running: bool) {
        self.running.store(running, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> ConsumerMetrics {
        ConsumerMetrics {
            messages_consumed: self.consumed.load(Relaxed),
            messages_processed: self.processed.load(Relaxed),
            messages_failed: self.failed.load(Relaxed),
            messages_dead_lettered: self.dead.load(Relaxed),
            total_bytes_consumed: self.bytes.load(Relaxed),
            is_running: self.running.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_has_what_was_counted() {
        let producer = ProducerCounters::default();
        producer.set_started(true);
        producer.sent(10);
        producer.sent(5);
        producer.failed();
        let snapshot = producer.snapshot();
        assert_eq!((snapshot.messages_sent, snapshot.messages_failed), (2, 1));
        assert_eq!((snapshot.total_bytes_sent, snapshot.is_started), (15, true));
        let consumer = ConsumerCounters::default();
        consumer.consumed(1, 7);
        consumer.processed(1);
        consumer.failed();
        consumer.set_running(true);
        let expected = ConsumerMetrics {
            messages_consumed: 1,
            messages_processed: 1,
            messages_failed: 1,
            messages_dead_lettered: 0,
            total_bytes_consumed: 7,
            is_running: true,
        };
        assert_eq!(consumer.snapshot(), expected);
    }
}
