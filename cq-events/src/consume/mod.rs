//! From the topic to the handler.
//!
//! A message is done when its handler succeeded; only then may its offset be committed.

mod delivery;
#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the driver runs it"))]
mod engine;
mod handler;
#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer makes one"))]
mod reader;

pub use delivery::{Delivery, DeliveryError};
pub use handler::{DispatchTo, EventHandler, Failure, Handled};
