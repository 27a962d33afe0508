//! A type that is no stream is named as a borrowed one.

use cq_events::EventHandler;
use lamp_events::lamp::LampSwitched;

#[derive(EventHandler)]
#[handles(borrowed LampSwitched)]
struct Logger;

fn main() {}
