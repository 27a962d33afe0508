//! Java: kafka-clients and avro; and Apicurio's serializers.

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::InspectionEvent;
use chip_quality_events::manufacturing::ManufacturingEvent;
use chip_quality_events::quality::QualityEvent;
use chip_quality_events::system::SystemEvent;
use chip_quality_events::user::UserEvent;
use cq_events::event::{EventStream, StreamSchema as _};
use cq_events::registry::{SchemaId, SchemaRegistry as _};
use cq_events_tests::languages::{Lab, Program, Samples, Subject};
use cq_events_tests::raw;
use cq_events_tests::registries::Registry;
use kinds_events::kinds::KindsEvent;

use crate::conversation::{self, EACH, NONE, by_place, differences, one_difference, outgoing, read, spoil};
use crate::keys;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn java_and_we_read_each_other_with_apicurio() {
    conversation::with(Registry::apicurio().await, Program::java).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn java_and_we_read_each_other_with_our_registry() {
    conversation::with(Registry::ours().await, Program::java).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn java_puts_a_key_where_we_do() {
    keys::land_where_ours_do(Registry::ours().await, Program::java).await;
}

/// They ask by the registry's own interface, which ours does not have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serializers_of_apicurio_and_we_read_each_other() {
    let lab = Lab::start(Registry::apicurio().await, STREAMS.into_iter().chain([KindsEvent::STREAM])).await;
    let mut program = Program::apicurio(&lab.servers(), &lab.registry(), true);
    serializers::<InspectionEvent>(&lab, &mut program, 1).await;
    serializers::<ManufacturingEvent>(&lab, &mut program, 2).await;
    serializers::<QualityEvent>(&lab, &mut program, 3).await;
    serializers::<UserEvent>(&lab, &mut program, 4).await;
    serializers::<SystemEvent>(&lab, &mut program, 5).await;
    serializers::<KindsEvent>(&lab, &mut program, 6).await;
    unless_they_refer(&lab).await;
}

async fn serializers<S: EventStream + Clone>(lab: &Lab, program: &mut Program, seed: u64) {
    let topic = S::STREAM.topic;
    let made = Samples::of::<S>();
    let ours = made.draw::<S>(EACH, seed);
    let mut expected = by_place(lab.publish(&ours).await, &ours);
    assert_eq!(differences(&expected, &program.read(topic, ours.len(), None)), NONE);
    let planted = spoil(lab, topic, &mut expected).await;
    one_difference(&differences(&expected, &program.read(topic, expected.len(), None)), planted);

    // They register the record alone, which is no newer version of the stream's union, whatever the name of the subject.
    for (subject, seed) in [Subject::Record, Subject::TopicRecord].into_iter().zip(seed * 100..) {
        let theirs = made.draw::<S>(EACH, seed);
        expected.extend(by_place(program.write(&outgoing(topic, &theirs, subject)), &theirs));
    }
    let received = lab.receive::<S>(expected.len()).await;
    one_difference(&differences(&expected, &read(&made, &received)), planted);
}

/// By default they register each named type by itself, in a group of the registry, which nobody can ask for by the interface
/// of Confluent: the schema of the event cannot be put together.
async fn unless_they_refer(lab: &Lab) {
    let topic = InspectionEvent::STREAM.topic;
    let sample = Samples::of::<InspectionEvent>().draw::<InspectionEvent>(1, 7).remove(0);
    let event = outgoing(topic, std::slice::from_ref(&sample), Subject::TopicRecord);
    let place = Program::apicurio(&lab.servers(), &lab.registry(), false).write(&event).remove(0);
    let written = raw::read_some(&lab.servers(), topic, move |found| found == place).await.remove(0);
    let frame = written.value.expect("no tombstone");
    let id = SchemaId::new(u32::from_be_bytes(frame[1..5].try_into().unwrap()));
    let error = lab.client().schema_of(id).await.expect_err("a reference into a group").to_string();
    assert!(error.contains("subject chip_quality.common."), "{error}");
}
