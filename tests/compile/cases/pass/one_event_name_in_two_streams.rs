//! Two streams have an event of one name: the type tells them apart, and skipping takes a path.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{self, LampEvent, LampEventHandler};
use lamp_events::room::{self, RoomEvent, RoomEventHandler};

#[derive(EventHandler)]
#[handles(LampEvent, RoomEvent)]
struct Logger;

impl LampEventHandler for Logger {
    cq_events::skip!(lamp::LampSwitched, lamp::LampBroken);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

impl RoomEventHandler for Logger {
    cq_events::skip!(room::LampSwitched, room::RoomEntered);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
}
