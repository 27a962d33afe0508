//! A match over a stream forgets an event.

use lamp_events::lamp::LampEvent;

fn describe(event: LampEvent) -> &'static str {
    match event {
        LampEvent::LampSwitched(_) => "switched",
    }
}

fn main() {
    let _ = describe;
}
