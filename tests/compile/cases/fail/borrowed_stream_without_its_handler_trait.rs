//! A stream is named as borrowed, but only its handler trait for owned events is implemented.

use cq_events::{EventHandler, Handled, Message, Unknown};
use cq_events_compile_tests::bell::{BellCracked, BellEvent, BellEventHandler, BellRung};

#[derive(EventHandler)]
#[handles(borrowed BellEvent)]
struct Logger;

impl BellEventHandler for Logger {
    cq_events::skip!(BellRung, BellCracked);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
