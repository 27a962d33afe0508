use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::Headers;

/// What Kafka carried: the coordinates, key, headers and bytes around an event. Owned and cheap to clone.
///
/// A message of a consumer is a handle into the batch in which it was fetched: where one is kept for long, copy what is
/// needed of it instead, or its batch stays in memory as well.
#[derive(Clone)]
pub struct Message {
    carrier: Arc<dyn Carrier>,
    /// Which one of the carrier's messages it is.
    index: u32,
    outline: Outline,
}

/// What is looked at so often that it is not asked of the carrier each time.
#[derive(Clone, Copy)]
pub(crate) struct Outline {
    partition: i32,
    offset: i64,
    /// Bytes of key and value.
    size: u32,
    /// Of the key, if there is one.
    hash: Option<u32>,
}

impl Outline {
    pub(crate) fn new(partition: i32, offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        let size = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
        Self { partition, offset, size: u32::try_from(size).unwrap_or(u32::MAX), hash: key.map(hash) }
    }
}

/// Fx's hash: eight bytes at a time. All bytes have their say in the upper bits. Whoever picks keys that collide only makes
/// them wait for each other, so it need not resist that.
fn hash(key: &[u8]) -> u32 {
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    let mut hash = key.len() as u64;
    let mut mix =
        |word: [u8; 8]| hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    let (words, rest) = key.as_chunks::<8>();
    words.iter().for_each(|word| mix(*word));
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    mix(last);
    (hash >> 32) as u32
}

/// What holds the bytes of messages: one that was built, or a batch that was fetched.
pub(crate) trait Carrier: Send + Sync {
    fn topic(&self, index: u32) -> &str;
    fn timestamp(&self, index: u32) -> Option<Timestamp>;
    fn key(&self, index: u32) -> Option<&[u8]>;
    fn value(&self, index: u32) -> Option<&[u8]>;
    fn headers(&self, index: u32) -> &Headers;
}

impl Message {
    /// A message at `topic`, `partition` and `offset`, without timestamp, key, value and headers.
    ///
    /// Consumers build messages by themselves; this is for tests that call a handler directly.
    #[allow(clippy::new_ret_no_self, reason = "the builder is completed with `build`")]
    pub fn new(topic: impl Into<Arc<str>>, partition: i32, offset: i64) -> MessageBuilder {
        let message = Built {
            topic: topic.into(),
            timestamp: None,
            key: None,
            value: None,
            headers: Headers::default(),
        };
        MessageBuilder { partition, offset, message }
    }

    /// One of the messages of a carrier.
    pub(crate) fn carried(carrier: Arc<dyn Carrier>, index: u32, outline: Outline) -> Self {
        Self { carrier, index, outline }
    }

    /// The topic.
    #[inline]
    pub fn topic(&self) -> &str {
        self.carrier.topic(self.index)
    }

    /// The partition.
    #[inline]
    pub fn partition(&self) -> i32 {
        self.outline.partition
    }

    /// The offset.
    #[inline]
    pub fn offset(&self) -> i64 {
        self.outline.offset
    }

    /// When the producer created the message, or when the broker appended it, as the topic is configured.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.carrier.timestamp(self.index)
    }

    /// The key's bytes.
    #[inline]
    pub fn key(&self) -> Option<&[u8]> {
        self.carrier.key(self.index)
    }

    /// The value's bytes, wire header included. None is a tombstone.
    #[inline]
    pub fn value(&self) -> Option<&[u8]> {
        self.carrier.value(self.index)
    }

    /// The headers. They are read when they are first asked for.
    pub fn headers(&self) -> &Headers {
        self.carrier.headers(self.index)
    }

    /// Bytes of key and value.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.outline.size as usize
    }

    /// A hash of the key, of which the upper bits are the best ones.
    pub(crate) fn key_hash(&self) -> Option<u32> {
        self.outline.hash
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        let same = Arc::ptr_eq(&self.carrier, &other.carrier) && self.index == other.index;
        same || (self.topic() == other.topic()
            && self.partition() == other.partition()
            && self.offset() == other.offset()
            && self.timestamp() == other.timestamp()
            && self.key() == other.key()
            && self.value() == other.value()
            && self.headers() == other.headers())
    }
}

impl Eq for Message {}

/// A message that was built.
struct Built {
    topic: Arc<str>,
    timestamp: Option<Timestamp>,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Headers,
}

impl Carrier for Built {
    fn topic(&self, _: u32) -> &str {
        &self.topic
    }

    fn timestamp(&self, _: u32) -> Option<Timestamp> {
        self.timestamp
    }

    fn key(&self, _: u32) -> Option<&[u8]> {
        self.key.as_deref()
    }

    fn value(&self, _: u32) -> Option<&[u8]> {
        self.value.as_deref()
    }

    fn headers(&self, _: u32) -> &Headers {
        &self.headers
    }
}

/// Completes a [`Message`].
pub struct MessageBuilder {
    partition: i32,
    offset: i64,
    message: Built,
}

impl MessageBuilder {
    /// Sets the timestamp.
    #[must_use]
    pub fn timestamp(mut self, timestamp: Option<Timestamp>) -> Self {
        self.message.timestamp = timestamp;
        self
    }

    /// Sets the key.
    #[must_use]
    pub fn key(mut self, key: Option<Vec<u8>>) -> Self {
        self.message.key = key;
        self
    }

    /// Sets the value.
    #[must_use]
    pub fn value(mut self, value: Option<Vec<u8>>) -> Self {
        self.message.value = value;
        self
    }

    /// Sets the headers.
    #[must_use]
    pub fn headers(mut self, headers: Headers) -> Self {
        self.message.headers = headers;
        self
    }

    /// The message.
    pub fn build(self) -> Message {
        let Self { partition, offset, message } = self;
        let outline = Outline::new(partition, offset, message.key.as_deref(), message.value.as_deref());
        Message::carried(Arc::new(message), 0, outline)
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
