//! An event that is skipped is misspelt. A macro does not see which events there are, so it is rustc that finds neither
//! the type nor the method, and misses the method of the event that was meant.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    cq_events::skip!(LampSwitched, LampBrocken);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn main() {}
