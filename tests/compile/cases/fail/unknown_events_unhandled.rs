//! What is none of the events must be handled as well.

use cq_events::{EventHandler, Handled, Message};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    async fn on_lamp_switched(&self, _event: LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_lamp_broken(&self, _event: LampBroken, _message: &Message) -> Handled {
        Ok(())
    }
}

fn main() {}
