//! Where in a datum a byte is: for errors, after which time does not matter.

use cq_events_schema::Schemas;

/// The field of a datum at `offset`, such as `InspectionCompleted.results[3].value`: empty where there is none.
pub(super) fn of(schema: &str, datum: &[u8], offset: usize) -> String {
    let Ok(schemas) = Schemas::parse_text("schema", schema) else { return String::new() };
    let path = schemas.roots().first().and_then(|root| schemas.locate(root, datum, offset));
    path.unwrap_or_default()
}
