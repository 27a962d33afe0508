//! Turns the schemas of the cases into Rust.

fn main() {
    cq_events_build::compile("cases/streams.toml");
}
