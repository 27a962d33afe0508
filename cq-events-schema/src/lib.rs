//! What cq-events knows of Avro schemas.
//!
//! ```text
//! text -> Source -> json (values with spans) -> parse -> Schemas (roots and named types) -> write (one JSON text)
//! ```
//!
//! Parsing collects all mistakes and says of each where it is and what to do: a [`Diagnostic`]. The build step and
//! the runtime use the same parser: the one for the files of a team, the other for schemas that other programs
//! registered.
//!
//! The crate knows nothing of Rust names, of Kafka, or of the network.

mod canonical;
mod compatibility;
mod datum;
mod defaults;
mod digest;
mod empty;
mod endless;
mod filled;
pub mod json;
mod least;
mod locate;
mod name;
mod nesting;
mod parse;
mod recursive;
pub mod resolution;
mod resolve;
mod schema;
mod source;
mod suggest;
mod write;

pub use compatibility::{Direction, Incompatibility, Level, check_compatibility};
pub use datum::one_byte_each;
pub use resolution::{Finding, Rule, incompatibilities};
pub use schema::{
    EnumType, Field, FixedType, Kind, Logical, Named, NamedKind, Property, RecordType, Schemas, Type,
};
pub use source::{Diagnostic, Diagnostics, Position, Source, SourceId, Sources, Span};
pub use suggest::did_you_mean;

/// The normalised form of a schema: one line of JSON in which every named type is inlined at its first use, names
/// are fullnames, and keys have a fixed order. Two texts of one schema have the same normalised form, whatever
/// their spacing and key order; unlike Avro's canonical form it keeps documentation, defaults, aliases, logical
/// types and custom properties.
///
/// # Errors
/// When the text is no valid schema, with everything that is wrong in it.
pub fn normalise(text: &str) -> Result<String, Diagnostics> {
    let schemas = Schemas::parse_text("schema", text)?;
    Ok(schemas.roots().first().map(|root| schemas.write(root)).unwrap_or_default())
}
