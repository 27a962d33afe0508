//! From librdkafka's message to ours.

use std::sync::Arc;

use jiff::Timestamp;
use rdkafka::Message as _;
use rdkafka::message::{BorrowedMessage, Headers as _};

use crate::event::{Header, Headers, Message};

pub(super) fn from_native(native: &BorrowedMessage<'_>, topic: Arc<str>) -> Message {
    let headers: Headers = native.headers().map_or_else(Headers::default, |headers| {
        headers
            .iter()
            .map(|header| Header { key: header.key.to_owned(), value: header.value.map(<[u8]>::to_vec) })
            .collect()
    });
    let millis = native.timestamp().to_millis();
    Message::new(topic, native.partition(), native.offset())
        .timestamp(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
        .key(native.key().map(<[u8]>::to_vec))
        .value(native.payload().map(<[u8]>::to_vec))
        .headers(headers)
        .build()
}
