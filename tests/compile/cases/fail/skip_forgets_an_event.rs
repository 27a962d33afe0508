//! Skipping some events does not skip the others.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    cq_events::skip!(LampSwitched);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn main() {}
