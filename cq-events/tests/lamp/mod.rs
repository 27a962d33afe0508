//! A small stream, written by hand as `cq-events-build` would, and what its tests share.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::borrow::Cow;
use std::time::{Duration, Instant};

use cq_events::codec::{Decoder, Encode, Encoder};
use cq_events::event::{Event, EventInfo, EventStream, HeaderPolicy, StreamInfo, StreamSchema, TopicSpec};
use jiff::Timestamp;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use rust_decimal::Decimal;
use uuid::Uuid;

pub const TOPIC: &str = "test.lamp.events";
pub const PARTITIONS: i32 = 6;

const SCHEMA: &str = r#"[{"type":"record","name":"test.Lit","fields":[
    {"name":"lamp","type":["null","string"]},{"name":"number","type":"long"},
    {"name":"level","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}}]},
    {"type":"record","name":"test.Gone","fields":[{"name":"lamp","type":"string"}]}]"#;

#[derive(Clone, Debug, PartialEq)]
pub enum Lamp {
    Lit(Lit),
    Gone(Gone),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lit {
    pub lamp: Option<String>,
    pub number: i64,
    pub level: Decimal,
    // Not part of the schema, to keep it small.
    pub event_id: Option<Uuid>,
    pub occurred_at: Option<Timestamp>,
    pub correlation_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Gone {
    pub lamp: String,
}

pub fn lit(lamp: &str, number: i64) -> Lit {
    Lit { lamp: Some(lamp.to_owned()), number, ..Lit::default() }
}

impl From<Lit> for Lamp {
    fn from(event: Lit) -> Self {
        Self::Lit(event)
    }
}

impl From<Gone> for Lamp {
    fn from(event: Gone) -> Self {
        Self::Gone(event)
    }
}

impl StreamSchema for Lamp {
    const STREAM: &'static StreamInfo = &StreamInfo::new(
        "lamp",
        TOPIC,
        SCHEMA,
        &[EventInfo::new("test.Lit", "LIT"), EventInfo::new("test.Gone", "GONE")],
        HeaderPolicy::CloudEvents,
        TopicSpec::new(PARTITIONS, None, &[]),
    );
}

impl Event for Lamp {
    fn fullname(&self) -> &'static str {
        match self {
            Self::Lit(_) => "test.Lit",
            Self::Gone(_) => "test.Gone",
        }
    }
    fn event_type(&self) -> &'static str {
        match self {
            Self::Lit(_) => "LIT",
            Self::Gone(_) => "GONE",
        }
    }
    fn key(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Lit(lit) => lit.lamp.as_ref().map(|lamp| Cow::Borrowed(lamp.as_bytes())),
            Self::Gone(gone) => Some(Cow::Borrowed(gone.lamp.as_bytes())),
        }
    }
    fn event_id(&self) -> Option<Uuid> {
        match self {
            Self::Lit(lit) => lit.event_id,
            Self::Gone(_) => None,
        }
    }
    fn occurred_at(&self) -> Option<Timestamp> {
        match self {
            Self::Lit(lit) => lit.occurred_at,
            Self::Gone(_) => None,
        }
    }
    fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Lit(lit) => lit.correlation_id.as_deref(),
            Self::Gone(_) => None,
        }
    }
    fn set_correlation_id(&mut self, id: String) {
        if let Self::Lit(lit) = self {
            lit.correlation_id = Some(id);
        }
    }
}

impl Encode for Lamp {
    fn encode(&self, out: &mut Encoder<'_>) {
        match self {
            Self::Lit(lit) => {
                out.branch(0);
                lit.encode(out);
            }
            Self::Gone(gone) => {
                out.branch(1);
                gone.encode(out);
            }
        }
    }
}

impl Encode for Lit {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.optional(0, self.lamp.as_ref(), |out, lamp| out.string(lamp));
        out.long(self.number);
        out.decimal(self.level, 4, 2, "Lit.level");
    }
}

impl Encode for Gone {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.string(&self.lamp);
    }
}

impl EventStream for Lamp {
    fn record(&self) -> (usize, &dyn Encode) {
        match self {
            Self::Lit(lit) => (0, lit),
            Self::Gone(gone) => (1, gone),
        }
    }

    fn decode_branch(branch: usize, input: &mut Decoder<'_>) -> Option<Self> {
        match branch {
            0 => Some(Self::Lit(Lit {
                lamp: input.optional(0, Decoder::string),
                number: input.long(),
                level: input.decimal(4, 2),
                ..Lit::default()
            })),
            1 => Some(Self::Gone(Gone { lamp: input.string() })),
            _ => None,
        }
    }
}

/// A message as a plain client reads it.
#[derive(Clone, Debug)]
pub struct Plain {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub event: Lamp,
    pub headers: Vec<(String, String)>,
}

impl Plain {
    pub fn number(&self) -> i64 {
        match &self.event {
            Lamp::Lit(lit) => lit.number,
            Lamp::Gone(_) => panic!("no number: {self:?}"),
        }
    }
}

/// Reads `count` messages of the topic from its beginning, with a plain client.
pub fn read(servers: &str, count: usize) -> Vec<Plain> {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", servers).set("group.id", "reader").create().unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(TOPIC, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut messages = Vec::new();
    while messages.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} messages", messages.len());
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            messages.push(plain(&message.unwrap()));
        }
    }
    messages
}

fn plain(message: &rdkafka::message::BorrowedMessage<'_>) -> Plain {
    let (_, datum) = cq_events::codec::read_frame(message.payload().unwrap()).unwrap();
    let mut input = Decoder::new(datum, cq_events::codec::DecodeLimits::DEFAULT);
    let branch = input.branch(2);
    let event = Lamp::decode_branch(branch, &mut input).unwrap();
    input.finish().unwrap();
    let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap().to_vec()).unwrap();
    let headers = message.headers().map(|headers| {
        headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect::<Vec<_>>()
    });
    Plain {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        event,
        headers: headers.unwrap_or_default(),
    }
}
