//! A required field is set twice: the error stands at the second call.

use lamp_events::lamp::LampBroken;

fn main() {
    let _ = LampBroken::builder().lamp_id("L-1").reason("it fell").lamp_id("L-2").build();
}
