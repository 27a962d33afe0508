use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::Headers;

/// What Kafka carried: the coordinates, key, headers and bytes around an event. Owned and cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    inner: Arc<Inner>,
}

#[derive(PartialEq, Eq)]
struct Inner {
    topic: Arc<str>,
    partition: i32,
    offset: i64,
    timestamp: Option<Timestamp>,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Headers,
    headers_unreadable: bool,
}

impl Message {
    /// A message at `topic`, `partition` and `offset`, without timestamp, key, value and headers.
    ///
    /// Consumers build messages by themselves; this is for tests that call a handler directly.
    #[allow(clippy::new_ret_no_self, reason = "the builder is completed with `build`")]
    pub fn new(topic: impl Into<Arc<str>>, partition: i32, offset: i64) -> MessageBuilder {
        MessageBuilder(Inner {
            topic: topic.into(),
            partition,
            offset,
            timestamp: None,
            key: None,
            value: None,
            headers: Headers::default(),
            headers_unreadable: false,
        })
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        &self.inner.topic
    }

    /// The partition.
    pub fn partition(&self) -> i32 {
        self.inner.partition
    }

    /// The offset.
    pub fn offset(&self) -> i64 {
        self.inner.offset
    }

    /// When the producer created the message, or when the broker appended it, as the topic is configured.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.inner.timestamp
    }

    /// The key's bytes.
    pub fn key(&self) -> Option<&[u8]> {
        self.inner.key.as_deref()
    }

    /// The value's bytes, wire header included. None is a tombstone.
    pub fn value(&self) -> Option<&[u8]> {
        self.inner.value.as_deref()
    }

    pub(crate) fn headers_unreadable(&self) -> bool {
        self.inner.headers_unreadable
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.inner.headers
    }

    /// Bytes of key and value.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.key().map_or(0, <[u8]>::len) + self.value().map_or(0, <[u8]>::len)
    }
}

/// Completes a [`Message`].
pub struct MessageBuilder(Inner);

impl MessageBuilder {
    /// Sets the timestamp.
    #[must_use]
    pub fn timestamp(mut self, timestamp: Option<Timestamp>) -> Self {
        self.0.timestamp = timestamp;
        self
    }

    /// Sets the key.
    #[must_use]
    pub fn key(mut self, key: Option<Vec<u8>>) -> Self {
        self.0.key = key;
        self
    }

    /// Sets the value.
    #[must_use]
    pub fn value(mut self, value: Option<Vec<u8>>) -> Self {
        self.0.value = value;
        self
    }

    /// Sets the headers.
    #[must_use]
    pub fn headers(mut self, headers: Headers) -> Self {
        self.0.headers = headers;
        self
    }

    /// None marks headers that could not be read.
    #[cfg(feature = "kafka")]
    pub(crate) fn headers_or_unreadable(mut self, headers: Option<Headers>) -> Self {
        self.0.headers_unreadable = headers.is_none();
        self.headers(headers.unwrap_or_default())
    }

    /// The message.
    pub fn build(self) -> Message {
        Message { inner: Arc::new(self.0) }
    }
}

/// Coordinates and sizes only: values may be personal data.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("topic", &self.topic())
            .field("partition", &self.partition())
            .field("offset", &self.offset())
            .field("key_bytes", &self.key().map(<[u8]>::len))
            .field("value_bytes", &self.value().map(<[u8]>::len))
            .field("headers", &self.headers().len())
            .finish()
    }
}
