//! A method takes the event of that name of another stream.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler};
use lamp_events::room::LampSwitched;

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    async fn on_lamp_switched(&self, _event: LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    cq_events::skip!(LampBroken);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
