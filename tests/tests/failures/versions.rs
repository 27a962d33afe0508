//! A registry of which tests decide what it knows, and whether it answers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cq_events::registry::{
    LocalRegistry, RegistryError, RegistryFuture, SchemaId, SchemaRegistry, SubjectSchema,
};
use uuid::Uuid;

/// This build's schemas, and those that are added. While it is down it looks nothing up.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    own: LocalRegistry,
    added: Mutex<HashMap<SchemaId, Arc<str>>>,
    down: AtomicBool,
    refused: AtomicUsize,
}

impl Versions {
    pub(crate) fn add(&self, id: SchemaId, schema: &str) {
        self.added.lock().expect("no panic").insert(id, schema.into());
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    /// How often it was asked while it was down.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

impl SchemaRegistry for Versions {
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        self.own.id_of(schema)
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        if self.down.load(Ordering::Relaxed) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            let error = RegistryError::Unavailable {
                registry: "http://registry.test".to_owned(),
                reason: "connection refused".to_owned(),
            };
            return Box::pin(async { Err(error) });
        }
        match self.added.lock().expect("no panic").get(&id) {
            Some(schema) => {
                let schema = Arc::clone(schema);
                Box::pin(async { Ok(schema) })
            }
            None => self.own.schema_of(id),
        }
    }

    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        self.own.schema_of_guid(guid)
    }
}
