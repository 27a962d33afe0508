//! Events of a stream that is handled borrowed are not handled: one error names them.

use cq_events::{EventHandler, Handled, Message, Unknown};
use cq_events_compile_tests::bell::{BellEvent, BellEventRefHandler};

#[derive(EventHandler)]
#[handles(borrowed BellEvent)]
struct Logger;

impl BellEventRefHandler for Logger {
    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
