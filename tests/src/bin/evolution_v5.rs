//! Writes what generation 5 of the sensors' stream has: see `tests/evolution.rs`.

fn main() {
    cq_events_tests::evolution::write::<evolution_v5::sensor::SensorEvent>("v5");
}
