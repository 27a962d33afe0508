//! What rust-rdkafka's mock cluster has no functions for.

use std::ffi::CStr;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};

/// Lets clients of the client's own mock cluster be told this address for a broker. False, where it has none.
pub(crate) fn advertise(client: &Client<impl ClientContext>, broker: i32, host: &CStr, port: u16) -> bool {
    // SAFETY: the client lives as long as its borrow, and its cluster as long as it; the host is copied.
    unsafe {
        let cluster = sys::rd_kafka_handle_mock_cluster(client.native_ptr());
        if !cluster.is_null() {
            sys::rd_kafka_mock_broker_set_host_port(cluster, broker, host.as_ptr(), port.into());
        }
        !cluster.is_null()
    }
}
