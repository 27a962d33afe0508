//! The path of a byte.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "it is all tests")]

use cq_events_schema::Schemas;

/// A record with every kind of type, as the second branch of a union.
const EVENT: &str = r#"["null",{"type":"record","name":"a.Event","fields":[
    {"name":"flag","type":"boolean"},
    {"name":"size","type":{"type":"enum","name":"Size","symbols":["S","L"]}},
    {"name":"hash","type":{"type":"fixed","name":"Hash","size":2}},
    {"name":"ratio","type":"double"},
    {"name":"list","type":{"type":"array","items":["null","string"]}},
    {"name":"map","type":{"type":"map","values":{"type":"record","name":"Part","fields":[
        {"name":"nothing","type":"null"},{"name":"number","type":"long"}]}}},
    {"name":"next","type":["null","a.Event"]}
]}]"#;

#[rustfmt::skip]
const DATUM: [u8; 32] = [
    2,                                  // 0: the branch
    1,                                  // 1: flag
    2,                                  // 2: size
    7, 7,                               // 3: hash
    0, 0, 0, 0, 0, 0, 0, 0,             // 5: ratio
    2, 0,                               // 13: list, its first block with a null
    1, 6, 2, 2, b'x',                   // 15: its second, with a size of 3 bytes and a string
    0,                                  // 20: its end
    2, 4, b'k', b'"', 0x80, 0x01,       // 21: map, of an element
    0,                                  // 27: its end
    0,                                  // 28: next
    0, 0, 0,                            // what is left over
];

fn walk(schema: &str, datum: &[u8], offset: usize) -> Option<String> {
    let schemas = Schemas::parse_text("schema", schema).unwrap();
    schemas.locate(&schemas.roots()[0], datum, offset)
}

fn path(datum: &[u8], offset: usize) -> Option<String> {
    walk(EVENT, datum, offset)
}

#[test]
fn each_byte_has_the_path_of_its_value() {
    let expected = [
        (0..=0, ""),
        (1..=1, "Event.flag"),
        (2..=2, "Event.size"),
        (3..=4, "Event.hash"),
        (5..=12, "Event.ratio"),
        (13..=13, "Event.list"),
        (14..=14, "Event.list[0]"),
        (15..=16, "Event.list"),
        (17..=19, "Event.list[1]"),
        (20..=20, "Event.list"),
        (21..=24, "Event.map"),
        (25..=26, r#"Event.map["k\""].number"#),
        (27..=27, "Event.map"),
        (28..=28, "Event.next"),
    ];
    for (offsets, expected) in expected {
        for offset in offsets {
            assert_eq!(path(&DATUM, offset).as_deref(), Some(expected), "at {offset}");
        }
    }
    assert_eq!(path(&DATUM, 29), None);
    assert_eq!(path(&DATUM, 33), None);
}

#[test]
fn a_datum_that_is_cut_off_ends_where_its_last_value_begins() {
    for (length, expected) in
        [(1, "Event.flag"), (4, "Event.hash"), (9, "Event.ratio"), (18, "Event.list[1]")]
    {
        assert_eq!(path(&DATUM[..length], length).as_deref(), Some(expected), "{length} bytes");
    }
}

#[test]
fn broken_data_end_where_they_are_broken() {
    let changed = |at: usize, byte: u8| {
        let mut datum = DATUM;
        datum[at] = byte;
        path(&datum, 28)
    };
    // A branch that the union does not have, a length below zero, a size that is not the block's.
    assert_eq!(changed(0, 4).as_deref(), Some(""));
    assert_eq!(changed(14, 4).as_deref(), Some("Event.list[0]"));
    assert_eq!(changed(18, 1).as_deref(), Some("Event.list[1]"));
    assert_eq!(changed(16, 8).as_deref(), Some("Event.list"));
    assert_eq!(changed(22, 1).as_deref(), Some("Event.map"));
    assert_eq!(changed(28, 4).as_deref(), Some("Event.next"));
}

#[test]
fn a_root_that_is_no_union_and_a_long_key_have_their_paths() {
    assert_eq!(walk("\"long\"", &[1], 0).as_deref(), Some(""));
    let record =
        r#"{"type":"record","name":"a.R","fields":[{"name":"m","type":{"type":"map","values":"int"}}]}"#;
    let mut datum = vec![2, 100];
    datum.extend([b'k'; 50]);
    datum.extend([8, 0]);
    let shown = format!("R.m[\"{}\"]", "k".repeat(40));
    assert_eq!(walk(record, &datum, 52), Some(shown));
}

#[test]
fn hostile_data_end_the_walk() {
    let walk = |schema: &str, datum: &[u8]| walk(schema, datum, datum.len());
    let most = [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
    let empty = r#"{"type":"array","items":{"type":"record","name":"Empty","fields":[]}}"#;
    for items in [r#"{"type":"array","items":"null"}"#, empty] {
        assert_eq!(walk(items, &most), None, "none of so many is it");
    }
    assert_eq!(walk("\"long\"", &[0xFF; 11]).as_deref(), Some(""));
    assert_eq!(walk("\"string\"", &most).as_deref(), Some(""));
    assert_eq!(walk("[\"null\"]", &[9]).as_deref(), Some(""));
    let node = r#"{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"]}]}"#;
    assert_eq!(walk(node, &[2; 1 << 20]), None, "it is deeper than readers go");
}
