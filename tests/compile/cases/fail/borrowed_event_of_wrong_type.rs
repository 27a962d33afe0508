//! A method of a borrowed handler takes the owned event.

use cq_events::{EventHandler, Handled, Message, Unknown};
use cq_events_compile_tests::bell::{BellCracked, BellEvent, BellEventRefHandler, BellRung};

#[derive(EventHandler)]
#[handles(borrowed BellEvent)]
struct Logger;

impl BellEventRefHandler for Logger {
    async fn on_bell_rung(&self, _event: BellRung, _message: &Message) -> Handled {
        Ok(())
    }

    cq_events::skip!(borrowed BellCracked);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
