//! From librdkafka's message to ours.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;
use rdkafka::Message as _;
use rdkafka::message::{BorrowedMessage, Headers as _};

use crate::event::{Header, Headers, Message};

pub(super) fn from_native(native: &BorrowedMessage<'_>, topic: Arc<str>) -> Message {
    // rust-rdkafka panics at a header whose key is not UTF-8, and has no way around that. Such a message must not end
    // the consumer without its coordinates: it fails where it is decoded.
    let headers = catch_unwind(AssertUnwindSafe(|| headers(native)));
    let millis = native.timestamp().to_millis();
    Message::new(topic, native.partition(), native.offset())
        .timestamp(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
        .key(native.key().map(<[u8]>::to_vec))
        .value(native.payload().map(<[u8]>::to_vec))
        .headers_or_unreadable(headers.ok())
        .build()
}

fn headers(native: &BorrowedMessage<'_>) -> Headers {
    let Some(headers) = native.headers() else { return Headers::default() };
    let header = |header: rdkafka::message::Header<'_, &[u8]>| Header {
        key: header.key.to_owned(),
        value: header.value.map(<[u8]>::to_vec),
    };
    headers.iter().map(header).collect()
}
