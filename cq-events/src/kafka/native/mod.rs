//! The consumer's own handle on librdkafka, which fetches messages in batches and hands out their bytes where they lie.
//!
//! rust-rdkafka's consumers fetch one message at a time, at half of the speed, and
//! `rd_kafka_consume_batch_queue` under them meets rebalances without a callback, whereupon librdkafka takes all
//! partitions away. All `unsafe` of the crate is in this folder. What it relies on:
//!
//! 1. *A client outlives what came from it.* librdkafka's client is destroyed by the drop of rust-rdkafka's `Client` in
//!    [`Handle`]; the queue is a field before it, and each batch of messages holds an `Arc` of the handle.
//! 2. *The context outlives its callbacks.* librdkafka has the context's address as its opaque; rust-rdkafka's `Client`
//!    holds an `Arc` of it, which it drops after librdkafka's client. The callback of the queue is switched off before
//!    the queue is given back.
//! 3. *A fetched message does not change.* Its key, value and coordinates are only read, from any thread, until it is
//!    destroyed once, with its batch. Its headers are parsed by librdkafka on the first question, which changes it; a
//!    `OnceLock` lets one thread do that, and nothing else looks at them.
//! 4. *One thread polls at a time.* [`Handle::poll`] is called by the driver alone, and the close comes after it. All
//!    other calls are documented as thread-safe by librdkafka.
//! 5. *What is asked for is given back.* The queue, the question and the answer of [`may_write`] belong to it, and are
//!    destroyed before it returns; what the answer points to is looked at before that.
//! 6. *A mock cluster lives as long as its client*, by which it is asked for with each call.
//! 7. *No panic crosses into C.* The callbacks catch panics.

mod admin;
mod batch;
mod callbacks;
mod handle;
#[cfg(feature = "testing")]
mod mock;
#[cfg(all(test, feature = "testing"))]
#[allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests;

pub(crate) use admin::{controller, may_write};
pub(crate) use callbacks::{Callbacks, Rebalance};
pub(crate) use handle::{CommittedOffset, Handle, Polled};
#[cfg(feature = "testing")]
pub(crate) use mock::advertise;
