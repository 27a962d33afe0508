//! What a writer's schema means for this build.
//!
//! A message says with which schema it was written. Where that is one of this build's own, it is known what comes: an event
//! of the stream's union, or one record. Where it is another, it is resolved, once per schema.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::DeliveryError;
use crate::codec::{DecodeLimits, Places, Resolution};
use crate::event::{Message, StreamInfo};
use crate::registry::{
    Registration, RegistryError, SchemaId, SchemaRef, SchemaRegistry, SubjectSchema, SubjectStrategy,
};

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
    /// Plans for schemas that are not our own, by topic and schema. No error of the registry is kept: one that does not
    /// know a schema now may know it later.
    plans: Mutex<Plans>,
    /// The messages that wait for a schema, and since when.
    looked_up_for: Mutex<HashMap<Place, Instant>>,
}

/// A schema that cannot be compared with ours never can: why is kept as well.
type Plans = HashMap<(&'static str, SchemaRef), Result<Arc<Plan>, String>>;

/// Topic, partition and offset.
type Place = (String, i32, i64);

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
                let id = own_id(&*registry, &subject).await?;
                let places = Places::new(&*subject.schema);
                let plan = match stream.subject_strategy {
                    SubjectStrategy::Topic => Plan::Own(places),
                    SubjectStrategy::Record | SubjectStrategy::TopicRecord => Plan::OwnRecord(index, places),
                };
                plans.push((id, Arc::new(plan)));
            }
            own.push(Own { stream, plans });
        }
        Ok(Self { registry, limits, own, plans: Mutex::default(), looked_up_for: Mutex::default() })
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

    /// How to read a message of the stream that was written with the schema `writer`.
    pub(crate) async fn plan(
        &self,
        stream: &'static StreamInfo,
        writer: SchemaRef,
        message: &Message,
    ) -> Result<Arc<Plan>, DeliveryError> {
        if let Some(plan) = writer.id().and_then(|id| self.own_plan(stream, id)) {
            return Ok(Arc::clone(plan));
        }
        let key = (stream.topic, writer);
        let incomparable = |reason| DeliveryError::WriterSchema { writer, reason };
        let known = lock(&self.plans).get(&key).cloned();
        if let Some(plan) = known {
            return plan.map_err(incomparable);
        }
        let schema = {
            let _looking = LookUp::begin(self, message);
            match writer {
                SchemaRef::Id(id) => self.registry.schema_of(id).await,
                SchemaRef::Guid(guid) => self.registry.schema_of_guid(guid).await,
            }
        };
        let schema = schema.map_err(DeliveryError::Registry)?;
        // Of many that have waited for one schema, each would resolve it: those that come later find it done.
        let known = lock(&self.plans).get(&key).cloned();
        let plan = known.unwrap_or_else(|| {
            let resolution = Resolution::new(stream.schema, &schema);
            let plan = resolution.map(|resolution| Arc::new(Plan::Other(resolution)));
            let plan = plan.map_err(|mistakes| mistakes.to_string());
            let mut plans = lock(&self.plans);
            if plans.len() >= MOST_PLANS {
                plans.clear();
            }
            plans.entry(key).or_insert(plan).clone()
        });
        plan.map_err(incomparable)
    }

    /// Since when the registry is asked for the schema of this message, if it is.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer asks"))]
    pub(crate) fn looks_up_since(&self, message: &Message) -> Option<Instant> {
        lock(&self.looked_up_for).get(&place(message)).copied()
    }

    /// Which registry it asks.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the consumer asks"))]
    pub(crate) fn registry(&self) -> &dyn SchemaRegistry {
        &*self.registry
    }
}

/// The id of a schema of ours. Where the latest version has to be ours, somebody may have registered another since, or one that
/// nobody can read here: who only reads has to know no more than which messages are written with ours.
async fn own_id(
    registry: &dyn SchemaRegistry,
    subject: &SubjectSchema<'_>,
) -> Result<SchemaId, RegistryError> {
    // Left out, the registry knows; but what goes wrong with the latest version is told by these alone.
    let may_be_latest = matches!(subject.registration, None | Some(Registration::Latest));
    let of_another = match registry.id_of(subject).await {
        Err(
            error @ (RegistryError::LatestDiffers { .. }
            | RegistryError::Schema { .. }
            | RegistryError::SchemaType { .. }
            | RegistryError::MissingReference { .. }),
        ) if may_be_latest => error,
        id => return id,
    };
    match registry.id_of(&subject.clone().registration(Registration::Exact)).await {
        Err(RegistryError::NotRegistered { .. }) => Err(of_another),
        id => id,
    }
}

/// Notes that a schema is looked up for a message, until it is dropped: also when the look-up is cut off.
struct LookUp<'a> {
    reader: &'a Reader,
    place: Place,
}

impl<'a> LookUp<'a> {
    fn begin(reader: &'a Reader, message: &Message) -> Self {
        let place = place(message);
        lock(&reader.looked_up_for).insert(place.clone(), Instant::now());
        Self { reader, place }
    }
}

impl Drop for LookUp<'_> {
    fn drop(&mut self) {
        lock(&self.reader.looked_up_for).remove(&self.place);
    }
}

fn place(message: &Message) -> Place {
    (message.topic().to_owned(), message.partition(), message.offset())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A map that was left by a panic is as good as before: it is only ever inserted to, removed from, or cleared.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::registry::RegistryFuture;

    /// What it says of the latest version, and of an older one.
    #[derive(Debug)]
    struct Registered(Result<SchemaId, RegistryError>, Result<SchemaId, RegistryError>);

    impl SchemaRegistry for Registered {
        fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
            let is_exact = schema.registration == Some(Registration::Exact);
            Box::pin(std::future::ready(if is_exact { self.1.clone() } else { self.0.clone() }))
        }

        fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
            let unknown = RegistryError::UnknownId { id, registry: "the test".to_owned() };
            Box::pin(std::future::ready(Err(unknown)))
        }

        fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
            let unknown = RegistryError::UnknownGuid { guid, registry: "the test".to_owned() };
            Box::pin(std::future::ready(Err(unknown)))
        }
    }

    #[tokio::test]
    async fn who_only_reads_needs_no_more_than_the_id_of_its_own_schema() {
        let (registry, subject) = (|| "the test".to_owned(), || "lamp-value".to_owned());
        let differs = RegistryError::LatestDiffers {
            registry: registry(),
            subject: subject(),
            version: 2,
            reasons: Box::default(),
        };
        let unreadable = RegistryError::SchemaType { origin: subject(), kind: "PROTOBUF".to_owned() };
        let no_schema = RegistryError::Schema { origin: subject(), reason: "no JSON".to_owned() };
        let lacking =
            RegistryError::MissingReference { origin: subject(), subject: "size".to_owned(), version: 1 };
        // Of a schema that is not registered yet: it has no id.
        let counting = RegistryError::UnreadableVersion {
            registry: registry(),
            subject: subject().into(),
            version: 2,
            level: "FULL",
            reason: "no JSON".to_owned(),
        };
        let absent =
            RegistryError::NotRegistered { registry: registry(), subject: subject(), latest: Some(2) };
        let down = RegistryError::Unavailable { registry: registry(), reason: "down".to_owned() };
        let own = Ok(SchemaId::new(1));
        for (latest, exact, expected) in [
            (Ok(SchemaId::new(2)), own.clone(), Ok(SchemaId::new(2))),
            (Err(differs.clone()), own.clone(), own.clone()),
            (Err(unreadable.clone()), own.clone(), own.clone()),
            (Err(no_schema), own.clone(), own.clone()),
            (Err(lacking.clone()), own.clone(), own.clone()),
            (Err(differs.clone()), Err(absent.clone()), Err(differs.clone())),
            (Err(unreadable.clone()), Err(absent.clone()), Err(unreadable.clone())),
            (Err(lacking.clone()), Err(absent.clone()), Err(lacking)),
            (Err(differs), Err(down.clone()), Err(down.clone())),
            (Err(counting.clone()), own.clone(), Err(counting)),
            (Err(down.clone()), own.clone(), Err(down)),
            (Err(absent.clone()), own.clone(), Err(absent)),
        ] {
            let registry = Registered(latest, exact);
            let schema = SubjectSchema::new("lamp-value", "[]");
            assert_eq!(own_id(&registry, &schema).await, expected, "{registry:?}");
            let schema = schema.registration(Registration::Latest);
            assert_eq!(own_id(&registry, &schema).await, expected, "{registry:?}");
        }
        let registry = Registered(Err(unreadable.clone()), own);
        let schema = SubjectSchema::new("lamp-value", "[]").registration(Registration::IfAbsent);
        assert_eq!(own_id(&registry, &schema).await, Err(unreadable), "it has nothing to do with the latest");
    }
}
