//! What librdkafka calls back, in the words of a context.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::ClientContext;
use rdkafka::bindings as sys;
use rdkafka::config::{NativeClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError as NativeError;

use super::handle;

/// What a group member hears. The calls come from the thread that polls or closes the client, but for
/// [`Callbacks::wake`].
pub(crate) trait Callbacks: ClientContext + 'static {
    /// The group gives or takes partitions, and waits until that is answered: here, or by a later call of the handle.
    fn rebalance(&self, rebalance: Rebalance<'_>);

    /// There is something to poll, after there was nothing. Comes from threads of librdkafka, which must not wait.
    fn wake(&self);
}

/// A rebalance that waits for its answer.
pub(crate) struct Rebalance<'a> {
    client: &'a Client,
    list: *mut sys::rd_kafka_topic_partition_list_t,
    /// Whether partitions are given; otherwise they are taken.
    pub(crate) is_assign: bool,
}

type Client = sys::rd_kafka_t;

impl Rebalance<'_> {
    /// The partitions that it is about.
    pub(crate) fn partitions(&self) -> Vec<(String, i32)> {
        // SAFETY: the list is librdkafka's, and is there for the time of the callback.
        unsafe { handle::elements(self.list) }
            .iter()
            .map(|element| (handle::topic(element), element.partition))
            .collect()
    }

    /// Whether the partitions are somebody else's already.
    pub(crate) fn is_lost(&self) -> bool {
        // SAFETY: the client is alive for the time of the callback, and its type is thread-safe.
        unsafe { sys::rd_kafka_assignment_lost(std::ptr::from_ref(self.client).cast_mut()) != 0 }
    }

    /// Does what the group wants, at once.
    pub(crate) fn answer(&self) -> Result<(), NativeError> {
        // SAFETY: as above, for the client and the list.
        unsafe { handle::answer(std::ptr::from_ref(self.client).cast_mut(), self.is_assign, self.list) }
    }
}

/// Sets the callbacks in a configuration whose client gets a `C` as its opaque.
pub(super) fn set<C: Callbacks>(config: &NativeClientConfig) {
    let config = config.ptr();
    // SAFETY: the configuration is alive, and the functions have the signatures that it asks for.
    unsafe {
        sys::rd_kafka_conf_set_rebalance_cb(config, Some(rebalance::<C>));
        sys::rd_kafka_conf_set_error_cb(config, Some(error::<C>));
        sys::rd_kafka_conf_set_log_cb(config, Some(log::<C>));
        sys::rd_kafka_conf_set_stats_cb(config, Some(statistics::<C>));
    }
}

/// Calls the context, if there is one. A panic in it must not unwind through C; it was printed when it happened.
unsafe fn with<C: Callbacks>(opaque: *mut c_void, call: impl FnOnce(&C)) {
    // SAFETY: the opaque is the address of a `C` that outlives the client (invariant 2).
    if let Some(context) = unsafe { opaque.cast::<C>().as_ref() } {
        let _ = catch_unwind(AssertUnwindSafe(|| call(context)));
    }
}

/// A C string, or nothing.
unsafe fn text<'a>(text: *const c_char) -> std::borrow::Cow<'a, str> {
    if text.is_null() {
        return "".into();
    }
    // SAFETY: librdkafka's strings end with a null, and are there for the time of the callback.
    unsafe { CStr::from_ptr(text) }.to_string_lossy()
}

unsafe extern "C" fn rebalance<C: Callbacks>(
    client: *mut Client,
    kind: sys::rd_kafka_resp_err_t,
    list: *mut sys::rd_kafka_topic_partition_list_t,
    opaque: *mut c_void,
) {
    let is_assign = kind == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    // SAFETY: librdkafka passes its client, and our opaque.
    unsafe {
        let Some(client) = client.as_ref() else { return };
        with::<C>(opaque, |context| context.rebalance(Rebalance { client, list, is_assign }));
    }
}

unsafe extern "C" fn error<C: Callbacks>(
    _: *mut Client,
    code: c_int,
    reason: *const c_char,
    opaque: *mut c_void,
) {
    // SAFETY: librdkafka passes one of its codes, a C string, and our opaque.
    unsafe {
        let error = NativeError::Global(handle::code(code));
        with::<C>(opaque, |context| context.error(error, text(reason).trim()));
    }
}

unsafe extern "C" fn log<C: Callbacks>(
    client: *const Client,
    level: c_int,
    facility: *const c_char,
    message: *const c_char,
) {
    // SAFETY: librdkafka passes its client, whose opaque is ours, and C strings.
    unsafe {
        let opaque = sys::rd_kafka_opaque(client);
        with::<C>(opaque, |context| {
            context.log(log_level(level), text(facility).trim(), text(message).trim());
        });
    }
}

unsafe extern "C" fn statistics<C: Callbacks>(
    _: *mut Client,
    json: *mut c_char,
    length: usize,
    opaque: *mut c_void,
) -> c_int {
    if !json.is_null() {
        // SAFETY: the text is there for the time of the callback, with this length.
        let json = unsafe { std::slice::from_raw_parts(json.cast::<u8>(), length) };
        // SAFETY: librdkafka passes our opaque.
        unsafe { with::<C>(opaque, |context| context.stats_raw(json)) };
    }
    // The text is librdkafka's to free.
    0
}

pub(super) unsafe extern "C" fn wake<C: Callbacks>(_: *mut Client, opaque: *mut c_void) {
    // SAFETY: the queue's callback was set with the context as its opaque.
    unsafe { with::<C>(opaque, C::wake) };
}

/// The levels of syslog(3).
fn log_level(level: c_int) -> RDKafkaLogLevel {
    match level {
        ..=0 => RDKafkaLogLevel::Emerg,
        1 => RDKafkaLogLevel::Alert,
        2 => RDKafkaLogLevel::Critical,
        3 => RDKafkaLogLevel::Error,
        4 => RDKafkaLogLevel::Warning,
        5 => RDKafkaLogLevel::Notice,
        6 => RDKafkaLogLevel::Info,
        _ => RDKafkaLogLevel::Debug,
    }
}
