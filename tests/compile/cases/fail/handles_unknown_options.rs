//! Options that do not exist: all are reported.

use cq_events::EventHandler;
use lamp_events::lamp::LampEvent;

#[derive(EventHandler)]
#[handles(LampEvent, retries = 3, "lamp")]
struct Logger;

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
