//! Publishing typed events, beside the reference.

use std::time::Duration;

use cq_events::publish::{Receipt, StreamProducer};
use cq_events::{KafkaConfig, Producer};
use load_events::headed::HeadedEvent;
use load_events::plain::PlainEvent;
use serde::{Deserialize, Serialize};

use crate::load::{Load, Stream, events};
use crate::measure::{Figures, Mark};
use crate::reference;

/// Messages that each run publishes before its clock starts.
pub const WARM_UP: u64 = 1_000;
/// How many receipts are gathered before those of the round before are awaited.
const RECEIPTS: usize = 25_000;
/// How many events a call of `publish_batch` takes.
pub const BATCH: usize = 100_000;

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Publish {
    pub servers: String,
    pub stream: Stream,
    pub is_reference: bool,
    pub how: How,
    pub messages: u64,
    pub linger_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// The next one when the broker has the one before.
    OneByOne,
    /// Queued, and the outcomes are asked for later.
    Queued,
    /// Handed over many at a time.
    Batch,
}

impl Publish {
    pub async fn run(&self) -> Figures {
        match (self.is_reference, self.stream) {
            (true, Stream::Plain) => reference::publish::<PlainEvent>(self).await,
            (true, Stream::Headed) => reference::publish::<HeadedEvent>(self).await,
            (false, Stream::Plain) => self.typed::<PlainEvent>().await,
            (false, Stream::Headed) => self.typed::<HeadedEvent>().await,
        }
    }

    async fn typed<S: Load>(&self) -> Figures {
        let config = KafkaConfig::builder().bootstrap_servers(&self.servers);
        let config = config.linger(Duration::from_millis(self.linger_ms)).build().expect("it is valid");
        let producer = Producer::connect(config).await.expect("a broker answers");
        let stream = StreamProducer::<S>::new(&producer).await.expect("the topic is there");
        queue(&stream, events(WARM_UP)).await;
        // What making the events costs is in all figures, and told in a row of its own.
        let events = events(self.messages);
        let begin = Mark::now();
        match self.how {
            How::OneByOne => one_by_one(&stream, events).await,
            How::Queued => queue(&stream, events).await,
            How::Batch => batch(&stream, events).await,
        }
        let end = Mark::now();
        assert_eq!(producer.metrics().messages_sent, WARM_UP + self.messages);
        producer.close(Duration::from_secs(10)).await.expect("all is acknowledged");
        begin.until(end, self.messages)
    }
}

/// Makes and drops events, and publishes none: what that is of the other runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Make {
    pub messages: u64,
}

impl Make {
    pub fn run(&self) -> Figures {
        let events = events::<PlainEvent>(self.messages);
        let begin = Mark::now();
        events.for_each(|event| drop(std::hint::black_box(event)));
        begin.until(Mark::now(), self.messages)
    }
}

async fn one_by_one<S: Load>(stream: &StreamProducer<S>, events: impl Iterator<Item = S>) {
    for event in events {
        stream.publish(event).await.expect("it is acknowledged");
    }
}

async fn queue<S: Load>(stream: &StreamProducer<S>, events: impl Iterator<Item = S>) {
    let mut before = Vec::new();
    let mut receipts = Vec::with_capacity(RECEIPTS);
    for event in events {
        receipts.push(stream.queue(event).await.expect("it is queued"));
        if receipts.len() == RECEIPTS {
            settle(&mut before).await;
            std::mem::swap(&mut before, &mut receipts);
        }
    }
    settle(&mut before).await;
    settle(&mut receipts).await;
}

async fn settle(receipts: &mut Vec<Receipt>) {
    for receipt in receipts.drain(..) {
        receipt.await.expect("it is acknowledged");
    }
}

async fn batch<S: Load>(stream: &StreamProducer<S>, events: impl Iterator<Item = S>) {
    let mut events = events.peekable();
    while events.peek().is_some() {
        for outcome in stream.publish_batch(events.by_ref().take(BATCH)).await {
            outcome.expect("it is acknowledged");
        }
    }
}
