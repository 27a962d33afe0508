//! What a consumer's builder has of handlers: the states that it goes through, and what each can do next.

use super::{Delivery, DeliveryError, EventHandler};
use crate::event::StreamInfo;

/// No handler yet.
#[derive(Debug)]
pub struct NoHandler(());

impl NoHandler {
    pub(super) const fn new() -> Self {
        Self(())
    }
}

/// Handlers that are complete.
#[derive(Debug)]
pub struct Handlers<H>(pub(super) H);

/// Handlers, and a closure that lacks its `on_unknown`.
#[derive(Debug)]
pub struct Open<B, C> {
    pub(super) before: B,
    pub(super) closure: C,
}

/// Two handlers, as one.
#[derive(Debug)]
pub struct Both<A, B> {
    first: A,
    second: B,
    /// How many streams the first has.
    split: usize,
}

impl<A: EventHandler, B: EventHandler> EventHandler for Both<A, B> {
    fn streams() -> Vec<&'static StreamInfo> {
        let mut streams = A::streams();
        streams.extend(B::streams());
        streams
    }

    async fn handle(&self, stream: usize, delivery: Delivery<'_>) -> Result<(), DeliveryError> {
        match stream.checked_sub(self.split) {
            None => self.first.handle(stream, delivery).await,
            Some(stream) => self.second.handle(stream, delivery).await,
        }
    }
}

// `A` and `H` below are parameters, and not associated types: an error about one of these traits is then one at the
// method that asks for it, in the trait's own words, and the only one.

/// A state that is `A` when no closure lacks its `on_unknown`.
pub trait Closed<A> {
    #[doc(hidden)]
    fn closed(self) -> A;
}

impl Closed<Self> for NoHandler {
    fn closed(self) -> Self {
        self
    }
}

impl<H> Closed<Self> for Handlers<H> {
    fn closed(self) -> Self {
        self
    }
}

/// What is asked for by the methods that cannot be called before `on_unknown`. Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "what is none of the stream's events is not handled",
    label = "`.on_unknown(...)` is missing before this",
    note = "add `.on_unknown(|unknown, message| async move {{ ... }})` after `.handle(...)`: it is called with events \
            of newer programs, and with tombstones"
)]
pub trait HandlesUnknown {
    #[doc(hidden)]
    fn never<T>() -> T;
}

impl<B, C: HandlesUnknown> Closed<NoHandler> for Open<B, C> {
    fn closed(self) -> NoHandler {
        C::never()
    }
}

/// A state that the handler `N` can be added to, which makes `H` of all.
pub trait AddHandler<N, H> {
    #[doc(hidden)]
    fn add(self, next: N) -> H;
}

impl<N> AddHandler<N, N> for NoHandler {
    fn add(self, next: N) -> N {
        next
    }
}

impl<H: EventHandler, N> AddHandler<N, Both<H, N>> for Handlers<H> {
    fn add(self, next: N) -> Both<H, N> {
        Both { first: self.0, second: next, split: H::streams().len() }
    }
}

/// A state that a consumer can be built of, with `H` for all handlers.
#[diagnostic::on_unimplemented(
    message = "a consumer without a handler",
    label = "`.handler(...)` or `.handle(...)` is missing before this",
    note = "add `.handler(your_handler)`, or `.handle(|event: YourStream, message| async move {{ ... }})`"
)]
pub trait Complete<H> {
    #[doc(hidden)]
    fn complete(self) -> H;
}

impl<H: EventHandler> Complete<H> for Handlers<H> {
    fn complete(self) -> H {
        self.0
    }
}

impl<B, C: HandlesUnknown, H> Complete<H> for Open<B, C> {
    fn complete(self) -> H {
        C::never()
    }
}
