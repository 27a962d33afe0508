//! Which schema has which id.
//!
//! A [`SchemaRegistry`] is asked by producers, once per stream, for the ids of their schemas, and by consumers for the
//! schemas of ids that they do not know. `HttpRegistry` (feature `http`) speaks to a server, [`LocalRegistry`] needs none.

#[cfg(any(feature = "http", feature = "kafka"))]
pub(crate) mod config;
mod error;
#[cfg(feature = "http")]
mod http;
mod local;
mod subject;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use uuid::Uuid;

#[cfg(any(feature = "http", feature = "kafka"))]
pub use config::{RegistryConfig, RegistryConfigBuilder};
pub use cq_events_schema::Level;
pub use error::RegistryError;
#[cfg(feature = "http")]
pub use http::{Compatibility, HttpRegistry, Registered, Version};
// The registry in memory checks by them as well.
#[cfg(all(feature = "http", feature = "testing"))]
pub(crate) use http::{check_level, why_bytes_differ};
pub use local::LocalRegistry;
pub use subject::{Registration, SubjectSchema, SubjectStrategy};

/// The number that stands for a schema in front of each message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(u32);

impl SchemaId {
    /// The id with this number.
    pub const fn new(id: u32) -> Self {
        Self(id)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SchemaId({})", self.0)
    }
}

/// What a message names its writer's schema by.
///
/// ```
/// use cq_events::registry::{SchemaId, SchemaRef};
///
/// assert_eq!(SchemaRef::from(SchemaId::new(7)).to_string(), "schema id 7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SchemaRef {
    /// An id, which is one registry's own.
    Id(SchemaId),
    /// A GUID, which is the same in every registry.
    Guid(Uuid),
}

impl SchemaRef {
    /// The id, where it is one.
    pub const fn id(self) -> Option<SchemaId> {
        match self {
            Self::Id(id) => Some(id),
            Self::Guid(_) => None,
        }
    }

    /// The GUID, where it is one.
    pub const fn guid(self) -> Option<Uuid> {
        match self {
            Self::Id(_) => None,
            Self::Guid(guid) => Some(guid),
        }
    }
}

impl From<SchemaId> for SchemaRef {
    fn from(id: SchemaId) -> Self {
        Self::Id(id)
    }
}

impl From<Uuid> for SchemaRef {
    fn from(guid: Uuid) -> Self {
        Self::Guid(guid)
    }
}

impl fmt::Display for SchemaRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "schema id {id}"),
            Self::Guid(guid) => write!(f, "schema GUID {guid}"),
        }
    }
}

/// The future that a registry's call returns.
pub type RegistryFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, RegistryError>> + Send + 'a>>;

/// A schema registry: ids of schemas, and schemas of ids.
///
/// Answers for one id never change; callers cache them, and never cache an error for good.
pub trait SchemaRegistry: fmt::Debug + Send + Sync + 'static {
    /// The id of a schema under its subject, registering it where the policy allows that.
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId>;

    /// The assembled schema (JSON) that has this id. A consumer waits for it for a minute, and then asks again.
    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>>;

    /// The assembled schema (JSON) that has this GUID: what some writers put into a header instead of an id.
    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>>;

    /// Which registry it is, as a part of a sentence in errors, such as "the schema registry at http://registry:8081".
    fn describe(&self) -> String {
        "the schema registry".to_owned()
    }
}
