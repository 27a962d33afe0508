//! A member of a consumer group, and what can be asked of it.

use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::Client;
use rdkafka::error::{KafkaError as NativeError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::{RDKafkaRespErr, RDKafkaType};
use rdkafka::{ClientConfig, TopicPartitionList};

use super::batch::{Native, bytes, messages};
use super::callbacks::{self, Callbacks};
use crate::event::Message;

/// librdkafka's consumer.
pub(crate) struct Handle<C: Callbacks> {
    // Before the client, which must outlive it (invariant 1).
    queue: Queue,
    client: Client<C>,
}

/// The queue that all of a consumer's messages and callbacks go through.
struct Queue(NonNull<sys::rd_kafka_queue_t>);

// SAFETY: librdkafka locks its queues.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: we own this reference, and the client is alive (invariant 1). No callback may come after the context
        // is gone (invariant 2).
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(self.0.as_ptr(), None, ptr::null_mut());
            sys::rd_kafka_queue_destroy(self.0.as_ptr());
        }
    }
}

/// What one poll brought.
#[derive(Default)]
pub(crate) struct Polled {
    pub(crate) messages: Vec<Message>,
    pub(crate) errors: Vec<FetchError>,
    /// There may be more already.
    pub(crate) is_full: bool,
}

/// What went wrong while messages were fetched.
#[derive(Clone, Debug)]
pub(crate) struct FetchError {
    pub(crate) code: RDKafkaErrorCode,
    /// librdkafka's words.
    pub(crate) reason: String,
}

/// What a group has committed of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommittedOffset {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// Bytes, since other tools may write what they like.
    pub(crate) metadata: Vec<u8>,
}

impl<C: Callbacks> Handle<C> {
    /// A client that has not joined its group yet.
    pub(crate) fn new(config: &ClientConfig, context: C) -> KafkaResult<Self> {
        let native = config.create_native_config()?;
        callbacks::set::<C>(&native);
        let client = Client::new(config, native, RDKafkaType::RD_KAFKA_CONSUMER, context)?;
        let context = Arc::as_ptr(client.context()).cast_mut().cast();
        // SAFETY: the client is alive; the main queue's events and callbacks go to the consumer's queue as well.
        let queue = unsafe {
            sys::rd_kafka_poll_set_consumer(client.native_ptr());
            NonNull::new(sys::rd_kafka_queue_get_consumer(client.native_ptr()))
        };
        let queue =
            Queue(queue.ok_or_else(|| {
                NativeError::ClientCreation("it has no group to be a member of".to_owned())
            })?);
        // SAFETY: the queue is alive, and the context outlives it (invariant 2).
        unsafe { sys::rd_kafka_queue_cb_event_enable(queue.0.as_ptr(), Some(callbacks::wake::<C>), context) };
        Ok(Self { queue, client })
    }

    pub(crate) fn context(&self) -> &Arc<C> {
        self.client.context()
    }

    /// For questions that rust-rdkafka asks.
    pub(crate) fn client(&self) -> &Client<C> {
        &self.client
    }

    /// Takes what is there, at most so many messages, and runs callbacks. Does not wait.
    pub(crate) fn poll(self: &Arc<Self>, topics: &Arc<[Arc<str>]>, most: usize) -> Polled {
        let mut fetched: Vec<*mut sys::rd_kafka_message_t> = Vec::with_capacity(most);
        // SAFETY: the queue is alive, the vector has room for so many pointers, and of them this many are written. One
        // thread polls (invariant 4).
        unsafe {
            let count =
                sys::rd_kafka_consume_batch_queue(self.queue.0.as_ptr(), 0, fetched.as_mut_ptr(), most);
            fetched.set_len(usize::try_from(count).unwrap_or_default().min(most));
        }
        let is_full = fetched.len() == most;
        // SAFETY: each was given to us.
        let fetched = fetched.into_iter().filter_map(|message| unsafe { Native::new(message) });
        let mut errors = Vec::new();
        let fetched = fetched.filter(|native| {
            let code = native.get().err;
            let is_message = code == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR;
            if !is_message {
                errors.push(FetchError::of(native));
            }
            is_message
        });
        let messages = messages(self, topics, fetched);
        Polled { messages, errors, is_full }
    }

    /// Joins the group.
    pub(crate) fn subscribe(&self, topics: &[Arc<str>]) -> KafkaResult<()> {
        let mut list = TopicPartitionList::with_capacity(topics.len());
        for topic in topics {
            list.add_topic_unassigned(topic);
        }
        // SAFETY: client and list are alive; the call copies the list.
        check(unsafe { sys::rd_kafka_subscribe(self.client.native_ptr(), list.ptr()) })
    }

    /// Answers a rebalance.
    pub(crate) fn answer(&self, is_assign: bool, list: &TopicPartitionList) -> KafkaResult<()> {
        // SAFETY: client and list are alive.
        unsafe { answer(self.client.native_ptr(), is_assign, list.ptr()) }
    }

    /// Whether the partitions were taken away, so that a commit can only be refused.
    pub(crate) fn is_lost(&self) -> bool {
        // SAFETY: the client is alive.
        unsafe { sys::rd_kafka_assignment_lost(self.client.native_ptr()) != 0 }
    }

    pub(crate) fn pause(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        // SAFETY: client and list are alive.
        check(unsafe { sys::rd_kafka_pause_partitions(self.client.native_ptr(), list.ptr()) })
    }

    pub(crate) fn resume(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        // SAFETY: client and list are alive.
        check(unsafe { sys::rd_kafka_resume_partitions(self.client.native_ptr(), list.ptr()) })
    }

    /// Fetches from the list's offsets, and blocks until that is so.
    pub(crate) fn seek(&self, list: &TopicPartitionList, timeout: Duration) -> KafkaResult<()> {
        // SAFETY: client and list are alive; the call writes into the list's elements, which nobody reads meanwhile.
        unsafe {
            take_error(sys::rd_kafka_seek_partitions(self.client.native_ptr(), list.ptr(), millis(timeout)))?;
            elements(list.ptr()).iter().try_for_each(|element| check(element.err))
        }
    }

    /// Commits, and blocks until the broker has answered.
    pub(crate) fn commit(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        // SAFETY: client and list are alive.
        check(unsafe { sys::rd_kafka_commit(self.client.native_ptr(), list.ptr(), 0) })
    }

    /// What the group has committed of the list's partitions. Blocks. Those without an offset are left out.
    pub(crate) fn committed(
        &self,
        list: &TopicPartitionList,
        timeout: Duration,
    ) -> KafkaResult<Vec<CommittedOffset>> {
        // SAFETY: client and list are alive; the call writes into the list's elements, which nobody reads meanwhile.
        let elements = unsafe {
            check(sys::rd_kafka_committed(self.client.native_ptr(), list.ptr(), millis(timeout)))?;
            elements(list.ptr())
        };
        let mut committed = Vec::with_capacity(elements.len());
        for element in elements {
            check(element.err)?;
            if element.offset >= 0 {
                // SAFETY: the list owns the element's metadata, which have this size, or are null.
                let metadata = unsafe { bytes(element.metadata, element.metadata_size) };
                committed.push(CommittedOffset {
                    topic: topic(element),
                    partition: element.partition,
                    offset: element.offset,
                    metadata: metadata.unwrap_or_default().to_vec(),
                });
            }
        }
        Ok(committed)
    }

    /// The first offset at or after this time, or None where there is none. Blocks.
    pub(crate) fn offset_at(
        &self,
        topic: &str,
        partition: i32,
        time: i64,
        timeout: Duration,
    ) -> KafkaResult<Option<i64>> {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(topic, partition, rdkafka::Offset::Offset(time))?;
        // SAFETY: client and list are alive; the call writes into the list's elements, which nobody reads meanwhile.
        let elements = unsafe {
            let asked =
                sys::rd_kafka_offsets_for_times(self.client.native_ptr(), list.ptr(), millis(timeout));
            check(asked)?;
            elements(list.ptr())
        };
        let Some(element) = elements.first() else { return Ok(None) };
        check(element.err)?;
        Ok((element.offset >= 0).then_some(element.offset))
    }

    /// Leaves the group. Blocks until that is so; the callbacks must answer the last rebalance at once.
    pub(crate) fn close(&self) -> KafkaResult<()> {
        // SAFETY: the client is alive, and nobody polls any more (invariant 4).
        check(unsafe { sys::rd_kafka_consumer_close(self.client.native_ptr()) })
    }
}

impl FetchError {
    fn of(native: &Native) -> Self {
        // SAFETY: the message is alive, and so is its text for as long.
        let reason = unsafe { sys::rd_kafka_message_errstr(native.get()) };
        let reason = if reason.is_null() {
            String::new()
        } else {
            // SAFETY: it is a C string.
            unsafe { CStr::from_ptr(reason) }.to_string_lossy().into_owned()
        };
        Self { code: native.get().err.into(), reason }
    }
}

/// Answers a rebalance in the protocol that the group has.
///
/// # Safety
/// Client and list are alive.
pub(super) unsafe fn answer(
    client: *mut sys::rd_kafka_t,
    is_assign: bool,
    list: *const sys::rd_kafka_topic_partition_list_t,
) -> KafkaResult<()> {
    // SAFETY: the caller's; the protocol's name is a constant, or null before there is a group.
    unsafe {
        let protocol = sys::rd_kafka_rebalance_protocol(client);
        let is_cooperative = !protocol.is_null() && CStr::from_ptr(protocol) == c"COOPERATIVE";
        match (is_cooperative, is_assign) {
            (true, true) => take_error(sys::rd_kafka_incremental_assign(client, list)),
            (true, false) => take_error(sys::rd_kafka_incremental_unassign(client, list)),
            (false, true) => check(sys::rd_kafka_assign(client, list)),
            (false, false) => check(sys::rd_kafka_assign(client, ptr::null())),
        }
    }
}

/// The elements of a list.
///
/// # Safety
/// The list is null, or alive and unchanged for `'a`.
pub(super) unsafe fn elements<'a>(
    list: *const sys::rd_kafka_topic_partition_list_t,
) -> &'a [sys::rd_kafka_topic_partition_t] {
    // SAFETY: the caller's; a list has so many elements.
    unsafe {
        let Some(list) = list.as_ref() else { return &[] };
        if list.elems.is_null() {
            return &[];
        }
        std::slice::from_raw_parts(list.elems, usize::try_from(list.cnt).unwrap_or_default())
    }
}

/// The topic of an element.
pub(super) fn topic(element: &sys::rd_kafka_topic_partition_t) -> String {
    if element.topic.is_null() {
        return String::new();
    }
    // SAFETY: the element's topic is a C string that lives as long.
    unsafe { CStr::from_ptr(element.topic) }.to_string_lossy().into_owned()
}

/// A code that librdkafka passes as a number.
pub(super) fn code(code: c_int) -> RDKafkaErrorCode {
    RDKafkaRespErr::try_from(code).map_or(RDKafkaErrorCode::Unknown, Into::into)
}

fn check(code: RDKafkaRespErr) -> KafkaResult<()> {
    match code {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(NativeError::Global(code.into())),
    }
}

/// # Safety
/// The error is null, or ours to destroy.
unsafe fn take_error(error: *mut sys::rd_kafka_error_t) -> KafkaResult<()> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the caller's.
    unsafe {
        let code = sys::rd_kafka_error_code(error);
        sys::rd_kafka_error_destroy(error);
        check(code)
    }
}

fn millis(timeout: Duration) -> c_int {
    c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX)
}
