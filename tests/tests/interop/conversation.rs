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
use cq_events::event::{EventStream, HeaderPolicy, StreamSchema as _};
use cq_events_tests::languages::lab::key_of;
use cq_events_tests::languages::samples::resolved;
use cq_events_tests::languages::{Lab, Outgoing, Program, Received, Sample, Samples, Seen, Subject};
use cq_events_tests::raw;
use cq_events_tests::registries::Registry;
use kinds_events::keyed_record::KeyedRecordEvent;
use kinds_events::keyed_topic_record::KeyedTopicRecordEvent;
use kinds_events::kinds::KindsEvent;
use serde_json::Value as Json;

/// Starts a program: by Kafka's servers and the registry's address.
pub(crate) type Start = fn(&str, &str) -> Program;

/// Events of each type, and of each way to register it.
pub(crate) const EACH: usize = 20;
/// The ways.
const SUBJECTS: [Subject; 3] = [Subject::Topic, Subject::Record, Subject::TopicRecord];

/// Every event type in both directions, every field compared.
pub(crate) async fn with(registry: Registry, start: Start) {
    let others = [KindsEvent::STREAM, KeyedRecordEvent::STREAM, KeyedTopicRecordEvent::STREAM];
    let streams = STREAMS.into_iter().chain(others).chain([OldEvent::STREAM, NowEvent::STREAM]);
    let lab = Lab::start(registry, streams).await;
    let mut program = start(&lab.servers(), &lab.registry());
    both_ways::<InspectionEvent>(&lab, &mut program, 1).await;
    both_ways::<ManufacturingEvent>(&lab, &mut program, 2).await;
    both_ways::<QualityEvent>(&lab, &mut program, 3).await;
    both_ways::<UserEvent>(&lab, &mut program, 4).await;
    both_ways::<SystemEvent>(&lab, &mut program, 5).await;
    both_ways::<KindsEvent>(&lab, &mut program, 6).await;
    both_ways::<KeyedRecordEvent>(&lab, &mut program, 7).await;
    both_ways::<KeyedTopicRecordEvent>(&lab, &mut program, 8).await;
    across_versions(&lab, &mut program).await;
}

/// What lies where: the key, and the form of the event.
pub(crate) type Expected = BTreeMap<(i32, i64), (Option<String>, String)>;

async fn both_ways<S: EventStream + Clone>(lab: &Lab, program: &mut Program, seed: u64) {
    let topic = S::STREAM.topic;
    let made = Samples::of::<S>();
    let ours = made.draw::<S>(EACH, seed);
    let mut expected = by_place(lab.publish(&ours).await, &ours);
    for reader in [None, Some(S::STREAM.schema)] {
        let seen = program.read(topic, ours.len(), reader);
        assert_eq!(differences(&expected, &seen), NONE);
        assert_eq!(types(&seen), S::STREAM.events.iter().map(|event| event.fullname.to_owned()).collect());
        assert!(seen.iter().all(|seen| has_headers(seen, S::STREAM.headers)), "{seen:?}");
    }

    for (subject, seed) in SUBJECTS.into_iter().zip(seed * 100..) {
        let theirs = made.draw::<S>(EACH, seed);
        expected.extend(by_place(program.write(&outgoing(topic, &theirs, subject)), &theirs));
    }
    assert_eq!(expected.len(), (1 + SUBJECTS.len()) * ours.len());
    let received = lab.receive::<S>(expected.len()).await;
    assert_eq!(differences(&expected, &read(&made, &received)), NONE);

    let place = spoil(lab, topic, &mut expected).await;
    one_difference(&differences(&expected, &program.read(topic, expected.len(), None)), place);
}

/// Writes an event once more with one bit changed, and expects it unchanged: whoever compares must find that.
pub(crate) async fn spoil(lab: &Lab, topic: &str, expected: &mut Expected) -> (i32, i64) {
    let records = raw::read(&lab.servers(), topic).await;
    let mut spoilt = records.into_iter().find_map(spoilt).expect("an event with a key");
    let meant = expected[&spoilt.place()].clone();
    raw::send(&lab.servers(), topic, std::slice::from_mut(&mut spoilt)).await;
    expected.insert(spoilt.place(), meant);
    spoilt.place()
}

/// The one that was planted, and no other.
pub(crate) fn one_difference(found: &[String], planted: (i32, i64)) {
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("{planted:?}")), "{found:?}");
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
    assert_eq!(differences(&expected, &seen), NONE);

    let expected = by_place(program.write(&outgoing(NowEvent::STREAM.topic, &old, Subject::Record)), &now);
    let received = lab.receive::<NowEvent>(now.len()).await;
    assert_eq!(differences(&expected, &read(&made, &received)), NONE);
}

/// A message whose key, which is a field of the event as well, begins with another letter there.
fn spoilt(mut record: raw::Record) -> Option<raw::Record> {
    let key = record.key.as_ref().filter(|key| !key.is_empty())?;
    let value = record.value.as_mut()?;
    let at = value.windows(key.len()).rposition(|part| part == key)?;
    value[at] ^= 1;
    Some(record)
}

pub(crate) fn outgoing<'a, S: EventStream>(
    topic: &'a str,
    samples: &'a [Sample<S>],
    subject: Subject,
) -> Vec<Outgoing<'a>> {
    let outgoing = |sample: &'a Sample<S>| Outgoing {
        topic,
        subject,
        schema: S::STREAM.schema,
        key: key_of(&sample.event),
        event: &sample.form,
    };
    samples.iter().map(outgoing).collect()
}

pub(crate) fn by_place<S: EventStream>(places: Vec<(i32, i64)>, samples: &[Sample<S>]) -> Expected {
    assert_eq!(places.len(), samples.len());
    let expected = |sample: &Sample<S>| (key_of(&sample.event), sample.form.to_string());
    places.into_iter().zip(samples.iter().map(expected)).collect()
}

/// What our consumer has read, as the program would tell it.
pub(crate) fn read<S: EventStream>(made: &Samples, received: &[Received<S>]) -> Vec<Seen> {
    let seen = |received: &Received<S>| Seen {
        partition: received.partition,
        offset: received.offset,
        key: key_of(&received.event),
        headers: BTreeMap::new(),
        event: Some(made.form(&received.event)),
        error: None,
    };
    received.iter().map(seen).collect()
}

pub(crate) const NONE: [&str; 0] = [];

/// In words: which messages are others than they should be, are missing, or are there twice.
pub(crate) fn differences(expected: &Expected, seen: &[Seen]) -> Vec<String> {
    let mut missing = expected.clone();
    let mut differences = Vec::new();
    for seen in seen {
        let place = (seen.partition, seen.offset);
        // As text: 0.0 is not -0.0, and 1 is not 1.0.
        let found = seen.event.as_ref().map_or_else(|| format!("{:?}", seen.error), Json::to_string);
        match missing.remove(&place) {
            Some((key, form)) if (&key, &form) == (&seen.key, &found) => {}
            Some((key, form)) => {
                differences
                    .push(format!("{place:?}: {:?} {found}\n     instead of {key:?} {form}", seen.key));
            }
            None => differences.push(format!("{place:?}: unexpected: {found}")),
        }
    }
    differences.extend(missing.into_iter().map(|(place, what)| format!("{place:?}: missing: {what:?}")));
    differences
}

/// Whether a message's headers name its event's type, where its stream has such headers.
fn has_headers(seen: &Seen, policy: HeaderPolicy) -> bool {
    let fullname = types(std::slice::from_ref(seen)).pop_first();
    let named = seen.headers.get("ce_type").cloned().flatten();
    named == fullname.filter(|_| policy == HeaderPolicy::CloudEvents)
}

/// The events' fullnames.
fn types(seen: &[Seen]) -> BTreeSet<String> {
    let events = seen.iter().filter_map(|seen| seen.event.as_ref()?.as_object());
    events.flat_map(|event| event.keys().cloned()).collect()
}
