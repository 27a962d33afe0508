//! `borrowed` stands before nothing.

use cq_events::EventHandler;
use cq_events_compile_tests::bell::BellEvent;

#[derive(EventHandler)]
#[handles(borrowed, BellEvent)]
struct Logger;

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
