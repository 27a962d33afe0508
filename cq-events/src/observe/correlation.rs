//! Which event's handler is running.

use std::sync::Arc;

/// The correlation id of the event that is being handled here, if one is.
pub(crate) fn current() -> Option<Arc<str>> {
    None
}
