//! A schema registry's server: Confluent's REST API, which others speak as well.
//!
//! | module | what it holds |
//! |---|---|
//! | `calls` | the calls that are made |
//! | `transport` | one call: over the URLs, again, and for how long |
//! | `attempt`, `tls` | one request: limits, credentials |
//! | `answer`, `schema` | what answers say; schemas with what they refer to |
//! | `flights` | look-ups: once for all who wait, and kept |
//! | `operations` | what may be asked |
//! | `history` | the versions of a subject |
//! | `compare` | our schema and one that is registered |
//! | `policy` | how a schema of this build gets its id |

mod answer;
mod attempt;
mod calls;
mod compare;
mod flights;
mod history;
mod operations;
mod policy;
mod schema;
mod tls;
mod transport;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

#[cfg(feature = "testing")]
pub(crate) use compare::{check_level, why_bytes_differ};
pub use operations::{Compatibility, Registered, Version};

use super::{RegistryConfig, RegistryError, RegistryFuture, SchemaId, SchemaRegistry, SubjectSchema};
use crate::config::ConfigError;
use answer::Answer;
use calls::Call;
use flights::{Flights, Key};
use policy::Ids;
use transport::Transport;

/// A schema registry's server, by Confluent's REST API. Cheap to clone: all clones share connections and what is known.
///
/// - Requests that fail by the transport, with status 429 or 5xx are tried again, on each of the URLs, four times and for four
///   times the time-out at most; `Retry-After` is kept. No other answer is asked for again.
/// - A schema is looked up once, however many want it, and 1,024 are kept. So is, for a minute, that one cannot be read; and for
///   50 ms that an id, or what its schema refers to, is unknown. No other failure is kept.
/// - What takes many calls, since a subject may have hundreds of versions, takes twelve times the time-out at most.
/// - Redirects are not followed, answers end at 16 MiB, a schema with what it refers to at 1 MiB, and no credential shows in
///   errors, logs and `Debug`.
/// - Servers are spoken to directly: what the environment says of proxies (`HTTPS_PROXY` and others) is not looked at.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use cq_events::registry::{HttpRegistry, RegistryConfig};
///
/// let registry = HttpRegistry::new(RegistryConfig::from_env()?)?;
/// let id = registry.register_file("chip-quality.user.events-value", "schemas/user.avsc").await?;
/// println!("registered as schema id {id}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpRegistry {
    transport: Arc<Transport>,
    flights: Arc<Flights>,
    ids: Arc<Ids>,
}

impl HttpRegistry {
    /// A client for the registry. Nothing is sent yet. Reads the files that the configuration names: call it at start.
    ///
    /// # Errors
    /// When one of the files cannot be read, or holds something else than it should.
    pub fn new(config: RegistryConfig) -> Result<Self, ConfigError> {
        let transport = Arc::new(Transport::new(config)?);
        Ok(Self { transport, flights: Arc::default(), ids: Arc::default() })
    }

    /// Its URLs, with commas between, and without user info.
    pub fn urls(&self) -> String {
        self.transport.config().urls().join(", ")
    }

    /// Looks a schema up, unless it is known.
    async fn look_up(
        &self,
        key: Key,
        call: Call,
        unknown: impl FnOnce(String) -> RegistryError + Send + 'static,
    ) -> Result<Arc<str>, RegistryError> {
        let transport = Arc::clone(&self.transport);
        let look_up = || async move {
            let looking = async {
                let (status, said) = match transport.call(&call).await? {
                    Answer::Value(value) => return schema::assemble(&transport, (&call, &value)).await,
                    Answer::Refused { status, said } => (status, said),
                };
                let is_unknown = status == 404
                    && (said.is_not_found() || matches!(key, Key::Guid(_)) && is_there(&transport).await?);
                Err(if is_unknown {
                    unknown(format!("{}{}", transport.name(), said.in_words()))
                } else {
                    transport.refused(&call, status, said)
                })
            };
            // With all that the schema refers to.
            let late = |longest| format!("no answer to {call} within {longest:?}");
            transport.within(transport.longest(), late, looking).await
        };
        self.flights.get((self.transport.runtime()?, key), look_up).await
    }
}

impl SchemaRegistry for HttpRegistry {
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        Box::pin(self.id_by_policy(schema))
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        let unknown = move |registry| RegistryError::UnknownId { id, registry };
        // Servers read ids as signed numbers, and to what they cannot read they answer as to a path that is not there.
        if i32::try_from(id.get()).is_err() {
            let registry = format!("{}, as to any: ids end at {}", self.transport.name(), i32::MAX);
            return Box::pin(std::future::ready(Err(unknown(registry))));
        }
        Box::pin(self.look_up(Key::Id(id), calls::schema_of(id), unknown))
    }

    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        let unknown = move |registry| RegistryError::UnknownGuid { guid, registry };
        Box::pin(self.look_up(Key::Guid(guid), calls::schema_of_guid(guid), unknown))
    }

    fn describe(&self) -> String {
        self.transport.name()
    }
}

impl fmt::Debug for HttpRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRegistry").field("config", self.transport.config()).finish_non_exhaustive()
    }
}

/// Whether a registry answers there. Many know no GUIDs, and have no such path; but a server in between that has lost its way
/// to one answers alike.
async fn is_there(transport: &Transport) -> Result<bool, RegistryError> {
    Ok(matches!(transport.call(&calls::types()).await?, Answer::Value(Value::Array(_))))
}
