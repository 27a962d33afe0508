use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use rdkafka::producer::Producer as _;

use super::headers::headers;
use super::ids::Ids;
use super::queue::Outgoing;
use super::{Producer, PublishError, Published, Receipt, TryQueueError};
use crate::event::{EventStream, StreamInfo};
use crate::kafka::require_topics;
use crate::observe::correlation;

/// Publishes the events of the stream `S`. Cheap to clone.
///
/// Events go to the topic in the order in which their publishing began; those of one key go to one partition, so
/// they are read in that order. An event that is published from a handler carries the handled event's
/// correlation id on, unless it has one of its own.
pub struct StreamProducer<S> {
    producer: Producer,
    ids: Ids,
    stream: PhantomData<fn(S)>,
}

impl<S: EventStream> StreamProducer<S> {
    /// A handle for the stream: asks the registry for the ids of its schemas, and requires its topic to exist.
    ///
    /// # Errors
    /// When the registry gives no id, when the topic does not exist after 3 s, or when the producer is closed.
    pub async fn new(producer: &Producer) -> Result<Self, PublishError> {
        producer.queue().open()?;
        let ids = Ids::of(S::STREAM, producer.registry()).await?;
        let client = producer.queue().client().clone();
        let fetch = move |topic: &str, timeout: std::time::Duration| {
            client.client().fetch_metadata(Some(topic), timeout)
        };
        require_topics(producer.config(), vec![S::STREAM.topic.to_owned()], fetch).await?;
        Ok(Self { producer: producer.clone(), ids, stream: PhantomData })
    }

    /// The stream.
    pub fn stream(&self) -> &'static StreamInfo {
        S::STREAM
    }

    /// The connection.
    pub fn producer(&self) -> &Producer {
        &self.producer
    }

    /// Publishes an event and waits for the broker's acknowledgement. A future that is dropped may have published
    /// it all the same.
    ///
    /// # Errors
    /// When the event cannot be encoded, is too large, is refused, or is not acknowledged within the message
    /// timeout; it may then have been persisted nevertheless.
    pub async fn publish(&self, event: impl Into<S>) -> Result<Published, PublishError> {
        self.queue(event).await?.await
    }

    /// Queues an event, waiting for room where the queue is full. The receipt resolves on the broker's
    /// acknowledgement.
    ///
    /// # Errors
    /// When the event cannot be encoded, is too large for the producer, or when the producer is closed.
    pub async fn queue(&self, event: impl Into<S>) -> Result<Receipt, PublishError> {
        let event = self.correlated(event.into());
        self.enqueue(&event, event.key()).await
    }

    /// Queues an event if there is room now, and nobody waits for it.
    ///
    /// # Errors
    /// When there is no room: the event comes back. Else like [`StreamProducer::queue`].
    pub fn try_queue(&self, event: impl Into<S>) -> Result<Receipt, TryQueueError<S>> {
        let event = event.into();
        let queue = self.producer.queue();
        queue.open().map_err(TryQueueError::Publish)?;
        if !queue.has_room() {
            return Err(TryQueueError::Full(event));
        }
        let event = self.correlated(event);
        let (outgoing, receipt) = self.outgoing(&event, event.key()).map_err(TryQueueError::Publish)?;
        match queue.try_send(outgoing) {
            Ok(true) => Ok(receipt),
            Ok(false) => Err(TryQueueError::Full(event)),
            Err(error) => Err(TryQueueError::Publish(self.failed(error))),
        }
    }

    /// Publishes events in their order and waits for all acknowledgements: one result per event, in input order.
    /// An event that fails does not keep the later ones from being published.
    pub async fn publish_batch(
        &self,
        events: impl IntoIterator<Item = S>,
    ) -> Vec<Result<Published, PublishError>> {
        let mut receipts = Vec::new();
        for event in events {
            receipts.push(self.queue(event).await);
        }
        settle(receipts).await
    }

    /// [`StreamProducer::publish_batch`] with keys of the caller's instead of those of the schema; None publishes
    /// without a key.
    pub async fn publish_batch_keyed(
        &self,
        events: impl IntoIterator<Item = S>,
        key: impl Fn(&S) -> Option<Vec<u8>>,
    ) -> Vec<Result<Published, PublishError>> {
        let mut receipts = Vec::new();
        for event in events {
            let event = self.correlated(event);
            receipts.push(self.enqueue(&event, key(&event).map(Cow::Owned)).await);
        }
        settle(receipts).await
    }

    async fn enqueue(&self, event: &S, key: Option<Cow<'_, [u8]>>) -> Result<Receipt, PublishError> {
        self.producer.queue().open()?;
        let (outgoing, receipt) = self.outgoing(event, key)?;
        self.producer.queue().send(outgoing).await.map_err(|error| self.failed(error))?;
        Ok(receipt)
    }

    /// The event with the correlation id of the one that is being handled, unless it has its own.
    fn correlated(&self, mut event: S) -> S {
        if event.correlation_id().is_none()
            && let Some(id) = correlation::current()
        {
            event.set_correlation_id(id.to_string());
        }
        event
    }

    fn outgoing<'a>(
        &self,
        event: &S,
        key: Option<Cow<'a, [u8]>>,
    ) -> Result<(Outgoing<'a>, Receipt), PublishError> {
        let topic = S::STREAM.topic;
        let mut value = Vec::with_capacity(256);
        self.ids
            .write(event, &mut value)
            .map_err(|source| self.failed(PublishError::Encode { topic, event: event.fullname(), source }))?;
        let bytes = value.len() + key.as_ref().map_or(0, |key| key.len());
        let headers = headers(S::STREAM.headers, event, self.producer.config().service_name());
        let (slot, receipt) = self.producer.queue().reports().pool.take(topic, event, bytes);
        Ok((Outgoing { key, value, headers, slot }, receipt))
    }

    /// Counts an event that was given up before it was queued.
    fn failed(&self, error: PublishError) -> PublishError {
        if !matches!(error, PublishError::Closed) {
            self.producer.queue().reports().counters.failed();
        }
        error
    }
}

async fn settle(receipts: Vec<Result<Receipt, PublishError>>) -> Vec<Result<Published, PublishError>> {
    let mut outcomes = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        outcomes.push(match receipt {
            Ok(receipt) => receipt.await,
            Err(error) => Err(error),
        });
    }
    outcomes
}

impl<S> Clone for StreamProducer<S> {
    fn clone(&self) -> Self {
        Self { producer: self.producer.clone(), ids: self.ids.clone(), stream: PhantomData }
    }
}

impl<S: EventStream> fmt::Debug for StreamProducer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamProducer")
            .field("topic", &S::STREAM.topic)
            .field("schemas", &self.ids)
            .finish_non_exhaustive()
    }
}
