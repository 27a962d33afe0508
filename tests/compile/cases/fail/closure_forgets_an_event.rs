//! The match of a closure forgets an event.

use cq_events::consume;
use lamp_events::lamp::LampEvent;

fn main() {
    let _ = consume::handle(|event: LampEvent, _message| async move {
        match event {
            LampEvent::LampSwitched(_) => Ok(()),
        }
    });
}
