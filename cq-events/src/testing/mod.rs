//! The test kit: Kafka in the test's own process.

mod embedded;

pub use embedded::EmbeddedBroker;
