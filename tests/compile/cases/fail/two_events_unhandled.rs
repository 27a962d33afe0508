//! Two events are not handled: one error names both.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampEvent, LampEventHandler};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
