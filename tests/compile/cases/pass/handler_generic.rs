//! A generic handler, whose handler trait asks for more than the type does, and an enum.

use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler, LampSwitched};

trait Store: Send + Sync + 'static {
    fn save(&self, lamp: &str) -> impl Future<Output = Result<(), std::io::Error>> + Send;
}

struct Memory;

impl Store for Memory {
    async fn save(&self, _lamp: &str) -> Result<(), std::io::Error> {
        Ok(())
    }
}

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger<S, const N: usize>
where
    S: Sized,
{
    store: S,
}

impl<S: Store, const N: usize> LampEventHandler for Logger<S, N> {
    async fn on_lamp_switched(&self, event: LampSwitched, _message: &Message) -> Handled {
        self.store.save(&event.lamp_id).await?;
        Ok(())
    }

    cq_events::skip!(LampBroken);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

#[derive(EventHandler)]
#[handles(LampEvent)]
enum Either {
    Left,
    Right,
}

impl LampEventHandler for Either {
    cq_events::skip!(LampSwitched, LampBroken);

    async fn on_unknown(&self, _unknown: Unknown, _message: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger::<Memory, 2> { store: Memory });
    is_handler(Either::Left);
    is_handler(Either::Right);
}
