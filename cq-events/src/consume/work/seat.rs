//! The place of a handler's future, which is used again for the next one.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Hands;
use crate::consume::{Delivery, DeliveryError, EventHandler, Scratch};
use crate::event::Message;

/// Holds the handling of one message at a time.
pub(super) trait Seat: Send {
    /// Begins with a message.
    fn take(&mut self, message: Message);

    /// Goes on with it. After it is ready, the seat is free.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), DeliveryError>>;
}

/// A seat for a consumer's handlers.
pub(super) fn chair<H: EventHandler>(hands: Arc<Hands<H>>) -> Box<dyn Seat> {
    let make = move |message| handle(Arc::clone(&hands), message);
    Box::new(Chair { make, handling: Box::pin(None) })
}

async fn handle<H: EventHandler>(hands: Arc<Hands<H>>, message: Message) -> Result<(), DeliveryError> {
    let scratch = Scratch::default();
    let delivery = Delivery::new(&message, &hands.reader, &scratch);
    match hands.streams.iter().position(|stream| stream.topic == message.topic()) {
        Some(stream) => hands.handlers.handle(stream, delivery).await,
        None => Err(delivery.unrouted()),
    }
}

/// A seat whose futures are made by a function.
struct Chair<M, F> {
    make: M,
    handling: Pin<Box<Option<F>>>,
}

impl<M, F> Seat for Chair<M, F>
where
    M: Fn(Message) -> F + Send,
    F: Future<Output = Result<(), DeliveryError>> + Send,
{
    fn take(&mut self, message: Message) {
        self.handling.set(Some((self.make)(message)));
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), DeliveryError>> {
        let mut handling = self.handling.as_mut();
        // Both the handler and the end of what it holds may panic. What it shares with others is the user's to keep whole.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = match handling.as_mut().as_pin_mut() {
                Some(future) => future.poll(context),
                None => Poll::Ready(Err(DeliveryError::Cancelled)),
            };
            if polled.is_ready() {
                handling.set(None);
            }
            polled
        }));
        polled.unwrap_or_else(|panic| {
            // A future that panicked is not polled again, and its end may panic once more.
            let _ = catch_unwind(AssertUnwindSafe(|| self.handling.set(None)));
            Poll::Ready(Err(DeliveryError::Panic { message: words(&*panic).to_owned() }))
        })
    }
}

/// What `panic!` was given.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
