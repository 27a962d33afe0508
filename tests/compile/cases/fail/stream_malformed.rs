//! Enums, structs and unions that are no stream.

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

schema!(Shapes Numbered Empty);

#[derive(EventStream)]
enum Shapes {
    LampSwitched,
    LampBroken(LampBroken, u8),
    Named { lamp: LampSwitched },
    Nothing(),
}

#[derive(EventStream)]
#[repr(u8)]
enum Numbered {
    LampSwitched(LampSwitched) = 7,
}

#[derive(EventStream)]
enum Generic<T> {
    LampSwitched(T),
}

#[derive(EventStream)]
enum Empty {}

#[derive(EventStream)]
struct Struct(LampSwitched);

#[derive(EventStream)]
union Union {
    on: u8,
}

fn main() {}
