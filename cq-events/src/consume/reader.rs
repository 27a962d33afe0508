//! What a writer's schema means for this build.
//!
//! A message says with which schema it was written. Where that is one of this build's own, it is known what comes: an event
//! of the stream's union, or one record. Where it is another, it is resolved, once per schema.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::DeliveryError;
use crate::codec::{DecodeLimits, Places, Resolution};
use crate::event::StreamInfo;
use crate::registry::{RegistryError, SchemaId, SchemaRef, SchemaRegistry, SubjectStrategy};

/// The most plans that are kept: more writers' schemas than a topic ever sees.
const MOST_PLANS: usize = 1_024;

/// How to read what was written with one schema.
#[derive(Debug)]
pub(crate) enum Plan {
    /// It is our own union: branch for branch.
    Own(Places),
    /// It is our own record of the event at this branch.
    OwnRecord(usize, Places),
    /// It is another.
    Other(Resolution),
}

/// What all messages of a consumer are read with.
#[derive(Debug)]
pub(crate) struct Reader {
    registry: Arc<dyn SchemaRegistry>,
    limits: DecodeLimits,
    own: Vec<Own>,
    /// Plans for schemas that are not our own, by topic and schema. Errors are never kept: a registry that does not know
    /// a schema now may know it later.
    plans: Mutex<HashMap<(&'static str, SchemaRef), Arc<Plan>>>,
}

/// A stream, and its own schemas: one of all its events, or one of each.
#[derive(Debug)]
struct Own {
    stream: &'static StreamInfo,
    plans: Vec<(SchemaId, Arc<Plan>)>,
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
            let mut plans = Vec::new();
            for (index, subject) in stream.subjects().into_iter().enumerate() {
                let id = registry.id_of(&subject).await?;
                let places = Places::new(&*subject.schema);
                let plan = match stream.subject_strategy {
                    SubjectStrategy::Topic => Plan::Own(places),
                    SubjectStrategy::Record | SubjectStrategy::TopicRecord => Plan::OwnRecord(index, places),
                };
                plans.push((id, Arc::new(plan)));
            }
            own.push(Own { stream, plans });
        }
        Ok(Self { registry, limits, own, plans: Mutex::default() })
    }

    pub(crate) fn limits(&self) -> DecodeLimits {
        self.limits
    }

    /// The id of our own schema of the stream, or of its event at `branch`, where it is known which.
    pub(crate) fn own_id(&self, stream: &StreamInfo, branch: Option<usize>) -> Option<SchemaId> {
        let plans = &self.own(stream)?.plans;
        let of_event = |branch: usize| {
            plans.iter().find(|(_, plan)| matches!(**plan, Plan::OwnRecord(own, _) if own == branch))
        };
        branch.and_then(of_event).or_else(|| plans.first()).map(|(id, _)| *id)
    }

    fn own(&self, stream: &StreamInfo) -> Option<&Own> {
        // Mostly it is the very same description; a constant may have several addresses.
        self.own.iter().find(|own| std::ptr::eq(own.stream, stream) || own.stream.topic == stream.topic)
    }

    /// How to read what was written to the stream with one of our own schemas.
    pub(crate) fn own_plan(&self, stream: &StreamInfo, writer: SchemaId) -> Option<&Arc<Plan>> {
        self.own(stream)?.plans.iter().find(|(id, _)| *id == writer).map(|(_, plan)| plan)
    }

    /// [`plan`](Self::plan), where it is known already.
    pub(crate) fn known(&self, stream: &'static StreamInfo, writer: SchemaRef) -> Option<Arc<Plan>> {
        let own = writer.id().and_then(|id| self.own_plan(stream, id)).cloned();
        own.or_else(|| self.lock().get(&(stream.topic, writer)).cloned())
    }

    /// How to read what was written to the stream with the schema `writer`.
    pub(crate) async fn plan(
        &self,
        stream: &'static StreamInfo,
        writer: SchemaRef,
    ) -> Result<Arc<Plan>, DeliveryError> {
        if let Some(plan) = self.known(stream, writer) {
            return Ok(plan);
        }
        let schema = match writer {
            SchemaRef::Id(id) => self.registry.schema_of(id).await,
            SchemaRef::Guid(guid) => self.registry.schema_of_guid(guid).await,
        };
        let schema = schema.map_err(DeliveryError::Registry)?;
        let key = (stream.topic, writer);
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

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(&'static str, SchemaRef), Arc<Plan>>> {
        // A map that was left by a panic is as good as before: it is only ever inserted to, or cleared.
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
