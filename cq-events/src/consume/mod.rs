//! From the topic to the handler.
//!
//! A message is done when its handler succeeded, or when the broker has acknowledged it as a dead letter; only then may its
//! offset be committed.

#[cfg(feature = "kafka")]
mod builder;
#[cfg(feature = "kafka")]
mod burial;
mod closure;
#[cfg(feature = "kafka")]
mod consumer;
mod delivery;
#[cfg(feature = "kafka")]
mod driver;
#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the driver runs it"))]
pub(crate) mod engine;
#[cfg(feature = "kafka")]
mod error;
mod failure;
#[cfg(feature = "kafka")]
mod group;
mod handler;
#[cfg(feature = "kafka")]
mod handlers;
#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer makes one"))]
pub(crate) mod reader;
#[cfg(feature = "kafka")]
mod signal;
#[cfg(feature = "kafka")]
mod start;
#[cfg(feature = "kafka")]
mod status;
#[cfg(feature = "kafka")]
mod supervisor;
#[cfg(feature = "kafka")]
mod work;

#[cfg(feature = "kafka")]
pub use builder::{Building, ConsumerBuilder};
pub use closure::{HandlerFn, WithoutUnknown, handle};
#[cfg(feature = "kafka")]
pub use consumer::{Consumer, ConsumerHandle};
#[cfg(any(feature = "kafka", feature = "testing"))]
pub(crate) use delivery::Scratch;
pub use delivery::{Delivery, DeliveryError};
#[cfg(feature = "kafka")]
pub use error::ConsumeError;
pub use failure::{Classify, Failure, Handled, Outcome};
pub use handler::{DispatchBorrowedTo, DispatchTo, EventHandler};
#[doc(hidden)]
pub use handler::{Named, NamedAmiss};
#[cfg(feature = "kafka")]
pub use handlers::{AddHandler, Both, Closed, Complete, Handlers, HandlesUnknown, NoHandler, Open};
#[cfg(feature = "kafka")]
pub use signal::shutdown_signal;
#[cfg(feature = "kafka")]
pub use start::StartAt;
#[cfg(feature = "kafka")]
pub use status::{PartitionStatus, PositionLag};
