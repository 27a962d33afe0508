//! The test kit: Kafka and a schema registry in the test's own process, and the consumer's engine on a simulated cluster.

#[cfg(feature = "kafka")]
mod embedded;
#[cfg(feature = "http")]
mod registry;
mod simulation;

#[cfg(feature = "kafka")]
pub use embedded::EmbeddedBroker;
#[cfg(feature = "http")]
pub use registry::{Fault, MemoryRegistry, RegistryServer};
pub use simulation::{Bug, Rule, Simulation, Tally, Violation};
