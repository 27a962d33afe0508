//! Views that are written with a lifetime, named twice, or in the wrong place.

use cq_events::EventStream;
use cq_events_compile_tests::bell::{BellCracked, BellCrackedRef, BellRung};

#[derive(EventStream)]
enum Bell {
    #[view(BellRungRef<'a>)]
    BellRung(#[view(BellRungRef)] BellRung),
    #[view(BellCrackedRef)]
    #[view(BellCrackedRef)]
    BellCracked(BellCracked),
}

impl cq_events::event::StreamSchema for Bell {
    const STREAM: &'static cq_events::event::StreamInfo =
        <cq_events_compile_tests::bell::BellEvent as cq_events::event::StreamSchema>::STREAM;
}

fn main() {}
