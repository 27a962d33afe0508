//! Turns the schemas beside this file into Rust.

fn main() {
    cq_events_build::compile("streams.toml");
}
