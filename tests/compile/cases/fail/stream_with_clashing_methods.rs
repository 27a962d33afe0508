//! Events whose methods would have one name, or the name of a method that every stream has.

use cq_events::EventStream;
use lamp_events::lamp::{LampBroken, LampSwitched};

macro_rules! schema {
    ($($stream:ident)*) => {
        $(impl cq_events::event::StreamSchema for $stream {
            const STREAM: &'static cq_events::event::StreamInfo =
                <lamp_events::lamp::LampEvent as cq_events::event::StreamSchema>::STREAM;
        })*
    };
}

schema!(Clashing);

#[allow(non_camel_case_types)]
#[derive(EventStream)]
enum Clashing {
    LampBroken(LampBroken),
    Lamp_Broken(LampBroken),
    Unknown(LampSwitched),
    Batch(LampSwitched),
}

fn main() {}
