//! `borrowed` is misspelt, in the attribute and in `skip!`.

use cq_events::{EventHandler, Handled, Message, Unknown};
use cq_events_compile_tests::bell::{BellCracked, BellEvent, BellEventRefHandler, BellRung};

#[derive(EventHandler)]
#[handles(borowed BellEvent)]
struct Logger;

impl BellEventRefHandler for Logger {
    cq_events::skip!(borrow BellRung, BellCracked);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
