//! Writes what generation 4 of the sensors' stream has: see `tests/evolution.rs`.

fn main() {
    cq_events_tests::evolution::write::<evolution_v4::sensor::SensorEvent>("v4");
}
