//! What a user's handler is to the consumer.

use std::future::Future;
use std::marker::PhantomData;

use super::{Delivery, Handled};
use crate::consume::DeliveryError;
use crate::event::{
    BorrowedStream, EventStream, HeaderPolicy, Message, StreamInfo, StreamSchema, TopicSpec, Unknown,
};

/// A stream whose events can be handed to a handler of type `H`.
///
/// `#[derive(EventStream)]` implements it for every `H` that implements the stream's handler trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event stream",
    label = "not a stream's enum",
    note = "`#[handles(...)]` takes the enums that `cq-events-build` generates, such as `InspectionEvent`"
)]
pub trait DispatchTo<H>: EventStream {
    /// Calls the handler's method for the event.
    fn dispatch(self, handler: &H, message: &Message) -> impl Future<Output = Handled> + Send;

    /// Calls the handler's `on_unknown`.
    fn dispatch_unknown(
        unknown: Unknown,
        handler: &H,
        message: &Message,
    ) -> impl Future<Output = Handled> + Send;
}

/// A stream whose events a handler of type `H` can look at where they lie in the message.
///
/// `#[derive(EventStream)]` implements it for every `H` that implements the stream's borrowed handler trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event stream with borrowed views",
    label = "no stream's enum, or without views",
    note = "`#[handles(borrowed ...)]` takes the enums that `cq-events-build` generates, such as `InspectionEvent`"
)]
pub trait DispatchBorrowedTo<H>: BorrowedStream {
    /// Calls the handler's method for the event.
    fn dispatch_ref<'m>(
        event: Self::Ref<'m>,
        handler: &H,
        message: &'m Message,
    ) -> impl Future<Output = Handled> + Send;

    /// Calls the handler's `on_unknown`.
    fn dispatch_unknown(
        unknown: Unknown,
        handler: &H,
        message: &Message,
    ) -> impl Future<Output = Handled> + Send;
}

/// For generated code: the stream that `#[handles(...)]` names. A type that is none has its error where its events are
/// dispatched, so there must not be another here: then [`NamedAmiss`] stands in.
#[doc(hidden)]
pub struct Named<S>(PhantomData<S>);

impl<S: StreamSchema> Named<S> {
    pub const STREAM: &'static StreamInfo = S::STREAM;
}

#[doc(hidden)]
pub trait NamedAmiss {
    const STREAM: &'static StreamInfo =
        &StreamInfo::new("", "", "[]", &[], HeaderPolicy::None, TopicSpec::new(1, None, &[]));
}

impl<S> NamedAmiss for Named<S> {}

/// A type that handles the events of one or more streams: `#[derive(EventHandler)]` with `#[handles(...)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event handler",
    label = "no `EventHandler`",
    note = "add `#[derive(EventHandler)]` and `#[handles(YourStream)]` to `{Self}`"
)]
pub trait EventHandler: Send + Sync + 'static {
    /// The streams that it handles, in the order of `#[handles(...)]`.
    fn streams() -> Vec<&'static StreamInfo>;

    /// Decodes the message as an event of the stream at `stream` in [`EventHandler::streams`], and handles it.
    fn handle(
        &self,
        stream: usize,
        delivery: Delivery<'_>,
    ) -> impl Future<Output = Result<(), DeliveryError>> + Send;
}
