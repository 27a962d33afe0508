//! A message among the dead letters, and who says what of it.

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cq_events::codec::{FrameError, read_frame, read_message};
use cq_events::dead_letter::{DeadLetter, original};
use cq_events::event::{Header, Headers};
use cq_events::registry::SchemaRef;
use jiff::Timestamp;
use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Headers as _};

/// A message of a topic of dead letters.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Kafka's time of it.
    pub timestamp: Option<Timestamp>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// All of its headers; None, where the name of one is not UTF-8.
    pub headers: Option<Headers>,
    /// Who has put it there.
    pub origin: Origin,
}

/// Who has put a message among the dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A consumer of ours, which says this of it.
    Ours(Box<DeadLetter>),
    /// Somebody else, whose headers may say anything.
    Other(Framework),
}

/// Whose headers a foreign dead letter has, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framework {
    /// Spring for Apache Kafka: `kafka_dlt-...`
    Spring,
    /// Kafka Connect: `__connect.errors...`
    Connect,
    /// Kafka Streams: `__streams.errors...`
    Streams,
    /// Nobody known.
    Unknown,
}

impl Framework {
    fn of(headers: &Headers) -> Self {
        let has = |prefix: &str| headers.iter().any(|header| header.key.starts_with(prefix));
        if has("kafka_dlt-") {
            Self::Spring
        } else if has("__connect.errors.") {
            Self::Connect
        } else if has("__streams.errors.") {
            Self::Streams
        } else {
            Self::Unknown
        }
    }

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spring => "spring",
            Self::Connect => "connect",
            Self::Streams => "streams",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Spring => "Spring for Apache Kafka",
            Self::Connect => "Kafka Connect",
            Self::Streams => "Kafka Streams",
            Self::Unknown => "an unknown framework",
        })
    }
}

impl Letter {
    /// A copy of what was fetched.
    pub(crate) fn of(message: &BorrowedMessage<'_>) -> Self {
        let headers = headers(message);
        Self {
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            origin: Origin::of(headers.as_ref()),
            headers,
        }
    }

    /// What its value was written with, and its datum; None for a tombstone.
    pub fn schema_and_datum(&self) -> Option<Result<(SchemaRef, &[u8]), FrameError>> {
        let value = self.value.as_deref()?;
        Some(match &self.headers {
            Some(headers) => read_message(headers, value),
            None => read_frame(value).map(|(id, datum)| (id.into(), datum)),
        })
    }

    /// What a consumer of ours says of it.
    pub fn ours(&self) -> Option<&DeadLetter> {
        match &self.origin {
            Origin::Ours(letter) => Some(letter),
            Origin::Other(_) => None,
        }
    }

    /// The headers that the message had before it was put here. Of foreign ones it is not known which these are.
    pub fn original_headers(&self) -> &[Header] {
        match (&self.headers, &self.origin) {
            (Some(headers), Origin::Ours(_)) => original(headers),
            (Some(headers), Origin::Other(_)) => headers.as_slice(),
            (None, _) => &[],
        }
    }

    /// When it was put here.
    pub fn failed_at(&self) -> Option<Timestamp> {
        self.ours().map(|letter| letter.failed_at).or(self.timestamp)
    }

    /// The event's type, as the header of CloudEvents says it.
    pub fn type_header(&self) -> Option<&str> {
        let header = self.original_headers().iter().rev().find(|header| header.key == "ce_type")?;
        str::from_utf8(header.value.as_deref()?).ok()
    }
}

impl Origin {
    fn of(headers: Option<&Headers>) -> Self {
        let ours = headers.and_then(DeadLetter::of).map(|letter| Self::Ours(Box::new(letter)));
        ours.unwrap_or_else(|| Self::Other(headers.map_or(Framework::Unknown, Framework::of)))
    }
}

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic is one of rust-rdkafka's that is expected here, so that a hook should say nothing of it.
pub fn is_expected_panic() -> bool {
    EXPECTED.get()
}

/// rust-rdkafka panics at a header whose name is not UTF-8, and no broker checks that.
fn headers(message: &BorrowedMessage<'_>) -> Option<Headers> {
    let Some(native) = message.headers() else { return Some(Headers::default()) };
    EXPECTED.set(true);
    let headers = catch_unwind(AssertUnwindSafe(|| {
        let copy = |header: rdkafka::message::Header<'_, &[u8]>| Header {
            key: header.key.to_owned(),
            value: header.value.map(<[u8]>::to_vec),
        };
        native.iter().map(copy).collect()
    }));
    EXPECTED.set(false);
    headers.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(names: &[&str]) -> Headers {
        names.iter().map(|name| Header { key: (*name).to_owned(), value: Some(vec![0, 0, 0, 3]) }).collect()
    }

    #[test]
    fn foreign_letters_are_known_by_the_names_of_their_headers() {
        let of = |names: &[&str]| Origin::of(Some(&headers(names)));
        assert_eq!(of(&["a", "kafka_dlt-original-partition"]), Origin::Other(Framework::Spring));
        assert_eq!(of(&["__connect.errors.topic"]), Origin::Other(Framework::Connect));
        assert_eq!(of(&["__streams.errors.topic"]), Origin::Other(Framework::Streams));
        assert_eq!(of(&["a"]), Origin::Other(Framework::Unknown));
        assert_eq!(Origin::of(None), Origin::Other(Framework::Unknown));
    }
}
