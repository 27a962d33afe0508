//! No event is handled: one error lists them all.

use cq_events::EventHandler;
use lamp_events::lamp::{LampEvent, LampEventHandler};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
