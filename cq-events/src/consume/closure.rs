//! Closures as handlers: one for all events of a stream, and one for what is none of them.

use std::future::Future;
use std::marker::PhantomData;

use super::{Delivery, DeliveryError, EventHandler, Handled};
use crate::event::{EventStream, Message, StreamInfo, Unknown};

/// Begins a handler of the stream that the closure takes; [`WithoutUnknown::on_unknown`] completes it.
///
/// [`ConsumerBuilder::handle`](super::ConsumerBuilder::handle) does the same in place. Functions will do as well, such
/// as `async fn on_inspection(event: InspectionEvent, message: Message) -> Handled`, which a unit test can call.
///
/// ```
/// # fn example<S: cq_events::EventStream>() {
/// use cq_events::consume;
///
/// let handler = consume::handle(|event: S, message| async move {
///     // match event { ... }
///     # let _: (S, cq_events::Message) = (event, message);
///     Ok(())
/// })
/// .on_unknown(|unknown, message| async move { Ok(()) });
/// # }
/// ```
pub fn handle<S, F, R>(on_event: F) -> WithoutUnknown<S, F>
where
    S: EventStream,
    F: Fn(S, Message) -> R + Send + Sync + 'static,
    R: Future<Output = Handled> + Send + 'static,
{
    WithoutUnknown { on_event, stream: PhantomData }
}

/// A closure over the events of the stream `S` that is no handler yet: `on_unknown` is missing.
#[must_use = "call `.on_unknown(...)`: only then it is a handler"]
pub struct WithoutUnknown<S, F> {
    on_event: F,
    stream: PhantomData<fn(S)>,
}

impl<S, F> WithoutUnknown<S, F> {
    /// Handles what is none of the stream's events: an event of a newer writer, or a tombstone.
    pub fn on_unknown<U, R>(self, on_unknown: U) -> HandlerFn<S, F, U>
    where
        U: Fn(Unknown, Message) -> R + Send + Sync + 'static,
        R: Future<Output = Handled> + Send + 'static,
    {
        HandlerFn { on_event: self.on_event, on_unknown, stream: PhantomData }
    }
}

/// A handler of the stream `S` that is made of two closures: [`handle`].
#[must_use]
pub struct HandlerFn<S, F, U> {
    on_event: F,
    on_unknown: U,
    stream: PhantomData<fn(S)>,
}

#[diagnostic::do_not_recommend]
impl<S, F, U, FR, UR> EventHandler for HandlerFn<S, F, U>
where
    S: EventStream,
    F: Fn(S, Message) -> FR + Send + Sync + 'static,
    FR: Future<Output = Handled> + Send + 'static,
    U: Fn(Unknown, Message) -> UR + Send + Sync + 'static,
    UR: Future<Output = Handled> + Send + 'static,
{
    fn streams() -> Vec<&'static StreamInfo> {
        vec![S::STREAM]
    }

    async fn handle(&self, stream: usize, delivery: Delivery<'_>) -> Result<(), DeliveryError> {
        if stream != 0 {
            return Err(delivery.unrouted());
        }
        delivery
            .hand_over(
                S::STREAM,
                S::decode_branch,
                |event, message| (self.on_event)(event, message.clone()),
                |unknown, message| (self.on_unknown)(unknown, message.clone()),
            )
            .await
    }
}
