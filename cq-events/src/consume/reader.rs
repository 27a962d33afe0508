//! What a writer's schema means for this build.
//!
//! A message says with which schema it was written. Where that is this build's own, every branch of its root union
//! is ours; where it is another, it is resolved, once per schema.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::DeliveryError;
use crate::codec::{DecodeLimits, Places, Resolution};
use crate::event::StreamInfo;
use crate::registry::{RegistryError, SchemaId, SchemaRegistry};

/// The most plans that are kept: more writers' schemas than a topic ever sees.
const MOST_PLANS: usize = 1_024;

/// How to read what was written with one schema.
#[derive(Debug)]
pub(crate) enum Plan {
    /// It is our own: branch for branch.
    Own(Places),
    /// It is another.
    Other(Resolution),
}

/// What all messages of a consumer are read with.
#[derive(Debug)]
pub(crate) struct Reader {
    registry: Arc<dyn SchemaRegistry>,
    limits: DecodeLimits,
    /// Each stream, with the id of our own schema.
    own: Vec<(&'static StreamInfo, SchemaId, Arc<Plan>)>,
    /// Plans for schemas that are not our own, by topic and id. Errors are never kept: a registry that does not
    /// know an id now may know it later.
    plans: Mutex<HashMap<(&'static str, SchemaId), Arc<Plan>>>,
}

impl Reader {
    /// A reader of these streams; their schemas are looked up in the registry.
    pub(crate) async fn new(
        registry: Arc<dyn SchemaRegistry>,
        limits: DecodeLimits,
        streams: &[&'static StreamInfo],
    ) -> Result<Self, RegistryError> {
        let mut own = Vec::with_capacity(streams.len());
        for stream in streams {
            for schema in stream.subjects() {
                let id = registry.id_of(&schema).await?;
                own.push((*stream, id, Arc::new(Plan::Own(Places::new(stream.schema)))));
            }
        }
        Ok(Self { registry, limits, own, plans: Mutex::default() })
    }

    pub(crate) fn limits(&self) -> DecodeLimits {
        self.limits
    }

    /// The id of our own schema of the stream.
    pub(crate) fn own_id(&self, stream: &StreamInfo) -> Option<SchemaId> {
        self.own(stream).map(|(_, id, _)| *id)
    }

    fn own(&self, stream: &StreamInfo) -> Option<&(&'static StreamInfo, SchemaId, Arc<Plan>)> {
        // Mostly it is the very same description; a constant may have several addresses.
        self.own.iter().find(|(own, ..)| std::ptr::eq(*own, stream) || own.topic == stream.topic)
    }

    /// How to read what was written to the stream with the schema `writer`.
    pub(crate) async fn plan(
        &self,
        stream: &'static StreamInfo,
        writer: SchemaId,
    ) -> Result<Arc<Plan>, DeliveryError> {
        if let Some((_, _, plan)) = self.own(stream).filter(|(_, id, _)| *id == writer) {
            return Ok(Arc::clone(plan));
        }
        let key = (stream.topic, writer);
        if let Some(plan) = self.lock().get(&key) {
            return Ok(Arc::clone(plan));
        }
        let schema = self.registry.schema_of(writer).await.map_err(DeliveryError::Registry)?;
        let mut plans = self.lock();
        // Of many that have waited for one schema, the first resolves it, and the others wait again.
        if let Some(plan) = plans.get(&key) {
            return Ok(Arc::clone(plan));
        }
        let resolution = Resolution::new(stream.schema, &schema)
            .map_err(|mistakes| DeliveryError::WriterSchema { writer, reason: mistakes.to_string() })?;
        if plans.len() >= MOST_PLANS {
            plans.clear();
        }
        let plan = Arc::new(Plan::Other(resolution));
        plans.insert(key, Arc::clone(&plan));
        Ok(plan)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(&'static str, SchemaId), Arc<Plan>>> {
        // A map that was left by a panic is as good as before: it is only ever inserted to, or cleared.
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
