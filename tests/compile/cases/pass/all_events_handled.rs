//! Every event of two streams is handled by one type.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler, LampSwitched};
use lamp_events::room::{self, RoomEntered, RoomEvent, RoomEventHandler};

#[derive(EventHandler)]
#[handles(LampEvent, RoomEvent)]
struct Logger;

impl LampEventHandler for Logger {
    async fn on_lamp_switched(&self, _event: LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_lamp_broken(&self, _event: LampBroken, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

impl RoomEventHandler for Logger {
    async fn on_room_entered(&self, _event: RoomEntered, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_lamp_switched(&self, _event: room::LampSwitched, _message: &Message) -> Handled {
        Ok(())
    }

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
    let topics: Vec<_> = Logger::streams().iter().map(|stream| stream.topic).collect();
    assert_eq!(topics, ["test.lamp.events", "test.room.events"]);
}
