//! A type that is no stream is named in the attribute.

use cq_events::EventHandler;
use lamp_events::lamp::LampSwitched;

#[derive(EventHandler)]
#[handles(LampSwitched)]
struct Logger;

fn main() {}
