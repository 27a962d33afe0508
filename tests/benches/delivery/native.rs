//! The bundled librdkafka by its raw calls, as fast C programs use it: what the reference stands on, and the only place
//! with unsafe code. Each call follows the ownership that `rdkafka.h` states for it.
#![allow(unsafe_code, reason = "the reference is the C library itself, without a Rust client on top")]

use std::cell::Cell;
use std::ffi::{CStr, CString, c_void};
use std::ptr;
use std::slice;

use rdkafka::bindings::*;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, TopicPartitionList};

/// A client, of either kind.
struct Client(*mut rd_kafka_t);

impl Client {
    fn new(kind: rd_kafka_type_t, config: &ClientConfig, set: impl FnOnce(*mut rd_kafka_conf_t)) -> Self {
        let config = config.create_native_config().expect("librdkafka takes the configuration");
        // SAFETY: the duplicate belongs to the client once it exists; without one the program ends.
        let client = unsafe {
            let config = rd_kafka_conf_dup(config.ptr());
            set(config);
            rd_kafka_new(kind, config, ptr::null_mut(), 0)
        };
        assert!(!client.is_null(), "librdkafka makes a client");
        Self(client)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: the owners below give back what they took from the client before they drop it.
        unsafe { rd_kafka_destroy(self.0) }
    }
}

/// A producer for one topic, whose reports are counted in the thread that polls.
pub struct Producer {
    client: Client,
    topic: *mut rd_kafka_topic_t,
    reports: Box<Reports>,
}

#[derive(Default)]
struct Reports {
    delivered: Cell<u64>,
    failed: Cell<u64>,
}

impl Producer {
    pub fn new(config: &ClientConfig, topic: &str) -> Self {
        let reports = Box::<Reports>::default();
        let opaque = ptr::from_ref(&*reports).cast_mut().cast();
        // SAFETY: the counters stay where they are, and outlive the client: it is dropped first.
        let client = Client::new(rd_kafka_type_t::RD_KAFKA_PRODUCER, config, |config| unsafe {
            rd_kafka_conf_set_opaque(config, opaque);
            rd_kafka_conf_set_dr_msg_cb(config, Some(count));
        });
        let name = CString::new(topic).expect("a name");
        // SAFETY: the name is copied; the topic is given back before the client.
        let topic = unsafe { rd_kafka_topic_new(client.0, name.as_ptr(), ptr::null_mut()) };
        assert!(!topic.is_null(), "librdkafka makes a topic");
        Self { client, topic, reports }
    }

    /// `rd_kafka_produce`; false: the queue is full.
    pub fn produce(&self, key: &[u8], value: &[u8]) -> bool {
        // SAFETY: F_COPY copies the value, and the key is copied always.
        let refused = unsafe {
            rd_kafka_produce(
                self.topic,
                ANY_PARTITION,
                RD_KAFKA_MSG_F_COPY,
                value.as_ptr().cast_mut().cast(),
                value.len(),
                key.as_ptr().cast(),
                key.len(),
                ptr::null_mut(),
            )
        };
        // SAFETY: it reads a value of this thread.
        refused == 0 || is_taken(unsafe { rd_kafka_last_error() })
    }

    /// `rd_kafka_producev`, with the five headers of an event without a correlation id; false: the queue is full.
    pub fn producev(&self, key: &[u8], value: &[u8], headers: &[(&CStr, String); 5]) -> bool {
        use rd_kafka_vtype_t::*;
        let [a, b, c, d, e] =
            headers.each_ref().map(|(name, value)| (name.as_ptr(), value.as_ptr(), value.len()));
        // SAFETY: tags and arguments are those of the macros RD_KAFKA_V_...; F_COPY copies the value, and key and
        // headers are copied always.
        let error = unsafe {
            rd_kafka_producev(
                self.client.0,
                RD_KAFKA_VTYPE_RKT,
                self.topic,
                RD_KAFKA_VTYPE_PARTITION,
                ANY_PARTITION,
                RD_KAFKA_VTYPE_MSGFLAGS,
                RD_KAFKA_MSG_F_COPY,
                RD_KAFKA_VTYPE_VALUE,
                value.as_ptr(),
                value.len(),
                RD_KAFKA_VTYPE_KEY,
                key.as_ptr(),
                key.len(),
                RD_KAFKA_VTYPE_HEADER,
                a.0,
                a.1,
                a.2,
                RD_KAFKA_VTYPE_HEADER,
                b.0,
                b.1,
                b.2,
                RD_KAFKA_VTYPE_HEADER,
                c.0,
                c.1,
                c.2,
                RD_KAFKA_VTYPE_HEADER,
                d.0,
                d.1,
                d.2,
                RD_KAFKA_VTYPE_HEADER,
                e.0,
                e.1,
                e.2,
                RD_KAFKA_VTYPE_END,
            )
        };
        is_taken(error)
    }

    /// Serves reports, waiting for the first of them for so long.
    pub fn poll(&self, milliseconds: i32) {
        // SAFETY: the callbacks touch this thread's counters only.
        unsafe { rd_kafka_poll(self.client.0, milliseconds) };
    }

    /// How many messages the broker acknowledged.
    pub fn delivered(&self) -> u64 {
        assert_eq!(self.reports.failed.get(), 0, "messages that failed");
        self.reports.delivered.get()
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        // SAFETY: it is used no more.
        unsafe { rd_kafka_topic_destroy(self.topic) }
    }
}

/// Whether a message was taken; a full queue is the one refusal that is no mistake.
fn is_taken(error: rd_kafka_resp_err_t) -> bool {
    match error {
        OK => true,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR__QUEUE_FULL => false,
        error => panic!("librdkafka takes no message: {error:?}"),
    }
}

unsafe extern "C" fn count(_: *mut rd_kafka_t, message: *const rd_kafka_message_t, opaque: *mut c_void) {
    // SAFETY: librdkafka gives a message and the opaque of the configuration, which are the counters.
    let (message, reports) = unsafe { (&*message, &*opaque.cast::<Reports>()) };
    let is_delivered = message.err == OK;
    let counter = if is_delivered { &reports.delivered } else { &reports.failed };
    counter.set(counter.get() + 1);
}

/// A consumer of a group.
pub struct Consumer {
    client: Client,
    queue: *mut rd_kafka_queue_t,
    batch: Vec<*mut rd_kafka_message_t>,
}

/// A message as it lies in librdkafka's buffers.
pub struct Record<'a> {
    pub partition: i32,
    pub offset: i64,
    pub value: &'a [u8],
}

impl Consumer {
    /// Joins the group; librdkafka assigns partitions by itself.
    pub fn new(config: &ClientConfig, topic: &str, batch: usize) -> Self {
        let client = Client::new(rd_kafka_type_t::RD_KAFKA_CONSUMER, config, |_| {});
        let mut topics = TopicPartitionList::new();
        topics.add_topic_unassigned(topic);
        // SAFETY: the list is copied, and the queue is given back before the client.
        let (polled, subscribed, queue) = unsafe {
            (
                rd_kafka_poll_set_consumer(client.0),
                rd_kafka_subscribe(client.0, topics.ptr()),
                rd_kafka_queue_get_consumer(client.0),
            )
        };
        assert_eq!((polled, subscribed), (OK, OK));
        Self { client, queue, batch: vec![ptr::null_mut(); batch] }
    }

    /// `rd_kafka_consume_batch_queue`, which waits for so long at most.
    pub fn consume(&mut self, milliseconds: i32, mut each: impl FnMut(Record<'_>)) {
        // SAFETY: the slots are there; it fills at most as many, each with a message that is ours to destroy.
        let count = unsafe {
            rd_kafka_consume_batch_queue(self.queue, milliseconds, self.batch.as_mut_ptr(), self.batch.len())
        };
        let count = usize::try_from(count).expect("librdkafka reads the queue");
        for &message in self.batch.iter().take(count) {
            // SAFETY: the bytes live until the message is destroyed, after their last use.
            unsafe {
                let record = &*message;
                assert_eq!(record.err, OK, "a message");
                let value = slice::from_raw_parts(record.payload.cast::<u8>(), record.len);
                each(Record { partition: record.partition, offset: record.offset, value });
                rd_kafka_message_destroy(message);
            }
        }
    }

    pub fn commit(&self, offsets: &TopicPartitionList, is_async: bool) {
        // SAFETY: the list is copied.
        let error = unsafe { rd_kafka_commit(self.client.0, offsets.ptr(), is_async.into()) };
        assert_eq!(error, OK, "a commit");
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        // SAFETY: the queue is used no more; closing leaves the group.
        unsafe {
            rd_kafka_queue_destroy(self.queue);
            rd_kafka_consumer_close(self.client.0);
        }
    }
}

/// RD_KAFKA_PARTITION_UA, which is a macro that the bindings do not have.
const ANY_PARTITION: i32 = -1;
const OK: rd_kafka_resp_err_t = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR;
