//! The test kit: Kafka in the test's own process, and the consumer's engine on a simulated cluster.

#[cfg(feature = "kafka")]
mod embedded;
mod simulation;

#[cfg(feature = "kafka")]
pub use embedded::EmbeddedBroker;
pub use simulation::{Bug, Rule, Simulation, Tally, Violation};
