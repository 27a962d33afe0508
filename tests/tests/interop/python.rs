//! Python: confluent-kafka in several of its forms, fastavro by itself, and the CloudEvents SDK.

use cq_events_tests::languages::Program;
use cq_events_tests::registries::Registry;

use crate::conversation::{self, Start};

/// As its documentation begins: `AvroDeserializer(client)`, and records in unions as `("ns.Name", {...})`.
const CONFLUENT: Start = |servers, registry| Program::python(servers, registry, "confluent");
/// `return_record_name=True`, and records in unions as `{"-type": "ns.Name", ...}`.
const NAMES: Start = |servers, registry| Program::python(servers, registry, "names");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confluent_kafka_and_we_read_each_other_with_apicurio() {
    conversation::with(Registry::apicurio().await, CONFLUENT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confluent_kafka_with_names_of_records_and_we_read_each_other_with_apicurio() {
    conversation::with(Registry::apicurio().await, NAMES).await;
}
