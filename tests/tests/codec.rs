//! The generated codec writes and reads what apache-avro does, for random values of all five streams.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "it is all tests")]

use chip_quality_events::inspection::InspectionEvent;
use chip_quality_events::manufacturing::ManufacturingEvent;
use chip_quality_events::quality::QualityEvent;
use chip_quality_events::system::SystemEvent;
use chip_quality_events::user::UserEvent;
use cq_events::codec::{self, DecodeLimits};
use cq_events::event::EventStream;
use cq_events_tests::oracle::Oracle;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Random values per stream.
const CASES: u32 = 1_000;

fn runner(cases: u32) -> TestRunner {
    // A failure prints its value, so no file keeps it.
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// Both directions: what apache-avro writes is read as the same values, under the same field names, and what is
/// written from that is read by apache-avro as the value that it began with.
fn agrees_with_apache_avro<S: EventStream + std::fmt::Debug + PartialEq>() {
    let oracle = Oracle::new(S::STREAM.schema);
    let mut runner = runner(CASES);
    runner
        .run(&oracle.values(), |value| {
            let datum = oracle.encode(value.clone());
            let event: S =
                codec::decode(&datum, DecodeLimits::DEFAULT).expect("ours reads what apache-avro writes");
            prop_assert_eq!(format!("{event:?}"), oracle.debug(&value));
            let mut written = Vec::new();
            codec::encode(&event, &mut written).expect("ours writes what it read");
            prop_assert_eq!(written.len(), datum.len());
            prop_assert_eq!(oracle.decode(&written), value);
            // What is written where each event has a subject of its own.
            let (branch, record) = event.record();
            prop_assert_eq!(S::STREAM.events[branch].fullname, event.fullname());
            let mut alone = vec![u8::try_from(2 * branch).expect("a small union")];
            codec::encode(record, &mut alone).expect("ours writes the record alone");
            prop_assert_eq!(alone, written);
            Ok(())
        })
        .unwrap();
}

/// No prefix of a datum is an event, and no datum with a byte more.
fn refuses_truncated_and_longer<S: EventStream + std::fmt::Debug>() {
    let oracle = Oracle::new(S::STREAM.schema);
    let mut runner = runner(10);
    runner
        .run(&oracle.values(), |value| {
            let mut datum = oracle.encode(value);
            for length in 0..datum.len() {
                let read = codec::decode::<S>(&datum[..length], DecodeLimits::DEFAULT);
                prop_assert!(read.is_err(), "{} of {} bytes were read as {:?}", length, datum.len(), read);
            }
            datum.push(0);
            prop_assert!(codec::decode::<S>(&datum, DecodeLimits::DEFAULT).is_err());
            Ok(())
        })
        .unwrap();
}

/// Whatever the bytes, an answer comes, and what is read can be written.
fn survives_any_bytes<S: EventStream + std::fmt::Debug>() {
    let mut runner = runner(2_000);
    let branches = S::STREAM.events.len();
    let bytes = (0..branches, prop::collection::vec(any::<u8>(), 0..300));
    runner
        .run(&bytes, |(branch, mut bytes)| {
            bytes.insert(0, u8::try_from(branch * 2).expect("a small union"));
            if let Ok(event) = codec::decode::<S>(&bytes, DecodeLimits::DEFAULT) {
                prop_assert!(codec::encode(&event, &mut Vec::new()).is_ok());
            }
            Ok(())
        })
        .unwrap();
}

macro_rules! every_stream {
    ($($stream:ident: $event:ty),* $(,)?) => {$(
        mod $stream {
            use super::*;

            #[test]
            fn agrees_with_apache_avro_in_both_directions() {
                agrees_with_apache_avro::<$event>();
            }

            #[test]
            fn truncated_and_longer_data_are_errors() {
                refuses_truncated_and_longer::<$event>();
            }

            #[test]
            fn any_bytes_get_an_answer() {
                survives_any_bytes::<$event>();
            }
        }
    )*};
}

every_stream! {
    inspection: InspectionEvent,
    manufacturing: ManufacturingEvent,
    quality: QualityEvent,
    system: SystemEvent,
    user: UserEvent,
}
