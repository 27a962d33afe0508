//! The schemas that are here, each with the subject that it is for.

use std::fs;
use std::path::Path;

use cq_events::registry::{Level, RegistryError};
use cq_events_build::Stream;
use cq_events_schema::Schemas;

use crate::error::Error;

/// A schema that is here, and the subject that it is for.
#[derive(Debug)]
pub struct Local {
    /// The stream that has the subject; None where it is of no stream.
    pub stream: Option<String>,
    /// The subject.
    pub subject: String,
    /// The assembled schema, normalised.
    pub schema: String,
    /// The same, with its places in files.
    pub schemas: Schemas,
    /// The level that `streams.toml` says.
    pub level: Option<Level>,
}

impl Local {
    /// Those of streams, in their order.
    pub fn of_streams(streams: Vec<Stream>) -> Vec<Self> {
        let of_stream = |stream: Stream| {
            stream.subjects.into_iter().map(move |subject| Self {
                stream: Some(stream.name.clone()),
                subject: subject.name,
                schema: subject.schema,
                schemas: subject.schemas,
                level: stream.level,
            })
        };
        streams.into_iter().flat_map(of_stream).collect()
    }

    /// That of a file, which is whole by itself.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no schema.
    pub fn of_file(subject: &str, path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| Error::File {
            action: "read",
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let origin = path.display().to_string();
        let schemas = Schemas::parse_text(&origin, &text)
            .map_err(|mistakes| RegistryError::Schema { origin, reason: mistakes.to_string() })?;
        let schema = schemas.roots().first().map(|root| schemas.write(root)).unwrap_or_default();
        Ok(Self { stream: None, subject: subject.to_owned(), schema, schemas, level: None })
    }
}
