//! Which schema has which id.

mod local;
mod subject;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use uuid::Uuid;

pub use cq_events_schema::Level;
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

/// The future that a registry's call returns.
pub type RegistryFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, RegistryError>> + Send + 'a>>;

/// A schema registry: ids of schemas, and schemas of ids.
///
/// Answers for one id never change; callers cache them, and never cache an error for good.
pub trait SchemaRegistry: fmt::Debug + Send + Sync + 'static {
    /// The id of a schema under its subject, registering it where the policy allows that.
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId>;

    /// The assembled schema (JSON) that has this id.
    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>>;

    /// The assembled schema (JSON) that has this GUID: what some writers put into a header instead of an id.
    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>>;
}

/// Why a registry cannot answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The registry has no schema with this id.
    #[error("schema id {id} is unknown to {registry}")]
    UnknownId {
        /// The id.
        id: SchemaId,
        /// Which registry was asked, and what it knows.
        registry: String,
    },
    /// The registry has no schema with this GUID.
    #[error("schema GUID {guid} is unknown to {registry}")]
    UnknownGuid {
        /// The GUID.
        guid: Uuid,
        /// Which registry was asked, and what it knows.
        registry: String,
    },
    /// The registry does not answer now. It may later.
    #[error("{registry} does not answer: {reason}")]
    Unavailable {
        /// Which registry was asked.
        registry: String,
        /// What went wrong.
        reason: String,
    },
    /// Two different schemas have one id.
    #[error(
        "schema id {id} stands for another schema already: two schemas have the same 31 bits of their SHA-256; \
         change one of them (a `doc` is enough)"
    )]
    Clash {
        /// The id.
        id: SchemaId,
    },
    /// A schema cannot be parsed.
    #[error("{origin} is no valid Avro schema: {reason}")]
    Schema {
        /// Where the schema comes from: a subject or a file.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file or folder of schemas cannot be read.
    #[error("cannot read schemas from {path}: {reason}")]
    Folder {
        /// The path.
        path: String,
        /// The operating system's words.
        reason: String,
    },
}
