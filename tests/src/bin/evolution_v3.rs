//! Writes what generation 3 of the sensors' stream has: see `tests/evolution.rs`.

fn main() {
    cq_events_tests::evolution::write::<evolution_v3::sensor::SensorEvent>("v3");
}
