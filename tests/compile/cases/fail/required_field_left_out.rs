//! A required field is left out of a builder: the error names it.

use lamp_events::lamp::LampBroken;

fn main() {
    let _ = LampBroken::builder().lamp_id("L-1").build();
}
