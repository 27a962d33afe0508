//! What the tests share.

use cq_events::registry::{HttpRegistry, Registration, RegistryConfig};
use cq_events_tests::registries::Registry;

/// A client that knows nothing yet.
pub(crate) fn client(registry: &Registry) -> HttpRegistry {
    client_of(&registry.url(), Registration::IfAbsent)
}

/// One with this policy.
pub(crate) fn client_of(url: &str, registration: Registration) -> HttpRegistry {
    let config = RegistryConfig::builder(url).registration(registration).build().expect("it is valid");
    HttpRegistry::new(config).expect("it names no files")
}

/// A record with these fields.
pub(crate) fn record(fields: &str) -> String {
    let text = format!(r#"{{"type":"record","name":"shop.Order","fields":[{fields}]}}"#);
    cq_events_schema::normalise(&text).expect("a valid schema")
}

/// Its first version.
pub(crate) fn order() -> String {
    record(r#"{"name":"id","type":"string"}"#)
}

/// A version that may follow it at every level.
pub(crate) fn grown() -> String {
    record(r#"{"name":"id","type":"string"},{"name":"count","type":"int","default":1}"#)
}

/// A version that may follow it at no level but NONE.
pub(crate) fn broken() -> String {
    record(r#"{"name":"id","type":"int"}"#)
}
