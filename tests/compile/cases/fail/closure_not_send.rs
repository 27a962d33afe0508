//! A closure holds across an await what cannot be sent to another thread.

use std::rc::Rc;

use cq_events::consume;
use lamp_events::lamp::LampEvent;

fn main() {
    let _ = consume::handle(|event: LampEvent, _message| async move {
        let event = Rc::new(event);
        std::future::ready(()).await;
        drop(event);
        Ok(())
    });
}
