//! Values as JSON, without knowing their types: by the schema that they were written with.

mod check;
mod form;
mod node;
#[cfg(test)]
mod tests;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use cq_events::codec::FrameError;
use cq_events::registry::SchemaRef;

use crate::schemas::{Library, Writer};
use form::Form;
pub(crate) use node::HIDDEN;
pub use node::Node;

/// What there is to say of a value.
#[derive(Debug)]
pub struct Decoded {
    /// The schema that it says it was written with.
    pub schema: Option<SchemaRef>,
    /// The fullname of the event.
    pub event: Option<String>,
    /// The value; or why it cannot be read.
    pub value: Result<Node, String>,
    /// Whether the key is personal data that are hidden.
    pub hides_key: bool,
    /// Whether its bytes may hold personal data that are hidden.
    pub hides_bytes: bool,
}

impl Decoded {
    fn unreadable(schema: Option<SchemaRef>, reason: String) -> Self {
        Self { schema, event: None, value: Err(reason), hides_key: false, hides_bytes: false }
    }
}

/// Reads a value by the schema of its writer. Personal data are hidden unless `reveals`.
pub fn decode(
    value: Result<(SchemaRef, &[u8]), FrameError>,
    library: &mut Library,
    reveals: bool,
) -> Decoded {
    let (schema, datum) = match value {
        Ok(value) => value,
        Err(error) => return Decoded::unreadable(None, error.to_string()),
    };
    let writer = match library.writer(schema) {
        Ok(writer) => writer,
        Err(missing) => return Decoded::unreadable(Some(schema), missing.to_string()),
    };
    let form = Form { schemas: &writer.schemas, reveals };
    let event = writer.event(datum).map(str::to_owned);
    Decoded {
        schema: Some(schema),
        hides_key: event.as_deref().map_or_else(|| form.hides_something(), |event| form.hides_key(event)),
        hides_bytes: form.hides_something(),
        value: node(&writer, datum, &form),
        event,
    }
}

fn node(writer: &Writer, datum: &[u8], form: &Form<'_>) -> Result<Node, String> {
    let root = writer.root().ok_or("the schema has no type")?;
    check::check(&writer.schemas, root, datum)?;
    let said = |error: apache_avro::Error| {
        // Its words may quote the value.
        let error = if form.hides_something() { HIDDEN.to_owned() } else { error.to_string() };
        format!("apache-avro cannot read it: {error}")
    };
    let schema = Schema::parse_str(&writer.text).map_err(said)?;
    let reader = GenericDatumReader::builder(&schema).build().map_err(said)?;
    let value = reader.read_value(&mut &*datum).map_err(said)?;
    form.root(root, &value)
}
