//! The method of an event is misspelt: there is no such method, and the one that was meant is missing.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    async fn on_lamp_switched(&self, _event: LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_lamp_brocken(&self, _event: LampBroken, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn main() {}
