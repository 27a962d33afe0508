//! The checklist of what a generator of Avro must get right, item by item: committed cases, on which three other
//! implementations have given their verdicts.
//!
//! With the feature `oracles`, they are asked again. What they say is written down by
//! `BLESS=1 cargo test -p cq-events-avro-tests --features oracles the_oracles_say`.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

use std::collections::BTreeSet;

use cq_events_avro_tests::answer::{self, Stream, WithForms, unhex};
use cq_events_avro_tests::cases::same;
use cq_events_avro_tests::item::Item;
use cq_events_avro_tests::known::KNOWN;
use cq_events_avro_tests::verdict;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

cq_events::include_events!();

macro_rules! cases {
    ($($stream:ident $event:ident $($default:ident)?,)*) => {$(
        #[test]
        fn $stream() {
            check::<$stream::$event>();
            $(cases!(@$default $stream $event);)?
        }
    )*};
    (@default $stream:ident $event:ident) => {
        check_default(&$stream::$event::from($stream::Case::builder().build()));
    };
}

cases! {
    null_first NullFirstEvent,
    null_second NullSecondEvent,
    null_alone NullAloneEvent,
    union_of_null UnionOfNullEvent,
    union_of_one UnionOfOneEvent,
    union_of_many UnionOfManyEvent,
    union_of_more_than_64 UnionOfMoreThan64Event,
    union_of_record_with_array_or_map UnionOfRecordWithArrayOrMapEvent,
    union_of_two_of_a_kind UnionOfTwoOfAKindEvent,
    union_large UnionLargeEvent,
    optional_in_optional OptionalInOptionalEvent,
    default_of_first_branch DefaultOfFirstBranchEvent default,
    default_of_other_branch DefaultOfOtherBranchEvent default,
    forward_reference ForwardReferenceEvent,
    cross_file_reference CrossFileReferenceEvent,
    same_definition_twice SameDefinitionTwiceEvent,
    recursion_through_union RecursionThroughUnionEvent,
    recursion_through_array RecursionThroughArrayEvent,
    recursion_through_map RecursionThroughMapEvent,
    mutual_recursion MutualRecursionEvent,
    same_short_name SameShortNameEvent,
    type_alias TypeAliasEvent,
    field_alias FieldAliasEvent,
    empty_namespace EmptyNamespaceEvent,
    fieldless_record FieldlessRecordEvent,
    keyword_field KeywordFieldEvent,
    not_raw_field NotRawFieldEvent,
    field_collision FieldCollisionEvent,
    leading_underscore LeadingUnderscoreEvent,
    odd_symbol OddSymbolEvent,
    symbol_collision SymbolCollisionEvent,
    shadowing_name ShadowingNameEvent,
    default_null DefaultNullEvent default,
    default_boolean DefaultBooleanEvent default,
    default_int DefaultIntEvent default,
    default_long DefaultLongEvent default,
    default_float DefaultFloatEvent default,
    default_double DefaultDoubleEvent default,
    default_string DefaultStringEvent default,
    default_bytes DefaultBytesEvent default,
    default_fixed DefaultFixedEvent default,
    default_escaped DefaultEscapedEvent default,
    default_enum DefaultEnumEvent default,
    default_array DefaultArrayEvent default,
    default_map DefaultMapEvent default,
    default_record DefaultRecordEvent default,
    default_partial_record DefaultPartialRecordEvent default,
    default_logical DefaultLogicalEvent default,
    default_of_enum_type DefaultOfEnumTypeEvent,
    uuid_string UuidStringEvent,
    uuid_fixed UuidFixedEvent,
    decimal_bytes DecimalBytesEvent,
    decimal_bytes_long DecimalBytesLongEvent,
    decimal_fixed DecimalFixedEvent,
    decimal_fixed_long DecimalFixedLongEvent,
    date DateEvent,
    time_millis TimeMillisEvent,
    time_micros TimeMicrosEvent,
    timestamp_millis TimestampMillisEvent,
    timestamp_micros TimestampMicrosEvent,
    timestamp_nanos TimestampNanosEvent,
    local_timestamp_millis LocalTimestampMillisEvent,
    local_timestamp_micros LocalTimestampMicrosEvent,
    local_timestamp_nanos LocalTimestampNanosEvent,
    duration DurationEvent,
    unknown_logical UnknownLogicalEvent,
    logical_on_field LogicalOnFieldEvent,
    more_than_64_fields MoreThan64FieldsEvent,
    order OrderEvent,
    unknown_property UnknownPropertyEvent,
    not_a_number NotANumberEvent,
    infinite InfiniteEvent,
    negative_zero NegativeZeroEvent,
    long_extreme LongExtremeEvent,
    int_extreme IntExtremeEvent,
    boolean_of_another_byte BooleanOfAnotherByteEvent,
    several_blocks SeveralBlocksEvent,
    keys_of_maps KeysOfMapsEvent,
    text_that_is_no_utf8 TextThatIsNoUtf8Event,
}

/// What the generated types make of the cases of a stream.
fn check<S: Stream + Serialize + DeserializeOwned>() {
    let stream = S::STREAM.name;
    let cases = verdict::load(stream);
    for case in list(&cases, "values") {
        reads_and_writes::<S>(&case, &case["datum"]);
    }
    for case in list(&cases, "read") {
        reads_and_writes::<S>(&case, &case["written"]);
    }
    for case in list(&cases, "refused") {
        let answer = answer::read::<S, WithForms>(&unhex(text(&case["datum"])));
        let words = answer["error"].as_str().unwrap_or_else(|| panic!("{case} was read as {answer}"));
        assert!(words.contains(text(&case["error"])), "{case}: {words}");
    }
    let schema = serde_json::from_str(S::STREAM.schema).unwrap();
    assert_eq!(verdict::with_apache(&schema, cases.clone()), cases, "apache-avro says what is committed");
}

fn reads_and_writes<S: Stream + Serialize + DeserializeOwned>(case: &Json, written: &Json) {
    let answer = answer::read::<S, WithForms>(&unhex(text(&case["datum"])));
    assert_eq!(&answer["hex"], written, "{case} became {answer}");
    assert!(same(&answer["json"], &case["value"]), "{case} became {answer}");
}

/// What a builder fills in where nothing was set.
fn check_default<S: Stream + Serialize + DeserializeOwned>(event: &S) {
    let case = verdict::load(S::STREAM.name)["default"].clone();
    let answer = answer::written::<S, WithForms>(event);
    assert_eq!(answer["hex"], case["datum"], "{case} became {answer}");
    assert!(same(&answer["json"], &case["value"]), "{case} became {answer}");
    reads_and_writes::<S>(&case, &case["datum"]);
}

/// All cases of a stream.
fn all(cases: &Json) -> Vec<Json> {
    let lists = ["values", "read", "refused"].iter().flat_map(|key| list(cases, key));
    lists.chain(cases.get("default").cloned()).collect()
}

fn list(cases: &Json, key: &str) -> Vec<Json> {
    cases[key].as_array().cloned().unwrap_or_default()
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_else(|| panic!("{json} is no text"))
}

#[test]
fn every_item_of_the_checklist_has_cases() {
    let streams: BTreeSet<&str> = STREAMS.iter().map(|stream| stream.name).collect();
    for item in Item::ALL {
        assert!(streams.contains(item.case()), "{}", item.text());
        assert!(!all(&verdict::load(item.case())).is_empty(), "{}", item.text());
    }
}

/// Each oracle has a verdict on each case; where it disagrees, that is known, and why; and nothing is known in vain.
#[test]
fn every_disagreement_between_the_oracles_has_its_reason() {
    let mut disagreements = BTreeSet::new();
    for stream in STREAMS {
        for case in all(&verdict::load(stream.name)) {
            let disagree = case["disagree"].as_object().cloned().unwrap_or_default();
            let agree = list(&case, "agree");
            for oracle in ["apache-avro", "avro", "fastavro"] {
                assert!(
                    agree.contains(&Json::from(oracle)) != disagree.contains_key(oracle),
                    "{}: {oracle} on {case}",
                    stream.name
                );
            }
            disagreements.extend(disagree.into_iter().map(|(oracle, _)| (stream.name.to_owned(), oracle)));
        }
    }
    let known: BTreeSet<_> =
        KNOWN.iter().map(|known| (known.case.to_owned(), known.oracle.to_owned())).collect();
    assert_eq!(disagreements, known);
}

#[cfg(feature = "oracles")]
#[test]
fn the_oracles_say_what_is_committed() {
    let mut python = cq_events_avro_tests::python::Python::start();
    let blesses = std::env::var_os("BLESS").is_some();
    let mut changed = Vec::new();
    for stream in STREAMS {
        let schema = serde_json::from_str(stream.schema).unwrap();
        let committed = verdict::load(stream.name);
        let blessed = verdict::bless(&schema, &committed, &mut python);
        if blesses {
            std::fs::write(verdict::path(stream.name), verdict::pretty(&blessed)).unwrap();
        } else if !same(&blessed, &committed) {
            changed.push(format!("{}:\n{}", stream.name, verdict::pretty(&blessed)));
        }
    }
    assert!(
        changed.is_empty(),
        "the oracles say otherwise now (BLESS=1 writes it down):\n{}",
        changed.join("\n")
    );
}
