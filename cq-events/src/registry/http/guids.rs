//! Whether a registry knows GUIDs. Many have none, and no such path; but a server in between that has lost its way to one
//! answers alike.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::answer::Answer;
use super::calls;
use super::flights::UNREADABLE_FOR;
use super::transport::Transport;
use crate::registry::{RegistryError, SchemaId};

/// An id that no registry gives: they begin with 1. It is asked for by the path that all who read need, so that a server in
/// between lets it through.
const NONE: SchemaId = SchemaId::new(0);

/// What is known of it.
#[derive(Default)]
pub(super) struct Guids(Mutex<Known>);

#[derive(Clone, Copy, Default)]
enum Known {
    #[default]
    Nothing,
    /// It has answered for one.
    Has,
    /// It has none, which is believed until then: it may learn of them.
    HasNone(Instant),
}

impl Guids {
    /// The registry itself has answered for a GUID.
    pub(super) fn answered(&self) {
        *self.known() = Known::Has;
    }

    /// Whether it is known that there are none.
    pub(super) fn are_absent(&self) -> bool {
        matches!(*self.known(), Known::HasNone(until) if Instant::now() < until)
    }

    /// Whether there are none, where the path of one was not found: so it is where the registry itself answers to another, and
    /// never did to such a path.
    ///
    /// # Errors
    /// When nothing answers.
    pub(super) async fn has_none(&self, transport: &Transport) -> Result<bool, RegistryError> {
        if matches!(*self.known(), Known::Has) {
            return Ok(false);
        }
        let is_registry = match transport.call(&calls::schema_of(NONE)).await {
            Ok(Answer::Value(value)) => value.get("schema").is_some(),
            Ok(Answer::Refused { status, said }) => {
                said.has_own_code() || status == 404 && said.is_not_found()
            }
            // The answer for the GUID says more.
            Err(RegistryError::Unexpected { .. }) => false,
            Err(error) => return Err(error),
        };
        Ok(is_registry && self.missed())
    }

    /// Believes that there are none, unless it has answered for one meanwhile.
    fn missed(&self) -> bool {
        let mut known = self.known();
        let believed = !matches!(*known, Known::Has);
        if believed {
            *known = Known::HasNone(Instant::now() + UNREADABLE_FOR);
        }
        believed
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn that_there_are_none_is_believed_for_a_minute() {
        let guids = Guids::default();
        assert!(!guids.are_absent());
        assert!(guids.missed());
        tokio::time::advance(UNREADABLE_FOR / 2).await;
        assert!(guids.are_absent());
        tokio::time::advance(UNREADABLE_FOR / 2).await;
        assert!(!guids.are_absent());
        assert!(guids.missed());
        guids.answered();
        assert!(!guids.are_absent() && !guids.missed(), "that it has answered says more");
    }
}
