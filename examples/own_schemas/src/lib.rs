//! A parcel service: its events, who publishes them and who handles them.

pub mod counter;
pub mod tracking;

// A module per stream of streams.toml, here `parcel`.
cq_events::include_events!();
