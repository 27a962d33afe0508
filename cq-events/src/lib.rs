//! Schema-first, typed events over Apache Kafka.
//!
//! A team writes Avro schemas; `cargo build` turns them into Rust events (crate `cq-events-build`, used from
//! `build.rs`); this crate carries them. The folders follow the flow of data:
//!
//! | module | what it holds |
//! |---|---|
//! | [`builder`] | what the builders of generated records are made of |
//! | [`event`] | what an event and a stream are; the message that carries one |
//! | `config` | what configurations have in common: errors that tell everything, and secrets that do not show |
//! | [`codec`] | the Confluent wire header and the Avro binary encoding |
//! | [`registry`] | which schema has which id: a registry's server, or the local registry |
//! | [`publish`] | the producer |
//! | [`consume`] | the consumer, and the engine that decides what it does |
//! | [`dead_letter`] | messages that could not be handled, kept as they were |
//! | [`kafka`] | everything that touches librdkafka: configuration, topics, offsets |
//! | [`observe`] | metrics and correlation |
//! | `json` | events as JSON for people (feature `serde`) |
//! | `testing` | the embedded broker, a schema registry in memory, and the engine on a simulated cluster (feature `testing`) |
//!
//! Without the default feature `kafka` there is neither producer nor consumer, without `http` no client of a registry's
//! server. What is left, events, codec, local registry and handlers, needs no C compiler.

pub mod builder;
pub mod codec;
#[cfg(any(feature = "http", feature = "kafka"))]
#[cfg_attr(
    not(all(feature = "http", feature = "kafka")),
    allow(dead_code, unused_imports, reason = "either has what the other does not use")
)]
pub mod config;
pub mod consume;
pub mod dead_letter;
pub mod event;
#[cfg(feature = "serde")]
pub mod json;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod observe;
#[cfg(feature = "kafka")]
pub mod publish;
pub mod registry;
#[cfg(feature = "testing")]
pub mod testing;

#[doc(hidden)]
pub mod __private;

// The macros emit absolute paths, also in this crate's own tests.
#[cfg(any(test, feature = "testing"))]
extern crate self as cq_events;

pub use consume::{Classify, EventHandler, Failure, Handled};
#[cfg(feature = "kafka")]
pub use consume::{Consumer, shutdown_signal};
pub use cq_events_derive::{EventHandler, EventStream, skip};
pub use event::{Event, EventStream, Message, Unknown};
#[cfg(feature = "kafka")]
pub use kafka::KafkaConfig;
#[cfg(feature = "kafka")]
pub use publish::Producer;

/// Includes the events that `cq-events-build` generated from the crate's schemas: one module per stream.
///
/// ```ignore
/// // build.rs
/// fn main() { cq_events_build::compile("streams.toml") }
/// // src/lib.rs
/// cq_events::include_events!();
/// ```
#[macro_export]
macro_rules! include_events {
    () => {
        include!(concat!(
            env!(
                "OUT_DIR",
                "nothing is generated yet: the package needs a build.rs that calls cq_events_build::compile(\"streams.toml\")"
            ),
            "/cq_events.rs"
        ));
    };
}
