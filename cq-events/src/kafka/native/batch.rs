//! Messages as librdkafka fetched them.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{self, NonNull};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use rdkafka::bindings as sys;

use super::Callbacks;
use super::handle::Handle;
use crate::event::{Carrier, Header, Headers, Message, Outline};

/// A batch of messages, each with its topic. They are destroyed together, with the last [`Message`] of them.
struct Batch<C: Callbacks> {
    messages: Vec<Fetched>,
    topics: Arc<[Arc<str>]>,
    client: Option<Arc<Handle<C>>>,
}

impl<C: Callbacks> Drop for Batch<C> {
    fn drop(&mut self) {
        // Before the client, which must outlive them (invariant 1).
        self.messages.clear();
        // The last message of a consumer that has ended takes the client with it. That takes a moment, and this may be
        // a thread of the async runtime.
        if let Some(client) = self.client.take().and_then(Arc::into_inner) {
            let thread = std::thread::Builder::new().name("cq-events-drop".to_owned());
            if let Err(error) = thread.spawn(move || drop(client)) {
                tracing::warn!("no thread to end the consumer's client: {error}");
            }
        }
    }
}

/// One message of librdkafka's, which has no error.
struct Fetched {
    native: Native,
    /// Which of the topics it is of.
    topic: usize,
    headers: OnceLock<Headers>,
}

/// Owns a message of librdkafka's.
pub(super) struct Native(NonNull<sys::rd_kafka_message_t>);

// SAFETY: a fetched message does not change (invariant 3), and may be destroyed on any thread.
unsafe impl Send for Native {}
// SAFETY: all that reads it by a shared reference only reads, but for the headers, which have their `OnceLock`.
unsafe impl Sync for Native {}

impl Native {
    /// # Safety
    /// The pointer is a message that was fetched and that nobody else destroys.
    pub(super) unsafe fn new(message: *mut sys::rd_kafka_message_t) -> Option<Self> {
        NonNull::new(message).map(Self)
    }

    pub(super) fn get(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: it is destroyed with `self`, and not changed before (invariant 3).
        unsafe { self.0.as_ref() }
    }

    /// The name of its topic; nothing, where an error is about none.
    pub(super) fn topic(&self) -> &str {
        let topic = self.get().rkt;
        if topic.is_null() {
            return "";
        }
        // SAFETY: the message holds its topic, whose name is a C string.
        let name = unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(topic)) };
        // Topics have ASCII names.
        name.to_str().unwrap_or_default()
    }

    fn key(&self) -> Option<&[u8]> {
        let message = self.get();
        // SAFETY: the bytes live as long as the message, which `self` owns.
        unsafe { bytes(message.key, message.key_len) }
    }

    fn value(&self) -> Option<&[u8]> {
        let message = self.get();
        // SAFETY: as for the key.
        unsafe { bytes(message.payload, message.len) }
    }

    fn outline(&self) -> Outline {
        Outline::new(self.get().partition, self.get().offset, self.key(), self.value())
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive, and the call only reads it.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.0.as_ptr(), &raw mut kind) };
        let is_there =
            kind != sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && millis >= 0;
        is_there.then(|| Timestamp::from_millisecond(millis).ok()).flatten()
    }

    /// # Safety
    /// Nothing else may ask for the headers of the same message at the same time: the question parses them.
    unsafe fn headers(&self) -> Headers {
        let mut native: *mut sys::rd_kafka_headers_t = ptr::null_mut();
        // SAFETY: the message is alive, and what is answered belongs to it.
        let found = unsafe { sys::rd_kafka_message_headers(self.0.as_ptr(), &raw mut native) };
        if found != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || native.is_null() {
            return Headers::default();
        }
        let mut headers = Vec::new();
        loop {
            let (mut key, mut value, mut length) = (ptr::null::<c_char>(), ptr::null::<c_void>(), 0);
            // SAFETY: the headers are alive as long as the message; past the last one it says so.
            let next = unsafe {
                sys::rd_kafka_header_get_all(
                    native,
                    headers.len(),
                    &raw mut key,
                    &raw mut value,
                    &raw mut length,
                )
            };
            if next != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || key.is_null() {
                return headers.into_iter().collect();
            }
            // SAFETY: a header's key is a C string, and its value has this length, or is null.
            let (key, value) = unsafe { (CStr::from_ptr(key), bytes(value, length)) };
            headers
                .push(Header { key: key.to_string_lossy().into_owned(), value: value.map(<[u8]>::to_vec) });
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // SAFETY: `self` owned it, and its client is alive (invariant 1).
        unsafe { sys::rd_kafka_message_destroy(self.0.as_ptr()) };
    }
}

/// # Safety
/// The pointer is null, or so many bytes are there that live and do not change for `'a`.
pub(super) unsafe fn bytes<'a>(pointer: *const c_void, length: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's.
    (!pointer.is_null()).then(|| unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), length) })
}

/// Our messages for those that were fetched. What is of no topic that was asked for is left out.
pub(super) fn messages<C: Callbacks>(
    client: &Arc<Handle<C>>,
    topics: &Arc<[Arc<str>]>,
    fetched: impl IntoIterator<Item = Native>,
) -> Vec<Message> {
    // Mostly of one topic in a row, and librdkafka has one address for each.
    let mut last = (ptr::null_mut(), 0);
    let mut topic_of = |native: &Native| {
        let address = native.get().rkt;
        if address != last.0 {
            last = (address, topics.iter().position(|topic| **topic == *native.topic())?);
        }
        Some(last.1)
    };
    let fetched = fetched.into_iter().filter_map(|native| {
        let topic = topic_of(&native)?;
        Some(Fetched { native, topic, headers: OnceLock::new() })
    });
    let fetched: Vec<Fetched> = fetched.collect();
    if fetched.is_empty() {
        return Vec::new();
    }
    // In a loop of its own, in which nothing makes one message wait for another: they were written by another thread, so
    // each first look at one is slow.
    let outlines: Vec<Outline> = fetched.iter().map(|fetched| fetched.native.outline()).collect();
    let batch = Batch { messages: fetched, topics: Arc::clone(topics), client: Some(Arc::clone(client)) };
    let carrier: Arc<dyn Carrier> = Arc::new(batch);
    let message = |(index, outline)| Message::carried(Arc::clone(&carrier), index, outline);
    (0..).zip(outlines).map(message).collect()
}

impl<C: Callbacks> Batch<C> {
    fn native(&self, index: u32) -> Option<&Native> {
        self.messages.get(index as usize).map(|fetched| &fetched.native)
    }
}

impl<C: Callbacks> Carrier for Batch<C> {
    fn topic(&self, index: u32) -> &str {
        let topic = self.messages.get(index as usize).and_then(|fetched| self.topics.get(fetched.topic));
        topic.map_or("", |topic| topic)
    }

    fn timestamp(&self, index: u32) -> Option<Timestamp> {
        self.native(index)?.timestamp()
    }

    fn key(&self, index: u32) -> Option<&[u8]> {
        self.native(index)?.key()
    }

    fn value(&self, index: u32) -> Option<&[u8]> {
        self.native(index)?.value()
    }

    fn headers(&self, index: u32) -> &Headers {
        static NONE: Headers = Headers::EMPTY;
        let Some(fetched) = self.messages.get(index as usize) else { return &NONE };
        // SAFETY: the lock lets one thread in, and nothing else asks for a message's headers.
        fetched.headers.get_or_init(|| unsafe { fetched.native.headers() })
    }
}
