//! A closure takes a record, and not the stream's enum.

use cq_events::consume;
use lamp_events::lamp::LampBroken;

fn main() {
    let _ = consume::handle(|_event: LampBroken, _message| async move { Ok(()) });
}
