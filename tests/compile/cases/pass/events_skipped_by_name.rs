//! An event is skipped by name, and a failure of the other passes through `?`.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    cq_events::skip!(LampSwitched);

    async fn on_lamp_broken(&self, event: LampBroken, message: &Message) -> Handled {
        let number: u32 = event.reason.parse()?;
        if number > 3 {
            return Err(cq_events::Failure::retry(format!("lamp {} at {}", event.lamp_id, message.offset())));
        }
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
