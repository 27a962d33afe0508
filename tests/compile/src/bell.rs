//! The events of a bell, with their borrowed views, as the generator would write them.

use std::borrow::Cow;

use cq_events::Event;
use cq_events::codec::{Decode, Decoder, Encode, Encoder};
use cq_events::event::{EventInfo, EventView, HeaderPolicy, StreamInfo, StreamSchema, TopicSpec, Viewed};
use jiff::Timestamp;
use uuid::Uuid;

macro_rules! record {
    ($name:ident, $view:ident, $fullname:literal, $event_type:literal) => {
        /// An event of a bell.
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            /// How often.
            pub times: i64,
        }

        /// A view of one.
        #[derive(Clone, Debug, PartialEq)]
        pub struct $view<'a> {
            /// How often.
            pub times: i64,
            /// What is left of the message.
            pub rest: &'a [u8],
        }

        impl $view<'_> {
            /// The event.
            pub fn to_owned(&self) -> $name {
                $name { times: self.times }
            }
        }

        impl Encode for $name {
            fn encode(&self, out: &mut Encoder<'_>) {
                out.long(self.times);
            }
        }

        impl Decode<'_> for $name {
            fn decode(input: &mut Decoder<'_>) -> Self {
                Self { times: input.long() }
            }
        }

        impl<'a> Decode<'a> for $view<'a> {
            fn decode(input: &mut Decoder<'a>) -> Self {
                Self { times: input.long(), rest: input.rest() }
            }
        }

        impl Viewed for $name {
            type View<'a> = $view<'a>;
        }

        impl EventView for $view<'_> {
            fn event_id(&self) -> Option<Uuid> {
                None
            }

            fn correlation_id(&self) -> Option<&str> {
                None
            }
        }

        impl Event for $name {
            fn fullname(&self) -> &'static str {
                $fullname
            }

            fn event_type(&self) -> &'static str {
                $event_type
            }

            fn key(&self) -> Option<Cow<'_, [u8]>> {
                None
            }

            fn event_id(&self) -> Option<Uuid> {
                None
            }

            fn occurred_at(&self) -> Option<Timestamp> {
                None
            }

            fn correlation_id(&self) -> Option<&str> {
                None
            }

            fn set_correlation_id(&mut self, _id: String) {}
        }
    };
}

record!(BellRung, BellRungRef, "test.bell.BellRung", "BELL_RUNG");
record!(BellCracked, BellCrackedRef, "test.bell.BellCracked", "BELL_CRACKED");

/// What happens to a bell.
#[derive(Clone, Debug, PartialEq, cq_events::EventStream)]
pub enum BellEvent {
    /// It was rung.
    #[view(BellRungRef)]
    BellRung(BellRung),
    /// It cracked.
    #[view(BellCrackedRef)]
    BellCracked(BellCracked),
}

impl StreamSchema for BellEvent {
    const STREAM: &'static StreamInfo = &StreamInfo::new(
        "bell",
        "test.bell.events",
        "[]",
        &[
            EventInfo::new("test.bell.BellRung", "BELL_RUNG"),
            EventInfo::new("test.bell.BellCracked", "BELL_CRACKED"),
        ],
        HeaderPolicy::None,
        TopicSpec::new(1, None, &[]),
    );
}
