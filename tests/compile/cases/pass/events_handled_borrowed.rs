//! One type handles a stream borrowed and another owned; views are held over an await, and copied to outlive the call.

use std::sync::Mutex;

use cq_events::{EventHandler, Handled, Message, Unknown};
use cq_events_compile_tests::bell::{BellCracked, BellEvent, BellEventRefHandler, BellRung, BellRungRef};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent, borrowed BellEvent)]
struct Logger {
    last: Mutex<Option<BellRung>>,
}

impl LampEventHandler for Logger {
    cq_events::skip!(LampSwitched, LampBroken);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

impl BellEventRefHandler for Logger {
    async fn on_bell_rung(&self, event: BellRungRef<'_>, _message: &Message) -> Handled {
        std::future::ready(()).await;
        *self.last.lock().unwrap() = Some(event.to_owned());
        Ok(())
    }

    cq_events::skip!(borrowed BellCracked);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

/// Generic, with all events skipped by their paths.
#[derive(EventHandler)]
#[handles(borrowed BellEvent)]
struct Deaf<T>(T);

impl<T: Send + Sync + 'static> BellEventRefHandler for Deaf<T> {
    cq_events::skip!(borrowed cq_events_compile_tests::bell::BellRung, BellCracked);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger { last: Mutex::default() });
    is_handler(Deaf(7));
    let topics: Vec<_> = Logger::streams().iter().map(|stream| stream.topic).collect();
    assert_eq!(topics, ["test.lamp.events", "test.bell.events"]);
}
