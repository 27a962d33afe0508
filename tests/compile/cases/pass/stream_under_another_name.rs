//! Streams and records may be imported under other names.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken as Broken, LampEvent as Lamp, LampEventHandler as OnLamp, LampSwitched};

#[derive(EventHandler)]
#[handles(Lamp)]
struct Logger;

impl OnLamp for Logger {
    cq_events::skip!(LampSwitched);

    async fn on_lamp_broken(&self, _event: Broken, _message: &Message) -> Handled {
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
