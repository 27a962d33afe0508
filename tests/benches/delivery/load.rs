//! What is published: the platform's `InspectionCreated` with all of its optional facts, about 250 bytes encoded, in a
//! stream without headers and in one with CloudEvents headers.

use std::ffi::CStr;

use cq_events::codec::{self, write_frame};
use cq_events::event::{BorrowedStream, StreamInfo, StreamSchema as _};
use cq_events::registry::{LocalRegistry, SchemaRegistry as _};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Different events: so many that one of six partitions has none of them twice within the 64 KiB in which snappy looks
/// for repetitions.
const DIFFERENT: u32 = 2_400;
/// Chips of one batch, which is the key.
const CHIPS: u32 = 20;

/// Which of the streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    Plain,
    Headed,
}

impl Stream {
    pub fn info(self) -> &'static StreamInfo {
        match self {
            Self::Plain => load_events::plain::PlainEvent::STREAM,
            Self::Headed => load_events::headed::HeadedEvent::STREAM,
        }
    }

    pub fn topic(self) -> &'static str {
        self.info().topic
    }
}

/// A stream that the events are of.
pub trait Load: BorrowedStream + Clone {
    /// The event of a number.
    fn numbered(number: u32) -> Self;
}

macro_rules! load {
    ($($module:ident::$stream:ident)*) => {$(
        impl Load for load_events::$module::$stream {
            fn numbered(number: u32) -> Self {
                use load_events::$module::{InspectionCreated, InspectionType, Priority, ProcessStage};
                let batch = number / CHIPS;
                InspectionCreated::builder()
                    .event_id(scattered(number))
                    .occurred_at(time(number))
                    .inspection_id(format!("INS-2026-11-{number:06}"))
                    .batch_id(format!("BATCH-2026-{batch:05}"))
                    .chip_id(chip(number))
                    .inspection_type(InspectionType::Electrical)
                    .lot_id(format!("LOT-{batch:05}-{:02}", number % 7))
                    .process_stage(ProcessStage::FinalTest)
                    .priority(Priority::High)
                    .due_on(date(2026, 11, 30))
                    .requested_by("sampling-planner@fab-2.example.com")
                    .metadata([
                        ("sampling_plan".to_owned(), "ISO 2859-1, level II, AQL 0.65, skip-lot".to_owned()),
                        ("customer_order".to_owned(), format!("ORD-4711-{batch:05}")),
                    ])
                    .build()
                    .into()
            }
        }
    )*};
}

load!(plain::PlainEvent headed::HeadedEvent);

/// The id of a number: as hard to compress as a random one, and the same in each run.
fn scattered(number: u32) -> Uuid {
    // SplitMix64's finalizer.
    let half = |seed: u64| {
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let seed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Uuid::from_u64_pair(half(seed), half(!seed))
}

fn time(number: u32) -> Timestamp {
    let start = Timestamp::from_second(1_795_000_000).expect("a time");
    start.checked_add((i64::from(number) * 37).milliseconds()).expect("a time")
}

/// Of different lengths, so that their sum is no multiple of their number.
fn chip(number: u32) -> String {
    format!("CHIP-2026-{number}")
}

/// So many events, one after the other from the first again, each made when it is asked for: a copy of one that is
/// there already is the cheapest way to make an event.
pub fn events<S: Load>(messages: u64) -> impl Iterator<Item = S> + Send {
    let different: Vec<S> = (0..DIFFERENT).map(S::numbered).collect();
    (0..messages).map(move |number| different[index(number)].clone())
}

/// Which of the different events a message has.
fn index(number: u64) -> usize {
    usize::try_from(number % u64::from(DIFFERENT)).expect("a small number")
}

/// What the handlers' sums must come to: the lengths of all chip ids.
pub fn sum(messages: u64) -> u64 {
    let lengths: Vec<u64> = (0..DIFFERENT).map(|number| chip(number).len() as u64).collect();
    (0..messages).map(|number| lengths[index(number)]).sum()
}

/// An event as it goes over the wire: what the reference publishes.
pub struct Encoded {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    pub headers: [(&'static CStr, String); 5],
}

/// All different events.
pub async fn encoded<S: Load>() -> Vec<Encoded> {
    let id = LocalRegistry::default().id_of(&S::STREAM.subjects()[0]).await.expect("an id");
    let encode = |number| {
        let event = S::numbered(number);
        let mut value = Vec::new();
        write_frame(id, &mut value);
        codec::encode(&event, &mut value).expect("a valid event");
        let headers = [
            (c"ce_specversion", "1.0".to_owned()),
            (c"ce_id", event.event_id().expect("it has one").to_string()),
            (c"ce_type", event.fullname().to_owned()),
            (c"ce_source", "cq-events".to_owned()),
            (c"ce_time", event.occurred_at().expect("it has one").to_string()),
        ];
        Encoded { key: event.key().expect("it has one").into_owned(), value, headers }
    };
    (0..DIFFERENT).map(encode).collect()
}

/// The mean sizes of an event: key, value, and headers with their names, in bytes.
pub async fn sizes() -> [usize; 3] {
    let encoded = encoded::<load_events::headed::HeadedEvent>().await;
    let mean = |size: fn(&Encoded) -> usize| encoded.iter().map(size).sum::<usize>() / encoded.len();
    let headers =
        |event: &Encoded| event.headers.iter().map(|(name, value)| name.count_bytes() + value.len()).sum();
    [mean(|event| event.key.len()), mean(|event| event.value.len()), mean(headers)]
}
