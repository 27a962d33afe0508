//! The attribute is misspelt.

use cq_events::EventHandler;

#[derive(EventHandler)]
#[handels(lamp_events::lamp::LampEvent)]
struct Logger;

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
