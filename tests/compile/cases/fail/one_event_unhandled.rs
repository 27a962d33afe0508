//! One event is not handled: E0046 at the `impl` line names it.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    async fn on_lamp_switched(&self, _event: LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
