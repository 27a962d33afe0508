//! From the topic to the handler.
//!
//! A message is done when its handler succeeded; only then may its offset be committed.

mod delivery;
mod handler;

pub use delivery::{Delivery, DeliveryError};
pub use handler::{DispatchTo, EventHandler, Failure, Handled};
