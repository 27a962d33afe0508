//! Writes what generation 1 of the sensors' stream has: see `tests/evolution.rs`.

fn main() {
    cq_events_tests::evolution::write::<evolution_v1::sensor::SensorEvent>("v1");
}
