//! A small stream, as the generator would write it.

use std::borrow::Cow;

use cq_events::codec::{Decode, Decoder, Encode, Encoder};
use cq_events::event::{EventInfo, EventView, HeaderPolicy, StreamInfo, StreamSchema, TopicSpec, Viewed};
use cq_events::{Event, EventStream};
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) const TOPIC: &str = "pump.events";
pub(crate) const PARTITIONS: i32 = 4;

/// A string where it lies.
fn text<'a>(input: &mut Decoder<'a>) -> &'a str {
    let before = input.rest();
    let length = input.string().len();
    let (read, _) = before.split_at(before.len() - input.rest().len());
    std::str::from_utf8(read.split_at(read.len() - length).1).unwrap()
}

macro_rules! record {
    ($name:ident, $view:ident, $fullname:literal, $event_type:literal) => {
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct $name {
            pub(crate) event_id: Uuid,
            pub(crate) correlation_id: Option<String>,
            pub(crate) pump_id: String,
            pub(crate) sequence: i64,
        }

        impl $name {
            pub(crate) fn new(pump_id: &str, sequence: i64) -> Self {
                let (event_id, pump_id) = (Uuid::now_v7(), pump_id.to_owned());
                Self { event_id, correlation_id: None, pump_id, sequence }
            }
        }

        impl Encode for $name {
            fn encode(&self, out: &mut Encoder<'_>) {
                out.uuid(self.event_id);
                out.optional(0, self.correlation_id.as_ref(), |out, id| out.string(id));
                out.string(&self.pump_id);
                out.long(self.sequence);
            }
        }

        impl Decode<'_> for $name {
            fn decode(input: &mut Decoder<'_>) -> Self {
                Self {
                    event_id: input.uuid(),
                    correlation_id: input.optional(0, Decoder::string),
                    pump_id: input.string(),
                    sequence: input.long(),
                }
            }
        }

        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct $view<'a> {
            pub(crate) event_id: Uuid,
            pub(crate) correlation_id: Option<&'a str>,
            pub(crate) pump_id: &'a str,
            pub(crate) sequence: i64,
        }

        impl $view<'_> {
            pub(crate) fn to_owned(&self) -> $name {
                $name {
                    event_id: self.event_id,
                    correlation_id: self.correlation_id.map(str::to_owned),
                    pump_id: self.pump_id.to_owned(),
                    sequence: self.sequence,
                }
            }
        }

        impl<'a> Decode<'a> for $view<'a> {
            fn decode(input: &mut Decoder<'a>) -> Self {
                Self {
                    event_id: input.uuid(),
                    correlation_id: input.optional(0, text),
                    pump_id: text(input),
                    sequence: input.long(),
                }
            }
        }

        impl EventView for $view<'_> {
            fn event_id(&self) -> Option<Uuid> {
                Some(self.event_id)
            }

            fn correlation_id(&self) -> Option<&str> {
                self.correlation_id
            }
        }

        impl Viewed for $name {
            type View<'a> = $view<'a>;
        }

        impl Event for $name {
            fn fullname(&self) -> &'static str {
                $fullname
            }

            fn event_type(&self) -> &'static str {
                $event_type
            }

            fn key(&self) -> Option<Cow<'_, [u8]>> {
                Some(self.pump_id.as_bytes().into())
            }

            fn event_id(&self) -> Option<Uuid> {
                Some(self.event_id)
            }

            fn occurred_at(&self) -> Option<Timestamp> {
                None
            }

            fn correlation_id(&self) -> Option<&str> {
                self.correlation_id.as_deref()
            }

            fn set_correlation_id(&mut self, id: String) {
                self.correlation_id = Some(id);
            }
        }
    };
}

record!(PumpStarted, PumpStartedRef, "test.pump.PumpStarted", "PUMP_STARTED");
record!(PumpStopped, PumpStoppedRef, "test.pump.PumpStopped", "PUMP_STOPPED");

/// What happens to a pump.
#[derive(Clone, Debug, PartialEq, EventStream)]
pub(crate) enum PumpEvent {
    /// It started.
    #[view(PumpStartedRef)]
    PumpStarted(PumpStarted),
    /// It stopped.
    #[view(PumpStoppedRef)]
    PumpStopped(PumpStopped),
}

macro_rules! fields {
    () => {
        concat!(
            r#"{"name":"event_id","type":{"type":"string","logicalType":"uuid"}},"#,
            r#"{"name":"correlation_id","type":["null","string"]},"#,
            r#"{"name":"pump_id","type":"string"},{"name":"sequence","type":"long"}"#,
        )
    };
}

impl StreamSchema for PumpEvent {
    const STREAM: &'static StreamInfo = &StreamInfo::new(
        "pump",
        TOPIC,
        concat!(
            r#"[{"type":"record","name":"PumpStarted","namespace":"test.pump","fields":["#,
            fields!(),
            r#"]},{"type":"record","name":"PumpStopped","namespace":"test.pump","fields":["#,
            fields!(),
            "]}]",
        ),
        &[
            EventInfo::new("test.pump.PumpStarted", "PUMP_STARTED"),
            EventInfo::new("test.pump.PumpStopped", "PUMP_STOPPED"),
        ],
        HeaderPolicy::CloudEvents,
        TopicSpec::new(PARTITIONS, None, &[]),
    );
}
