//! Go: franz-go and twmb/avro.

use cq_events_tests::languages::Program;
use cq_events_tests::registries::Registry;

use crate::{conversation, keys};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_and_we_read_each_other_with_apicurio() {
    conversation::with(Registry::apicurio().await, Program::go).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_and_we_read_each_other_with_our_registry() {
    conversation::with(Registry::ours().await, Program::go).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_puts_a_key_where_we_do() {
    keys::land_where_ours_do(Registry::ours().await, Program::go).await;
}
