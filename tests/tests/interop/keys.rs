//! Where a key lands: on one partition, whoever publishes it, since events of one key are in order there only.

use std::collections::BTreeSet;

use cq_events::event::{EventStream, StreamSchema as _};
use cq_events_tests::languages::{Lab, Program, Sample, Samples, Subject};
use cq_events_tests::registries::Registry;
use kinds_events::{keyed_2, keyed_3, keyed_7, keyed_16};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::conversation::{NONE, Start, outgoing};

/// Each key lands where our producer puts it, in topics of several numbers of partitions.
pub(crate) async fn land_where_ours_do(registry: Registry, start: Start) {
    let lab = lab(registry).await;
    assert_eq!(misplaced(&lab, &mut start(&lab.servers(), &lab.registry())).await, NONE);
}

/// With topics for [`misplaced`].
pub(crate) async fn lab(registry: Registry) -> Lab {
    let streams = [
        keyed_2::Keyed2Event::STREAM,
        keyed_3::Keyed3Event::STREAM,
        keyed_7::Keyed7Event::STREAM,
        keyed_16::Keyed16Event::STREAM,
    ];
    Lab::start(registry, streams).await
}

/// In words: which keys the program puts elsewhere.
pub(crate) async fn misplaced(lab: &Lab, program: &mut Program) -> Vec<String> {
    let mut misplaced = misplaced_of::<keyed_2::Keyed2Event>(lab, program).await;
    misplaced.extend(misplaced_of::<keyed_3::Keyed3Event>(lab, program).await);
    misplaced.extend(misplaced_of::<keyed_7::Keyed7Event>(lab, program).await);
    misplaced.extend(misplaced_of::<keyed_16::Keyed16Event>(lab, program).await);
    misplaced
}

async fn misplaced_of<S: EventStream + Clone + DeserializeOwned>(
    lab: &Lab,
    program: &mut Program,
) -> Vec<String> {
    let partitions = usize::try_from(S::STREAM.topic_spec.partitions).unwrap();
    let samples: Vec<Sample<S>> =
        keys().iter().map(|key| Samples::make(json!({"interop.keyed.Keyed": {"key": key}}))).collect();
    let ours = lab.publish(&samples).await;
    let theirs = program.write(&outgoing(S::STREAM.topic, &samples, Subject::Topic));
    let used: BTreeSet<i32> = ours.iter().map(|place| place.0).collect();
    assert_eq!(used.len(), partitions, "each partition has keys");
    let both = keys().into_iter().zip(ours.iter().zip(&theirs));
    both.filter(|(_, (ours, theirs))| ours.0 != theirs.0)
        .map(|(key, (ours, theirs))| format!("{key:?} of {partitions}: {} instead of {}", theirs.0, ours.0))
        .collect()
}

/// Empty ones, and ones of all lengths, of all bytes that text has.
fn keys() -> Vec<String> {
    let letters: Vec<char> = "aZ09-_ µ€\u{1F321}\u{0}\u{7F}\u{FF}".chars().collect();
    let key =
        |number: usize| (0..number % 41).map(|at| letters[(number * 7 + at * at) % letters.len()]).collect();
    (0..400).map(key).chain((0..200).map(|number| format!("BATCH-{number:04}"))).collect()
}
