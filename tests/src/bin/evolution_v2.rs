//! Writes what generation 2 of the sensors' stream has: see `tests/evolution.rs`.

fn main() {
    cq_events_tests::evolution::write::<evolution_v2::sensor::SensorEvent>("v2");
}
