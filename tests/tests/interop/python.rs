//! Python: confluent-kafka in each of its ways, fastavro by itself, and the CloudEvents SDK.

use std::collections::BTreeSet;

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::InspectionEvent;
use chip_quality_events::manufacturing::ManufacturingEvent;
use chip_quality_events::quality::QualityEvent;
use chip_quality_events::system::SystemEvent;
use chip_quality_events::user::UserEvent;
use cq_events::event::{EventStream, StreamSchema as _};
use cq_events_tests::languages::lab::key_of;
use cq_events_tests::languages::{Lab, Program, Sample, Samples, Subject};
use cq_events_tests::raw;
use cq_events_tests::registries::Registry;
use kinds_events::keyed_2::Keyed2Event;
use kinds_events::kinds::KindsEvent;
use serde_json::{Value as Json, json};

use crate::conversation::{
    self, EACH, Expected, NONE, Start, by_place, differences, one_difference, outgoing, read, spoil,
};
use crate::keys;

/// As its documentation begins: `AvroDeserializer(client)`, and records in unions as `("ns.Name", {...})`.
const CONFLUENT: Start = |servers, registry| Program::python(servers, registry, "confluent");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confluent_kafka_and_we_read_each_other_with_apicurio() {
    conversation::with(Registry::apicurio().await, CONFLUENT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confluent_kafka_and_we_read_each_other_with_our_registry() {
    conversation::with(Registry::ours().await, CONFLUENT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_ways_of_python_are_understood_with_apicurio() {
    let mut python = Python::start(Registry::apicurio().await).await;
    python.every_stream().await;
    // Apicurio has no GUIDs, so that none can be written.
    let sample = Samples::of::<UserEvent>().draw::<UserEvent>(1, 9).remove(0);
    let event = outgoing(UserEvent::STREAM.topic, std::slice::from_ref(&sample), Subject::Topic).remove(0);
    let refusal = python.program("guid").refusal(&event);
    assert!(refusal.contains("Schema GUID is not set"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_ways_of_python_are_understood_with_our_registry() {
    let mut python = Python::start(Registry::ours().await).await;
    python.every_stream().await;
    python.writes_guids().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confluent_kafka_puts_a_key_where_we_do() {
    keys::land_where_ours_do(Registry::ours().await, CONFLUENT).await;
}

/// A record that is no union, under `TOPIC-value`; and keys, unless the producer has `partitioner=murmur2_random`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confluent_kafka_by_itself_is_read_but_puts_keys_elsewhere() {
    let lab = keys::lab(Registry::ours().await).await;
    let mut alone = Program::python(&lab.servers(), &lab.registry(), "alone");
    let made = Samples::of::<Keyed2Event>();
    let theirs = made.draw::<Keyed2Event>(EACH, 1);
    let written = alone.write(&outgoing(Keyed2Event::STREAM.topic, &theirs, Subject::Topic));
    let received = lab.receive::<Keyed2Event>(EACH).await;
    assert_eq!(differences(&by_place(written, &theirs), &read(&made, &received)), NONE);
    assert!(keys::misplaced(&lab, &mut alone).await.len() > 1_000, "of 2,400");
}

/// Several python programs beside one Kafka and one registry.
struct Python {
    lab: Lab,
    /// `return_record_name=True`; records in unions as `{"-type": "ns.Name", ...}`, by the subject's latest version.
    names: Program,
    /// All named types under subjects of their own.
    references: Program,
    fastavro: Program,
    cloud_events: Program,
}

impl Python {
    async fn start(registry: Registry) -> Self {
        let lab = Lab::start(registry, STREAMS.into_iter().chain([KindsEvent::STREAM])).await;
        let program = |client| Program::python(&lab.servers(), &lab.registry(), client);
        Self {
            names: program("names"),
            references: program("references"),
            fastavro: program("fastavro"),
            cloud_events: program("cloudevents"),
            lab,
        }
    }

    fn program(&self, client: &str) -> Program {
        Program::python(&self.lab.servers(), &self.lab.registry(), client)
    }

    async fn every_stream(&mut self) {
        self.reads_and_writes::<InspectionEvent>(1).await;
        self.reads_and_writes::<ManufacturingEvent>(2).await;
        self.reads_and_writes::<QualityEvent>(3).await;
        self.reads_and_writes::<UserEvent>(4).await;
        self.reads_and_writes::<SystemEvent>(5).await;
        self.reads_and_writes::<KindsEvent>(6).await;
    }

    async fn reads_and_writes<S: EventStream + Clone>(&mut self, seed: u64) {
        let topic = S::STREAM.topic;
        let made = Samples::of::<S>();
        let ours = made.draw::<S>(EACH, seed);
        let places = self.lab.publish(&ours).await;
        let mut expected = by_place(places.clone(), &ours);
        for reader in [None, Some(S::STREAM.schema)] {
            for program in [&mut self.names, &mut self.fastavro] {
                assert_eq!(differences(&expected, &program.read(topic, ours.len(), reader)), NONE);
            }
        }
        let attributes = places.into_iter().zip(ours.iter().map(cloud_event)).collect();
        assert_eq!(differences(&attributes, &self.cloud_events.read(topic, ours.len(), None)), NONE);

        let planted = spoil(&self.lab, topic, &mut expected).await;
        for program in [&mut self.names, &mut self.fastavro] {
            one_difference(&differences(&expected, &program.read(topic, expected.len(), None)), planted);
        }

        let our_ids = self.ids(topic).await;
        let theirs = made.draw::<S>(EACH, seed * 100);
        expected.extend(by_place(self.names.write(&outgoing(topic, &theirs, Subject::Topic)), &theirs));
        assert_eq!(self.ids(topic).await, our_ids, "the latest version is taken");
        // The union with its references is another schema than ours, and so is each event alone.
        for (subject, seed) in [Subject::Topic, Subject::TopicRecord].into_iter().zip(seed * 100 + 1..) {
            let theirs = made.draw::<S>(EACH, seed);
            expected.extend(by_place(self.references.write(&outgoing(topic, &theirs, subject)), &theirs));
        }
        assert!(self.ids(topic).await.len() >= our_ids.len() + 1 + S::STREAM.events.len());
        assert_eq!(expected.len(), 1 + 4 * ours.len());
        let received = self.lab.receive::<S>(expected.len()).await;
        one_difference(&differences(&expected, &read(&made, &received)), planted);
    }

    /// The ids that messages of a topic begin with.
    async fn ids(&self, topic: &str) -> BTreeSet<Vec<u8>> {
        let records = raw::read(&self.lab.servers(), topic).await;
        records.into_iter().map(|record| record.value.expect("no tombstone")[..5].to_vec()).collect()
    }

    /// The id of the schema is a GUID in a header, and the value begins with the datum.
    async fn writes_guids(&self) {
        let (made, topic) = (Samples::of::<UserEvent>(), UserEvent::STREAM.topic);
        let before = raw::read(&self.lab.servers(), topic).await.len();
        let theirs = made.draw::<UserEvent>(EACH, 9);
        let written = self.program("guid").write(&outgoing(topic, &theirs, Subject::Record));
        let expected: Expected = by_place(written, &theirs);
        let mut received = self.lab.receive::<UserEvent>(before + theirs.len()).await;
        received.retain(|received| expected.contains_key(&(received.partition, received.offset)));
        assert_eq!(differences(&expected, &read(&made, &received)), NONE);
    }
}

/// What CloudEvents asks for, of an event and its key.
fn cloud_event<S: EventStream>(sample: &Sample<S>) -> (Option<String>, String) {
    let (fullname, fields) = sample.form.as_object().and_then(|form| form.iter().next()).expect("an event");
    let mut attributes = json!({
        "specversion": "1.0",
        "id": fields["event_id"],
        "type": fullname,
        "source": "cq-events",
        "time": fields["occurred_at"],
    });
    let key = key_of(&sample.event);
    let optional = [("correlationid", fields["correlation_id"].clone()), ("partitionkey", json!(key))];
    for (name, value) in optional.into_iter().filter(|(_, value)| *value != Json::Null) {
        attributes[name] = value;
    }
    (key, attributes.to_string())
}
