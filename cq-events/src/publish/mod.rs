//! From the event to the topic.
//!
//! All events of a [`Producer`] go through one bounded queue: a full one makes the publisher wait, and never
//! reorders. With the defaults a producer is idempotent and every in-sync replica has a message before it counts
//! as published.

mod error;
mod handle;
mod headers;
mod ids;
#[cfg(test)]
mod made;
mod producer;
mod queue;
mod receipt;
mod report;
mod stream;

pub use error::{CloseError, PublishError, TryQueueError};
pub use producer::Producer;
pub use receipt::{Published, Receipt};
pub use stream::StreamProducer;
