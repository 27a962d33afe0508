//! The handlers at work: a task for each message in flight, so that they run in parallel and a panic stays within its
//! task.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::{Id, JoinError, JoinSet};

use super::engine::Token;
use super::reader::Reader;
use super::{Delivery, DeliveryError, EventHandler};
use crate::event::{Message, StreamInfo};

pub(super) struct Work<H> {
    handlers: Arc<H>,
    reader: Arc<Reader>,
    streams: Vec<&'static StreamInfo>,
    tasks: JoinSet<Result<(), DeliveryError>>,
    begun: HashMap<Id, (Token, Message)>,
}

/// What became of a message.
pub(super) struct Outcome {
    pub(super) token: Token,
    pub(super) message: Message,
    pub(super) result: Result<(), DeliveryError>,
}

impl<H: EventHandler> Work<H> {
    pub(super) fn new(handlers: Arc<H>, reader: Arc<Reader>, streams: Vec<&'static StreamInfo>) -> Self {
        Self { handlers, reader, streams, tasks: JoinSet::new(), begun: HashMap::new() }
    }

    /// Begins to handle a message.
    pub(super) fn begin(&mut self, token: Token, message: Message) {
        let (handlers, reader) = (Arc::clone(&self.handlers), Arc::clone(&self.reader));
        let stream = self.streams.iter().position(|stream| stream.topic == message.topic());
        let handled = message.clone();
        let task = self.tasks.spawn(async move {
            let delivery = Delivery::new(&handled, &reader);
            match stream {
                Some(stream) => handlers.handle(stream, delivery).await,
                None => Err(delivery.unrouted()),
            }
        });
        self.begun.insert(task.id(), (token, message));
    }

    /// The next messages that were handled, or failed. None while there is none in flight.
    pub(super) async fn next(&mut self) -> Option<Vec<Outcome>> {
        let mut joined = self.tasks.join_next_with_id().await;
        joined.as_ref()?;
        let mut outcomes = Vec::new();
        while let Some(ended) = joined {
            outcomes.extend(self.outcome(ended));
            joined = self.tasks.try_join_next_with_id();
        }
        Some(outcomes)
    }

    fn outcome(&mut self, ended: Result<(Id, Result<(), DeliveryError>), JoinError>) -> Option<Outcome> {
        let (id, result) = ended.unwrap_or_else(|error| (error.id(), Err(broken_off(error))));
        let (token, message) = self.begun.remove(&id)?;
        Some(Outcome { token, message, result })
    }

    /// Cuts off what is still at work, and awaits that.
    pub(super) async fn abort(&mut self) {
        self.tasks.shutdown().await;
    }
}

fn broken_off(error: JoinError) -> DeliveryError {
    match error.try_into_panic() {
        Ok(panic) => DeliveryError::Panic { message: words(&*panic).to_owned() },
        Err(_) => DeliveryError::Cancelled,
    }
}

/// What `panic!` was given.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
