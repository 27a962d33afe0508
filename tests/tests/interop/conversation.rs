//! What is said between us and a program in another language.

use std::collections::{BTreeMap, BTreeSet};

use chip_quality_events::STREAMS;
use chip_quality_events::inspection::InspectionEvent;
use chip_quality_events::manufacturing::ManufacturingEvent;
use chip_quality_events::quality::QualityEvent;
use chip_quality_events::system::SystemEvent;
use chip_quality_events::user::UserEvent;
use codec_events::now::NowEvent;
use codec_events::old::OldEvent;
use cq_events::event::{EventStream, StreamSchema as _};
use cq_events_tests::languages::lab::key_of;
use cq_events_tests::languages::samples::resolved;
use cq_events_tests::languages::{Lab, Outgoing, Program, Sample, Samples, Seen, Subject};
use cq_events_tests::raw;
use cq_events_tests::registries::Registry;
use kinds_events::{keyed_2, keyed_3, keyed_7, keyed_16};
use kinds_events::kinds::KindsEvent;
use serde_json::Value as Json;

/// Starts a program: by Kafka's servers and the registry's address.
pub type Start = fn(&str, &str) -> Program;

/// Events of each type, and of each way to register it.
const EACH: usize = 20;
/// The ways.
const SUBJECTS: [Subject; 3] = [Subject::Topic, Subject::Record, Subject::TopicRecord];

/// Every event type in both directions, every field compared.
pub async fn with(registry: Registry, start: Start) {
    let streams = STREAMS.into_iter().chain([KindsEvent::STREAM, OldEvent::STREAM, NowEvent::STREAM]);
    let lab = Lab::start(registry, streams).await;
    let mut program = start(&lab.servers(), &lab.registry());
    both_ways::<InspectionEvent>(&lab, &mut program, 1).await;
    both_ways::<ManufacturingEvent>(&lab, &mut program, 2).await;
    both_ways::<QualityEvent>(&lab, &mut program, 3).await;
    both_ways::<UserEvent>(&lab, &mut program, 4).await;
    both_ways::<SystemEvent>(&lab, &mut program, 5).await;
    both_ways::<KindsEvent>(&lab, &mut program, 6).await;
    across_versions(&lab, &mut program).await;
}

async fn both_ways<S: EventStream + Clone>(lab: &Lab, program: &mut Program, seed: u64) {
    let made = Samples::of::<S>();
    let ours = made.draw::<S>(EACH, seed);
    let mut expected = by_place(lab.publish(&ours).await, &ours);
    for reader in [None, Some(S::STREAM.schema)] {
        let seen = program.read(S::STREAM.topic, ours.len(), reader);
        assert_eq!(differences(&expected, &seen), Vec::<String>::new());
    }
    spoilt(lab, program, &ours, &expected).await;

    for (subject, seed) in SUBJECTS.into_iter().zip(seed * 100..) {
        let theirs = made.draw::<S>(EACH, seed);
        expected.extend(by_place(program.write(&outgoing(&theirs, S::STREAM.schema, subject)), &theirs));
    }
    let received = lab.receive::<S>(expected.len()).await;
    for received in received {
        let place = (received.partition, received.offset);
        assert_eq!(made.form(&received.event).to_string(), expected[&place].1.to_string(), "{place:?}");
        expected.remove(&place);
    }
    assert!(expected.is_empty(), "{expected:?}");
}

/// An event of an older schema is read by the rules of a newer one: by the program as by us.
async fn across_versions(lab: &Lab, program: &mut Program) {
    let (made, old) = (Samples::of::<NowEvent>(), Samples::of::<OldEvent>().draw::<OldEvent>(EACH, 7));
    let now: Vec<Sample<NowEvent>> = old
        .iter()
        .map(|old| resolved(&old.event))
        .map(|event: NowEvent| Sample { form: made.form(&event), event })
        .collect();
    let expected = by_place(lab.publish(&old).await, &now);
    let seen = program.read(OldEvent::STREAM.topic, old.len(), Some(NowEvent::STREAM.schema));
    assert_eq!(differences(&expected, &seen), Vec::<String>::new());

    let mut outgoing = outgoing(&old, OldEvent::STREAM.schema, Subject::Record);
    outgoing.iter_mut().for_each(|event| event.topic = NowEvent::STREAM.topic);
    let expected = by_place(program.write(&outgoing), &now);
    for received in lab.receive::<NowEvent>(now.len()).await {
        let place = (received.partition, received.offset);
        assert_eq!(made.form(&received.event).to_string(), expected[&place].1.to_string(), "{place:?}");
    }
}

/// With one bit of one event changed, the program sees another event, and we would know.
async fn spoilt<S: EventStream>(lab: &Lab, program: &mut Program, ours: &[Sample<S>], expected: &Expected) {
    let topic = S::STREAM.topic;
    let (servers, spoilt_topic) = (lab.servers(), format!("{topic}.spoilt"));
    let mut records = raw::read(&servers, topic).await;
    let record = records.iter_mut().find(|record| record.key.as_ref().is_some_and(|key| key.len() > 1));
    let record = record.expect("an event with a key");
    // The key is text in the event as well: another letter makes another text of it.
    let (key, value) = (record.key.as_ref().unwrap(), record.value.as_mut().unwrap());
    let at = value.windows(key.len()).rposition(|part| part == key).expect("the key is a field");
    value[at] ^= 1;
    raw::create(&servers, &spoilt_topic, partitions).await;
}
