//! The events of the Chip Quality Platform, generated from the Avro schemas of this package.
//!
//! There is one module per stream, and `common` with the types that several streams use.

cq_events::include_events!();
