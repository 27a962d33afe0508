//! One event has a view, and the other has none.

use cq_events::EventStream;
use cq_events_compile_tests::bell::{BellCracked, BellRung, BellRungRef};

#[derive(EventStream)]
enum Bell {
    #[view(BellRungRef)]
    BellRung(BellRung),
    /// Cracked.
    #[allow(dead_code)]
    BellCracked(BellCracked),
}

impl cq_events::event::StreamSchema for Bell {
    const STREAM: &'static cq_events::event::StreamInfo =
        <cq_events_compile_tests::bell::BellEvent as cq_events::event::StreamSchema>::STREAM;
}

fn main() {}
