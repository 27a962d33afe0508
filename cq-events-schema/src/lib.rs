//! What cq-events knows of Avro schemas.
