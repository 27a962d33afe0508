//! The schema registry of a run, which is down now and then.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::clock::Clock;
use super::work::{NEWER_SCHEMA, NOBODYS, OWN, SCHEMA, guid};
use crate::registry::{RegistryError, RegistryFuture, SchemaId, SchemaRef, SchemaRegistry, SubjectSchema};

/// How long it takes to answer.
const ANSWER: Duration = Duration::from_millis(4);

/// Knows the schema of the stream, and under any other id or GUID, but one, a newer form of it.
pub(super) struct Registry {
    clock: Clock,
    down_until: Mutex<Duration>,
}

impl Registry {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, down_until: Mutex::default() }
    }

    /// Until then it does not answer.
    pub(super) fn fail_until(&self, time: Duration) {
        *self.down_until.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    async fn find(
        &self,
        schema: SchemaRef,
        unknown: impl FnOnce(String) -> RegistryError,
    ) -> Result<Arc<str>, RegistryError> {
        self.clock.sleep(ANSWER).await;
        let registry = "the simulation".to_owned();
        if self.is_down() {
            return Err(RegistryError::Unavailable { registry, reason: "it is down".to_owned() });
        }
        let is = |id| schema == SchemaRef::from(id) || schema == SchemaRef::from(guid(id));
        if is(NOBODYS) {
            Err(unknown(registry))
        } else if is(OWN) {
            Ok(SCHEMA.into())
        } else {
            Ok(NEWER_SCHEMA.into())
        }
    }

    fn is_down(&self) -> bool {
        self.clock.now() < *self.down_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SchemaRegistry for Registry {
    fn id_of<'a>(&'a self, _: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        Box::pin(async { Ok(OWN) })
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        let unknown = move |registry| RegistryError::UnknownId { id, registry };
        Box::pin(self.find(id.into(), unknown))
    }

    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        let unknown = move |registry| RegistryError::UnknownGuid { guid, registry };
        Box::pin(self.find(guid.into(), unknown))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registry")
    }
}
