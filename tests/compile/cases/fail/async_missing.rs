//! A method is not `async`: `async fn` makes a future of its result.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    async fn on_lamp_switched(&self, _event: LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    fn on_lamp_broken(&self, _event: LampBroken, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn main() {}
