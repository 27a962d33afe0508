//! The generated code at work, and that it compiles without a warning.
#![deny(warnings)]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "it is all tests")]

use std::collections::BTreeMap;

use cq_events::codec::{
    self, Decode, DecodeErrorKind, DecodeLimits, Decoder, Duration, EncodeErrorKind, WideDecimal,
};
use cq_events::event::{Event as _, EventStream, FailurePolicy, StreamSchema as _};
use cq_events::registry::{Level, Registration, SubjectSchema, SubjectStrategy};
use golden::STREAMS;
use golden::kinds::{Colour, EveryKind, KindsEvent};
use golden::parts::{
    Address, Circle, Names, PartsEvent, PartsLabel, Person, PersonRef, Shapes, ShapesMaybe, ShapesRef,
    ShapesShape, ShapesShapeRef, Times, TimesRef, Tree,
};
use jiff::Timestamp;
use jiff::civil::{DateTime, Time, date};
use rust_decimal::Decimal;
use uuid::Uuid;

#[allow(dead_code)]
mod golden {
    include!("golden/expected.rs");
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
    assert_eq!((stream.name, stream.topic), ("kinds", "test.kinds.events"));
    assert_eq!(stream.topic_spec.replication, Some(1));
    assert_eq!(stream.topic_spec.config, [("cleanup.policy", "delete"), ("retention.ms", "60000")]);
    assert_eq!(stream.failures, FailurePolicy::new(), "nothing is set");
    let policy = FailurePolicy::new()
        .max_retries(5)
        .retry_delay(std::time::Duration::from_millis(200))
        .max_retry_delay(std::time::Duration::from_secs(60))
        .handler_deadline(std::time::Duration::from_secs(2))
        .dead_letters(false)
        .breaker_in_a_row(0)
        .breaker_ratio(0.25, 400);
    assert_eq!(PartsEvent::STREAM.failures, policy);
    assert_eq!(STREAMS.len(), 2);
}

#[test]
fn a_stream_has_one_subject_with_the_union_of_its_events() {
    let stream = KindsEvent::STREAM;
    assert_eq!((stream.subject_strategy, stream.compatibility), (SubjectStrategy::Topic, None));
    assert_eq!(stream.subjects(), [SubjectSchema::new("test.kinds.events-value", stream.schema)]);
}

#[test]
fn a_stream_of_record_subjects_has_one_for_each_event_with_all_that_its_record_needs() {
    let stream = PartsEvent::STREAM;
    assert_eq!(stream.compatibility, Some(Level::FullTransitive));
    let subjects = stream.subjects();
    assert_eq!(subjects.len(), stream.events.len());
    for (subject, event) in subjects.iter().zip(stream.events) {
        assert_eq!(subject.subject, format!("test.parts.events-{}", event.fullname));
        assert_eq!(subject.registration, Some(Registration::Exact));
        let schema = apache_avro::Schema::parse_str(&subject.schema).unwrap();
        let apache_avro::Schema::Record(record) = schema else { panic!("{schema:?} is no record") };
        assert_eq!(record.name.to_string(), event.fullname);
    }
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

/// Writes an event, has apache-avro read it to its last byte, and gives the datum.
fn written<E: Into<S>, S: EventStream>(event: E) -> Vec<u8> {
    let mut datum = Vec::new();
    codec::encode(&event.into(), &mut datum).unwrap();
    let schema = apache_avro::Schema::parse_str(S::STREAM.schema).unwrap();
    let reader = apache_avro::reader::datum::GenericDatumReader::builder(&schema).build().unwrap();
    let mut rest = datum.as_slice();
    reader.read_value(&mut rest).unwrap();
    assert!(rest.is_empty(), "apache-avro leaves {} bytes", rest.len());
    datum
}

#[test]
fn an_event_is_read_as_it_was_written_and_by_apache_avro_too() {
    let event = KindsEvent::from(every_kind());
    let datum = written::<_, KindsEvent>(event.clone());
    let read: KindsEvent = codec::decode(&datum, DecodeLimits::DEFAULT).unwrap();
    assert_eq!(read, event);
}

/// Reads the record after the index of its branch as a view.
fn view<'a, V: Decode<'a>>(datum: &'a [u8]) -> V {
    let mut input = Decoder::new(datum, DecodeLimits::DEFAULT);
    input.branch(5);
    let view = V::decode(&mut input);
    input.finish().unwrap();
    view
}

fn tree(name: &str, left: Option<Tree>) -> Tree {
    let builder = Tree::builder().name(name);
    match left {
        Some(left) => builder.left(left).build(),
        None => builder.build(),
    }
}

#[test]
fn unions_fixed_and_recursion_are_read_as_they_were_written_by_value_and_by_view() {
    let label = || PartsLabel::builder().text("a label").build();
    let shapes: [ShapesShape; 6] = [
        Circle { radius: -0.0 }.into(),
        label().into(),
        "text".into(),
        i64::MIN.into(),
        vec![1, i32::MIN].into(),
        BTreeMap::from([("k".to_owned(), label())]).into(),
    ];
    for shape in shapes {
        let tree = Tree::builder()
            .name("root")
            .left(tree("left", Some(tree("left's left", None))))
            .others([tree("other", None)])
            .either(tree("either", None))
            .build();
        let event = Shapes::builder()
            .shape(shape)
            .several(["b".into(), vec![0xFF].into()])
            .maybe(Uuid::nil())
            .large([7; 300])
            .tree(tree)
            .build();
        let datum = written::<_, PartsEvent>(event.clone());
        let read: PartsEvent = codec::decode(&datum, DecodeLimits::DEFAULT).unwrap();
        assert_eq!(read, event.clone().into());
        assert_eq!(view::<ShapesRef<'_>>(&datum).to_owned(), event);
    }
}

#[test]
fn a_view_points_into_the_message() {
    let event = Shapes::builder().shape("text").small(*b"abcd").build();
    let datum = written::<_, PartsEvent>(event);
    let view: ShapesRef<'_> = view(&datum);
    let ShapesShapeRef::String(text) = view.shape else { unreachable!("a text was written") };
    for part in [text.as_bytes(), view.small, view.one.as_bytes()] {
        assert!(datum.as_ptr_range().contains(&part.as_ptr()), "{part:?}");
    }
}

#[test]
fn defaults_of_every_shape_are_filled() {
    let event = Shapes::builder().shape(1).build();
    assert_eq!(event.maybe, Some(ShapesMaybe::Int(7)));
    assert_eq!(event.several, ["a".into(), "b".into()]);
    assert_eq!((event.one.as_str(), event.small), ("alone", [0, 0xFF, 1, b'a']));
    assert_eq!((event.spot.x, event.spot.label.text.as_str()), (3, "here"));
    assert_eq!((event.large, event.tree), (None, None));
}

#[test]
fn records_in_each_other_deeper_than_readers_go_are_an_error() {
    let mut nested = tree("leaf", None);
    for _ in 0..70 {
        nested = tree("node", Some(nested));
    }
    let event = PartsEvent::from(Shapes::builder().shape(1).tree(nested).build());
    let error = codec::encode(&event, &mut Vec::new()).unwrap_err();
    assert_eq!((error.field, error.kind), ("Tree", EncodeErrorKind::TooDeep { limit: 64 }));
    // Branch 0, shape 3 = 0, and so on up to a tree that claims to hold itself again and again.
    let mut datum = vec![0, 6, 0, 2, 0, 0, 0, 1, 2, 3, 4, 0, 2];
    datum.extend(std::iter::repeat_n([0, 2], 100).flatten());
    let error = codec::decode::<PartsEvent>(&datum, DecodeLimits::DEFAULT).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TooDeep { limit: 64 });
    // By way of the union, whose first branch is the record itself.
    let mut datum = vec![0, 6, 0, 2, 0, 0, 0, 1, 2, 3, 4, 0, 2];
    datum.extend(std::iter::repeat_n([0, 0, 0, 0], 100).flatten());
    let error = codec::decode::<PartsEvent>(&datum, DecodeLimits::DEFAULT).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TooDeep { limit: 64 });
}

fn times() -> Times {
    Times::builder()
        .id(Uuid::max())
        .time_ms(Time::MAX)
        .at_ns(Timestamp::from_nanosecond(-1).unwrap())
        .local_ms(date(1969, 12, 31).at(23, 59, 59, 999_999_999))
        .span(Duration::new(1, 2, 3))
        .price("-12.3456".parse::<Decimal>().unwrap())
        .vast("12345678901234567890123456789012345678901234567890.5".parse::<WideDecimal>().unwrap())
        .exact("-1234567890123456789012345678901234567890".parse::<WideDecimal>().unwrap())
        .build()
}

#[test]
fn every_logical_type_is_read_as_it_was_written() {
    let event = times();
    assert_eq!(event.time_ms, Time::MAX.with().nanosecond(0).microsecond(0).build().unwrap(), "cut");
    assert_eq!(event.time_us, Time::MAX.with().nanosecond(0).build().unwrap(), "the default");
    assert_eq!(event.local_us, date(1969, 12, 31).at(23, 59, 59, 999_999_000), "the default");
    let datum = written::<_, PartsEvent>(event.clone());
    let read: PartsEvent = codec::decode(&datum, DecodeLimits::DEFAULT).unwrap();
    assert_eq!(read, event.clone().into());
    assert_eq!(view::<TimesRef<'_>>(&datum).to_owned(), event);
}

#[test]
fn what_a_logical_type_cannot_hold_is_an_error_that_does_not_tell_the_value() {
    let error = |change: fn(&mut Times)| {
        let mut event = times();
        change(&mut event);
        codec::encode(&PartsEvent::from(event), &mut Vec::new()).unwrap_err().to_string()
    };
    let nanos = "`Times.at_ns`: a time outside 1677-09-21 to 2262-04-11 does not fit 64 bits of nanoseconds: use \
                 microseconds in the schema";
    assert_eq!(error(|event| event.at_ns = Timestamp::MAX), nanos);
    assert_eq!(error(|event| event.local_ns = DateTime::MIN), nanos.replace("at_ns", "local_ns"));
    let digits = "`Times.price`: a decimal of 6 digits, 5 of them after the point, does not fit decimal(18, 4) without \
                  rounding: round it, or widen the schema";
    assert_eq!(error(|event| event.price = "1.23456".parse().unwrap()), digits);
    let digits = "`Times.exact`: a decimal of 41 digits, 0 of them after the point, does not fit decimal(40, 0) without \
                  rounding: round it, or widen the schema";
    assert_eq!(error(|event| event.exact = format!("1{:040}", 0).parse().unwrap()), digits);
}

#[test]
fn names_that_are_awkward_in_rust_are_told_apart() {
    let event = Names::builder().build();
    assert_eq!((event.foo_bar_2, event.foo_bar, event.self_, event.r#async), (1, 2, 3, 4));
    assert_eq!(event.option, golden::parts::Option { some: None });
    assert_eq!(
        golden::parts::Result::ALL.map(golden::parts::Result::symbol),
        ["Ok", "OK", "Err", "Self", "_1"]
    );
    assert_eq!(event.result.symbol(), "OK");
    let datum = written::<_, PartsEvent>(event.clone());
    assert_eq!(codec::decode::<PartsEvent>(&datum, DecodeLimits::DEFAULT).unwrap(), event.into());
}

#[test]
fn debug_does_not_show_personal_data() {
    let event = Person::builder().id(1).name("Ada").address(Address { street: "Main Street".into() }).build();
    let expected = "Person { id: 1, name: [hidden], address: Some(Address { street: [hidden] }) }";
    assert_eq!(format!("{event:?}"), expected);
    let datum = written::<_, PartsEvent>(event);
    let view: PersonRef<'_> = view(&datum);
    assert_eq!(
        format!("{view:?}"),
        "PersonRef { id: 1, name: [hidden], address: Some(AddressRef { street: [hidden] }) }"
    );
}

#[test]
fn json_forms_are_avros_and_read_back() {
    let shapes = Shapes::builder()
        .shape(Circle { radius: f64::NEG_INFINITY })
        .several(["b".into(), vec![0x61, 0xFF].into()])
        .tree(tree("root", Some(tree("left", None))))
        .build();
    let expected = serde_json::json!({"test.parts.Shapes": {
        "shape": {"test.parts.Circle": {"radius": "-Infinity"}},
        "maybe": {"int": 7},
        "several": [{"string": "b"}, {"bytes": "aÿ"}],
        "one": "alone",
        "nothing": null,
        "small": "\0ÿ\u{1}a",
        "large": null,
        "tree": {
            "name": "root",
            "left": {"name": "left", "left": null, "others": [], "either": {"int": 0}},
            "others": [],
            "either": {"int": 0}
        },
        "spot": {"x": 3, "label": {"text": "here"}}
    }});
    let person = Person::builder().id(1).name("Ada").build();
    let expected_person = serde_json::json!({"test.parts.Person": {"id": 1, "name": "Ada", "address": null}});
    let names = serde_json::json!({"test.parts.Names": {
        "fooBar": 1, "foo_bar": 2, "self": 3, "Async": 4,
        "option": {"some": null}, "result": "OK", "string": {}, "twin": {}
    }});
    let times_form = serde_json::json!({"test.parts.Times": {
        "id": "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "time_ms": "23:59:59.999",
        "time_us": "23:59:59.999999",
        "at_ns": "1969-12-31T23:59:59.999999999Z",
        "local_ms": "1969-12-31T23:59:59.999",
        "local_us": "1969-12-31T23:59:59.999999",
        "local_ns": "1970-01-01T00:00:00",
        "span": {"months": 1, "days": 2, "millis": 3},
        "price": "-12.3456",
        "vast": "12345678901234567890123456789012345678901234567890.5",
        "exact": "-1234567890123456789012345678901234567890"
    }});
    for (event, form) in [
        (PartsEvent::from(shapes), expected),
        (person.into(), expected_person),
        (Names::builder().build().into(), names),
        (times().into(), times_form),
    ] {
        assert_eq!(serde_json::to_value(&event).unwrap(), form);
        assert_eq!(serde_json::from_value::<PartsEvent>(form).unwrap(), event);
    }
}

#[test]
fn json_of_another_form_is_an_error_that_says_what_is_expected() {
    let error = |text: &str| serde_json::from_str::<PartsEvent>(text).unwrap_err().to_string();
    for (text, expected) in [
        (r#"{"test.parts.Person": {"id": 1}}"#, "missing field `name`"),
        (
            r#"{"test.parts.Person": {"id": 1, "nme": ""}}"#,
            "unknown field `nme`, expected one of `id`, `name`, `address`",
        ),
        (r#"{"Person": {}}"#, "unknown variant `Person`"),
        (r#"{"test.parts.Times": {"id": "x"}}"#, "invalid value: string \"x\", expected a UUID"),
        (r#"{"test.parts.Shapes": {"small": "abc"}}"#, "3 bytes for a fixed of 4"),
        (
            r#"{"test.parts.Shapes": {"small": "abc€"}}"#,
            "expected a string of characters up to U+00FF, one per byte",
        ),
        (
            r#"{"test.parts.Shapes": {"maybe": {"long": 1}}}"#,
            "unknown variant `long`, expected `int` or `string`",
        ),
    ] {
        assert!(error(text).contains(expected), "{text}: {}", error(text));
    }
}
