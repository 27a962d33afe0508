//! Closures and functions over the whole of a stream.

use cq_events::consume::{self, Handled};
use cq_events::{EventHandler, Message, Unknown};
use lamp_events::lamp::LampEvent;

async fn on_lamp(event: LampEvent, message: Message) -> Handled {
    match event {
        LampEvent::LampSwitched(_) => Ok(()),
        LampEvent::LampBroken(event) => Err(cq_events::Failure::retry(format!("{event:?} at {}", message.offset()))),
    }
}

async fn on_unknown(_unknown: Unknown, _message: Message) -> Handled {
    Ok(())
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(consume::handle(on_lamp).on_unknown(on_unknown));
    let name = String::from("lamp");
    is_handler(
        consume::handle(move |event: LampEvent, message| {
            let name = name.clone();
            async move {
                match event {
                    LampEvent::LampSwitched(event) => println!("{name} {} is {}", event.lamp_id, event.on),
                    LampEvent::LampBroken(event) => println!("{name} broke at {}: {event:?}", message.offset()),
                }
                Ok(())
            }
        })
        .on_unknown(|_, _| async { Ok(()) }),
    );
}
