//! Which event's handler is running.

use std::sync::Arc;

/// The correlation id of the event that is being handled here, if one is.
#[cfg_attr(not(feature = "kafka"), allow(dead_code))] // who publishes needs librdkafka
pub(crate) fn current() -> Option<Arc<str>> {
    None
}
