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
pub use error::RegistryError;
#[cfg(all(feature = "http", feature = "testing"))]
pub(crate) use http::differences;
#[cfg(feature = "http")]
pub use http::{Compatibility, HttpRegistry, Registered, Version};
pub use local::LocalRegistry;
pub use subject::{Registration, SubjectSchema};

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
