//! An event of a borrowed handler is skipped without `borrowed`.

use cq_events::{EventHandler, Handled, Message, Unknown};
use cq_events_compile_tests::bell::{BellCracked, BellEvent, BellEventRefHandler, BellRung};

#[derive(EventHandler)]
#[handles(borrowed BellEvent)]
struct Logger;

impl BellEventRefHandler for Logger {
    cq_events::skip!(borrowed BellRung);
    cq_events::skip!(BellCracked);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
