fn main() {
    cq_events_build::compile("streams.toml");
}
