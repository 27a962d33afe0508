//! Questions of administration for which rust-rdkafka has no call.

use std::ffi::{CString, c_int};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::{KafkaError as NativeError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;

/// The id of the cluster's controller, as the last metadata have it; negative, where they have none.
pub(crate) fn controller<C: ClientContext>(client: &Client<C>) -> i32 {
    // SAFETY: the client is alive.
    unsafe { sys::rd_kafka_controllerid(client.native_ptr(), 0) }
}

/// Whether we may write to the topic (KIP-430); None where the broker does not say. Blocks, at most for the timeout.
pub(crate) fn may_write<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> KafkaResult<Option<bool>> {
    let name = CString::new(topic).map_err(|_| failed(RDKafkaErrorCode::InvalidTopic))?;
    let queue = Queue::new(client)?;
    let request = Request::new(client, &name, timeout)?;
    // SAFETY: client, request and queue are alive; librdkafka copies the request before the call returns.
    unsafe {
        sys::rd_kafka_DescribeTopics(
            client.native_ptr(),
            request.topics.as_ptr(),
            request.options.as_ptr(),
            queue.0.as_ptr(),
        );
    }
    // The request has its own timeout; this one is the second to end.
    let event = Event::poll(&queue, timeout + Duration::from_secs(1))?;
    // SAFETY: the event is alive, and what it is asked for lives as long; each pointer is checked.
    unsafe {
        check(sys::rd_kafka_event_error(event.0.as_ptr()))?;
        let result = sys::rd_kafka_event_DescribeTopics_result(event.0.as_ptr());
        if result.is_null() {
            return Err(failed(RDKafkaErrorCode::BadMessage));
        }
        let mut count = 0;
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        if topics.is_null() || count == 0 {
            return Err(failed(RDKafkaErrorCode::BadMessage));
        }
        let topic = *topics;
        check(sys::rd_kafka_error_code(sys::rd_kafka_TopicDescription_error(topic)))?;
        let mut count = 0;
        let operations = sys::rd_kafka_TopicDescription_authorized_operations(topic, &raw mut count);
        if operations.is_null() || count == 0 {
            return Ok(None);
        }
        let operations = std::slice::from_raw_parts(operations, count);
        Ok(Some(operations.contains(&sys::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_WRITE)))
    }
}

fn failed(code: RDKafkaErrorCode) -> NativeError {
    NativeError::AdminOp(code)
}

fn check(code: RDKafkaRespErr) -> KafkaResult<()> {
    match code {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(failed(code.into())),
    }
}

/// A queue for one answer.
struct Queue(NonNull<sys::rd_kafka_queue_t>);

impl Queue {
    fn new<C: ClientContext>(client: &Client<C>) -> KafkaResult<Self> {
        // SAFETY: the client is alive, and outlives the queue, which does not leave `may_write`.
        let queue = unsafe { sys::rd_kafka_queue_new(client.native_ptr()) };
        NonNull::new(queue).map(Self).ok_or_else(|| failed(RDKafkaErrorCode::CriticalSystemResource))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: it is ours.
        unsafe { sys::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

/// An answer.
struct Event(NonNull<sys::rd_kafka_event_t>);

impl Event {
    fn poll(queue: &Queue, timeout: Duration) -> KafkaResult<Self> {
        let timeout = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
        // SAFETY: the queue is alive.
        let event = unsafe { sys::rd_kafka_queue_poll(queue.0.as_ptr(), timeout) };
        NonNull::new(event).map(Self).ok_or_else(|| failed(RDKafkaErrorCode::OperationTimedOut))
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nothing of it is looked at any more.
        unsafe { sys::rd_kafka_event_destroy(self.0.as_ptr()) }
    }
}

/// The question.
struct Request {
    topics: NonNull<sys::rd_kafka_TopicCollection_t>,
    options: NonNull<sys::rd_kafka_AdminOptions_t>,
}

impl Request {
    fn new<C: ClientContext>(client: &Client<C>, topic: &CString, timeout: Duration) -> KafkaResult<Self> {
        let mut names = [topic.as_ptr()];
        let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
        // SAFETY: the client and the name are alive; the name is copied. Options without a text for errors ignore them.
        unsafe {
            let topics = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
            let topics = NonNull::new(topics).ok_or_else(|| failed(RDKafkaErrorCode::InvalidArgument))?;
            let options = sys::rd_kafka_AdminOptions_new(client.native_ptr(), operation);
            let Some(options) = NonNull::new(options) else {
                sys::rd_kafka_TopicCollection_destroy(topics.as_ptr());
                return Err(failed(RDKafkaErrorCode::InvalidArgument));
            };
            let request = Self { topics, options };
            let timeout = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
            check(sys::rd_kafka_AdminOptions_set_request_timeout(
                request.options.as_ptr(),
                timeout,
                ptr::null_mut(),
                0,
            ))?;
            let error =
                sys::rd_kafka_AdminOptions_set_include_authorized_operations(request.options.as_ptr(), 1);
            let code = sys::rd_kafka_error_code(error);
            if !error.is_null() {
                sys::rd_kafka_error_destroy(error);
            }
            check(code)?;
            Ok(request)
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: both are ours.
        unsafe {
            sys::rd_kafka_TopicCollection_destroy(self.topics.as_ptr());
            sys::rd_kafka_AdminOptions_destroy(self.options.as_ptr());
        }
    }
}
