//! A type with the methods of a stream, but without `#[derive(EventHandler)]`.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken, LampEventHandler, LampSwitched};

struct Logger;

impl LampEventHandler for Logger {
    async fn on_lamp_switched(&self, _event: LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_lamp_broken(&self, _event: LampBroken, _message: &Message) -> Handled {
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
