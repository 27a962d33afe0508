use crate::registry::SchemaRef;

/// What a topic holds that is none of the stream's events. Every handler trait has an `on_unknown` for it, so
/// that it is never skipped by accident.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// A message without a value. On a compacted topic it deletes its key.
    Tombstone,
    /// An event that a newer program wrote and this build does not know.
    Event {
        /// The record's Avro fullname, from the writer's schema.
        fullname: String,
        /// The writer's schema.
        schema: SchemaRef,
        /// The record as Avro binary data, without wire header and branch index.
        datum: Vec<u8>,
    },
}
