//! Where in a datum a byte is: for errors.

use std::sync::{Arc, OnceLock};

use cq_events_schema::Schemas;

/// Names the fields of data of one schema, which is parsed when the first one is asked for.
#[derive(Debug)]
pub(crate) struct Places {
    schema: Arc<str>,
    parsed: OnceLock<Option<Schemas>>,
}

impl Places {
    /// For data that are written with this schema.
    pub(crate) fn new(schema: impl Into<Arc<str>>) -> Self {
        Self { schema: schema.into(), parsed: OnceLock::new() }
    }

    /// The field of a datum at `offset`, such as `InspectionCompleted.results[3].value`: empty where there is none.
    pub(crate) fn path(&self, datum: &[u8], offset: usize) -> String {
        let parsed = self.parsed.get_or_init(|| Schemas::parse_text("schema", &self.schema).ok());
        let path =
            parsed.as_ref().and_then(|schemas| schemas.locate(schemas.roots().first()?, datum, offset));
        path.unwrap_or_default()
    }
}
