//! What is generated, and that it compiles without a warning. `BLESS=1` writes the golden file anew, and nothing
//! else does.
#![deny(warnings)]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "it is all tests")]

use std::path::Path;

use cq_events::codec::{self, DecodeLimits, EncodeErrorKind};
use cq_events::event::{Event as _, StreamSchema as _};
use golden::STREAMS;
use golden::kinds::{Colour, EveryKind, KindsEvent};

#[allow(dead_code)]
mod golden {
    include!("golden/expected.rs");
}

#[test]
fn the_generated_code_is_as_expected_and_the_same_each_time() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let generate = || cq_events_build::generate(&folder.join("streams.toml"), &folder).code.unwrap();
    let code = generate();
    assert_eq!(code, generate());
    let expected = folder.join("expected.rs");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&expected, &code).unwrap();
    }
    assert!(
        std::fs::read_to_string(&expected).unwrap() == code,
        "the generated code differs from {}: run with BLESS=1 and look at the difference",
        expected.display()
    );
}

fn every_kind() -> EveryKind {
    EveryKind::builder()
        .number(7)
        .raw([1, 2, 3])
        .cost("1.5".parse::<rust_decimal::Decimal>().unwrap())
        .places([golden::kinds::Place { x: 1.0, colour: Colour::Red }])
        .build()
}

#[test]
fn a_builder_fills_roles_and_defaults() {
    let event = every_kind();
    assert_eq!(event.event_id.get_version_num(), 7);
    assert_eq!(event.occurred_at.as_nanosecond() % 1_000_000, 0, "cut to the schema's unit");
    assert_eq!(event.correlation_id, None);
    assert_eq!(
        (event.r#type.as_str(), event.flag, event.count, event.ratio),
        ("a \"quoted\" text", true, -1, 0.5)
    );
    assert_eq!(event.exact, Some(1.0));
    assert_eq!(event.unknown_logical, "", "a logical type of other programs is its plain type");
    assert_eq!(event.tags, ["a", "b"]);
    assert_eq!(event.notes["k"], Some("v".to_owned()));
    assert_ne!(every_kind().event_id, event.event_id);
}

#[test]
fn a_builder_keeps_what_is_set() {
    let time = jiff::Timestamp::from_nanosecond(1_700_000_000_123_456_789).unwrap();
    let event = EveryKind::builder()
        .occurred_at(time)
        .at(time)
        .maybe_day(Some(jiff::civil::date(2026, 1, 2)))
        .build_("a field that is named as a method")
        .colour(Colour::DarkBlue)
        .tags([])
        .number(1)
        .raw([])
        .cost(2)
        .places([])
        .build();
    assert_eq!(event.occurred_at.as_nanosecond(), 1_700_000_000_123_000_000);
    assert_eq!(event.at.unwrap().as_nanosecond(), 1_700_000_000_123_456_000);
    assert_eq!(event.build.as_deref(), Some("a field that is named as a method"));
    assert_eq!((event.colour, event.colour.symbol()), (Colour::DarkBlue, "DARK_BLUE"));
    assert!(event.tags.is_empty());
}

#[test]
fn an_event_knows_its_names_key_and_correlation() {
    let mut event = KindsEvent::from(every_kind());
    assert_eq!((event.fullname(), event.event_type()), ("test.kinds.EveryKind", "EVERY_KIND"));
    assert_eq!(event.key().as_deref(), Some(&b"7"[..]));
    event.set_correlation_id("c-1".to_owned());
    assert_eq!(event.correlation_id(), Some("c-1"));
}

#[test]
fn the_stream_knows_its_topic() {
    let stream = KindsEvent::STREAM;
    assert_eq!(
        (stream.name, stream.topic, stream.subject().as_str()),
        ("kinds", "test.kinds.events", "test.kinds.events-value")
    );
    assert_eq!(stream.topic_spec.replication, Some(1));
    assert_eq!(stream.topic_spec.config, [("cleanup.policy", "delete"), ("retention.ms", "60000")]);
    assert_eq!(STREAMS.len(), 1);
}

#[test]
fn a_decimal_that_needs_rounding_is_an_error_of_encoding_that_names_the_field() {
    let mut event = every_kind();
    event.cost = "1.005".parse().unwrap();
    let mut out = vec![9];
    let error = codec::encode(&KindsEvent::from(event), &mut out).unwrap_err();
    assert_eq!(error.field, "EveryKind.cost");
    assert!(matches!(error.kind, EncodeErrorKind::Decimal { precision: 10, scale: 2, .. }));
    assert_eq!(out, [9], "nothing was written");
}

#[test]
fn an_event_is_read_as_it_was_written_and_by_apache_avro_too() {
    let event = KindsEvent::from(every_kind());
    let mut datum = Vec::new();
    codec::encode(&event, &mut datum).unwrap();
    let schema = apache_avro::Schema::parse_str(KindsEvent::STREAM.schema).unwrap();
    let reader = apache_avro::reader::datum::GenericDatumReader::builder(&schema).build().unwrap();
    let mut rest = datum.as_slice();
    reader.read_value(&mut rest).unwrap();
    assert!(rest.is_empty(), "apache-avro leaves {} bytes", rest.len());
    let read: KindsEvent = codec::decode(&datum, DecodeLimits::DEFAULT).unwrap();
    assert_eq!(read, event);
}
