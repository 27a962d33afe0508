//! One stream is named twice, as owned and as borrowed.

use cq_events::EventHandler;
use cq_events_compile_tests::bell::BellEvent;

#[derive(EventHandler)]
#[handles(BellEvent, borrowed BellEvent)]
struct Logger;

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
