//! Turns Avro schemas into Rust events.
