//! What becomes of a writer's bytes, and of bytes that are none of its.
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is all tests")]

use cq_events::codec::{DecodeErrorKind, DecodeLimits, ResolveError, Transcoder};

const LIMITS: DecodeLimits = DecodeLimits::DEFAULT;

fn transcode(reader: &str, writer: &str, datum: &[u8]) -> Result<Vec<u8>, ResolveError> {
    let mut out = Vec::new();
    Transcoder::new(reader, writer).unwrap().transcode(datum, LIMITS, &mut out).map(|()| out)
}

fn becomes(reader: &str, writer: &str, datum: &[u8], expected: &[u8]) {
    assert_eq!(transcode(reader, writer, datum).as_deref(), Ok(expected), "{writer} as {reader}");
}

/// The error's offset and kind.
fn error(reader: &str, writer: &str, datum: &[u8]) -> (usize, DecodeErrorKind) {
    match transcode(reader, writer, datum) {
        Err(ResolveError::Decode(error)) => (error.offset, error.kind),
        other => panic!("{writer} as {reader}: {other:?}"),
    }
}

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

fn array(items: &str) -> String {
    format!(r#"{{"type":"array","items":{items}}}"#)
}

#[test]
fn numbers_are_promoted() {
    becomes("\"long\"", "\"int\"", &[0x54], &[0x54]);
    becomes("\"float\"", "\"int\"", &[0x01], &(-1_f32).to_le_bytes());
    becomes("\"double\"", "\"int\"", &[0xFE, 0xFF, 0xFF, 0xFF, 0x0F], &f64::from(i32::MAX).to_le_bytes());
    becomes(
        "\"double\"",
        "\"float\"",
        &f32::MIN_POSITIVE.to_le_bytes(),
        &f64::from(f32::MIN_POSITIVE).to_le_bytes(),
    );
    becomes("\"double\"", "\"float\"", &(-0.0_f32).to_le_bytes(), &(-0.0_f64).to_le_bytes());
    // Beyond 53 bits it is rounded, as in every other language.
    let long = (1_i64 << 60) + 1;
    let mut zigzag = (long as u64) << 1;
    let mut datum = Vec::new();
    while zigzag >= 0x80 {
        datum.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    datum.push(zigzag as u8);
    becomes("\"double\"", "\"long\"", &datum, &(long as f64).to_le_bytes());
    let kind = DecodeErrorKind::Int { value: long };
    assert_eq!(error("\"float\"", "\"int\"", &datum), (0, kind));
}

#[test]
fn fields_are_dropped_filled_in_and_put_in_order() {
    let writer = record(
        r#"{"name":"a","type":"string"},{"name":"gone","type":["null",{"type":"map","values":"bytes"}]},
           {"name":"b","type":"int"},{"name":"c","type":"boolean"}"#,
    );
    let a = [4, b'h', b'i'];
    let gone = [2, 2, 2, b'k', 4, 9, 9, 0];
    let datum = [&a[..], &gone, &[0x54, 1]].concat();
    let read = |fields: &str| transcode(&record(fields), &writer, &datum).unwrap();
    assert_eq!(
        read(r#"{"name":"a","type":"string"},{"name":"c","type":"boolean"}"#),
        [&a[..], &[1]].concat()
    );
    assert_eq!(
        read(
            r#"{"name":"c","type":"boolean"},{"name":"new","type":"string","default":"x"},{"name":"a","type":"string"}"#
        ),
        [&[1, 2, b'x'][..], &a].concat()
    );
    // Two fields of the reader from one of the writer's, one of them promoted, and the order of two kept.
    assert_eq!(
        read(
            r#"{"name":"b","type":"long"},{"name":"c","type":"boolean"},
               {"name":"again","type":"double","aliases":["b"]},{"name":"a","type":["null","bytes"]}"#
        ),
        [&[0x54, 1][..], &42_f64.to_le_bytes(), &[2], &a].concat()
    );
}

#[test]
fn unions_and_symbols_are_mapped_value_by_value() {
    let reader = r#"["string","null","long"]"#;
    becomes(reader, r#"["null","int","string"]"#, &[0], &[2]);
    becomes(reader, r#"["null","int","string"]"#, &[2, 6], &[4, 6]);
    becomes("\"string\"", r#"["null","string"]"#, &[2, 2, b'x'], &[2, b'x']);
    let refused = transcode("\"string\"", r#"["null","string"]"#, &[0]).unwrap_err();
    assert!(matches!(refused, ResolveError::Unreadable { offset: 1, .. }), "{refused:?}");
    let branch = DecodeErrorKind::Branch { index: 3, count: 2 };
    assert_eq!(error("\"string\"", r#"["null","string"]"#, &[6]), (0, branch));

    let of =
        |symbols: &str, more: &str| format!(r#"{{"type":"enum","name":"E","symbols":[{symbols}]{more}}}"#);
    becomes(&of(r#""B","A""#, ""), &of(r#""A","B""#, ""), &[0], &[2]);
    becomes(&of(r#""B","A""#, r#","default":"A""#), &of(r#""X","B""#, ""), &[0], &[2]);
    let refused = transcode(&of(r#""B""#, ""), &of(r#""A","B""#, ""), &[0]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "at byte 0 of the datum, E: the enum `E` lacks A of the writer's, and has no default: add what is missing, or a \
         \"default\" [missing-enum-symbol]"
    );
    // More symbols in the reader make no more symbols in the writer.
    let symbol = DecodeErrorKind::Symbol { index: 2, count: 2 };
    assert_eq!(error(&of(r#""A","B","C""#, ""), &of(r#""A","B""#, ""), &[4]), (0, symbol));
}

#[test]
fn blocks_keep_their_counts_and_lose_their_sizes() {
    let (reader, writer) = (array("\"double\""), array("\"int\""));
    let [one, two, three] = [1_f64, 2.0, 3.0].map(f64::to_le_bytes);
    // A block of two with its size, a block of one, the end.
    let datum = [0x03, 0x04, 0x02, 0x04, 0x02, 0x06, 0x00];
    becomes(&reader, &writer, &datum, &[&[4][..], &one, &two, &[2], &three, &[0]].concat());
    let wrong = [0x03, 0x06, 0x02, 0x04, 0x00];
    assert_eq!(error(&reader, &writer, &wrong), (0, DecodeErrorKind::BlockSize { size: 3, found: 2 }));
    // A size lets what is dropped be passed over.
    let dropped = record(&format!(r#"{{"name":"x","type":{writer}}},{{"name":"y","type":"int"}}"#));
    becomes(&record(r#"{"name":"y","type":"int"}"#), &dropped, &[0x03, 0x04, 0x02, 0x04, 0x00, 7], &[7]);
    let size = [0x03, 0x05, 0x02, 0x04, 0x00, 7];
    let (offset, kind) = error(&record(r#"{"name":"y","type":"int"}"#), &dropped, &size);
    assert_eq!(offset, 0);
    assert!(matches!(kind, DecodeErrorKind::BlockSize { size: -3, .. }), "{kind:?}");
}

#[test]
fn every_beginning_and_every_longer_datum_is_refused() {
    let writer = record(
        r#"{"name":"a","type":{"type":"array","items":["null","float"]}},{"name":"b","type":"string"},
           {"name":"c","type":{"type":"fixed","name":"F","size":3}}"#,
    );
    let reader = record(
        r#"{"name":"c","type":{"type":"fixed","name":"F","size":3}},{"name":"n","type":"int","default":1},
           {"name":"a","type":{"type":"array","items":["double","null"]}}"#,
    );
    let datum = [&[4, 0, 2][..], &1.5_f32.to_le_bytes(), &[0, 2, b'x', 1, 2, 3]].concat();
    let expected = [&[1, 2, 3, 2, 4, 2, 0][..], &1.5_f64.to_le_bytes(), &[0]].concat();
    becomes(&reader, &writer, &datum, &expected);
    for length in 0..datum.len() {
        assert!(transcode(&reader, &writer, &datum[..length]).is_err(), "{length} bytes");
    }
    let longer = [&datum[..], &[0]].concat();
    assert_eq!(error(&reader, &writer, &longer), (datum.len(), DecodeErrorKind::LeftOver { bytes: 1 }));
}

#[test]
fn hostile_counts_lengths_and_depths_are_refused() {
    // i64::MIN elements of no bytes, which are dropped, copied, and become others.
    let most = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
    let nulls = array("\"null\"");
    let writer = record(&format!(r#"{{"name":"x","type":{nulls}}}"#));
    let readers = [
        r#"{"name":"y","type":"int","default":0}"#.to_owned(),
        format!(r#"{{"name":"x","type":{nulls}}}"#),
        format!(r#"{{"name":"x","type":{}}}"#, array(r#"["int","null"]"#)),
    ];
    // A size of zero would let the first two pass over the block: its elements have no bytes.
    let many = [0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0];
    for reader in readers.map(|fields| record(&fields)) {
        let kind = DecodeErrorKind::Count { count: i64::from(i32::MAX), left: 1 };
        assert_eq!(error(&reader, &writer, &many), (0, kind), "{reader}");
        assert!(transcode(&reader, &writer, &most).is_err());
    }
    let length = DecodeErrorKind::Length { length: i64::from(i32::MAX), left: 1 };
    assert_eq!(error("\"bytes\"", "\"string\"", &many), (0, length));

    let node = |value: &str| {
        format!(
            r#"{{"type":"record","name":"Node","fields":[{{"name":"next","type":["null","Node"]}},
                {{"name":"value","type":"{value}"}}]}}"#
        )
    };
    let deep = |depth: usize| [vec![2; depth - 1], vec![0; depth + 1]].concat();
    assert!(transcode(&node("double"), &node("int"), &deep(64)).is_ok());
    let kind = DecodeErrorKind::TooDeep { limit: 64 };
    assert_eq!(error(&node("double"), &node("int"), &deep(65)), (64, kind));
    assert_eq!(error(&record(""), &node("int").replace("Node", "R"), &deep(1_000_000)), (64, kind));
}

#[test]
fn defaults_that_fill_in_for_many_small_elements_have_a_limit() {
    let writer = array(&record(r#"{"name":"a","type":"null"},{"name":"b","type":"int"}"#));
    let default = "x".repeat(1_000);
    let reader = array(&record(&format!(
        r#"{{"name":"b","type":"int"}},{{"name":"new","type":"string","default":"{default}"}}"#
    )));
    let limits = {
        let mut limits = LIMITS;
        limits.message_bytes = 100_000;
        limits
    };
    // 10,000 elements of a byte each.
    let datum = [&[0xA0, 0x9C, 0x01][..], &[0; 10_001]].concat();
    let mut out = Vec::new();
    let transcoder = Transcoder::new(&reader, &writer).unwrap();
    let Err(ResolveError::Decode(error)) = transcoder.transcode(&datum, limits, &mut out) else {
        panic!("it is read")
    };
    assert_eq!(error.kind, DecodeErrorKind::TooLongResolved { limit: 100_000 });
    assert!(out.capacity() <= 200_000);
    let Err(ResolveError::Decode(error)) = transcoder.transcode(&[0; 100_001], limits, &mut out) else {
        panic!()
    };
    assert_eq!(error.kind, DecodeErrorKind::TooLong { bytes: 100_001, limit: 100_000 });
}

#[test]
fn elements_of_no_bytes_are_counted_once_in_another_order_too() {
    let empty = r#"{"type":"array","items":{"type":"record","name":"E","fields":[]}}"#;
    let filled = r#"{"type":"array","items":{"type":"record","name":"E","fields":[{"name":"x","type":"int","default":0}]}}"#;
    let writer = record(&format!(r#"{{"name":"a","type":{empty}}},{{"name":"b","type":"int"}}"#));
    let reader = record(&format!(r#"{{"name":"b","type":"int"}},{{"name":"a","type":{filled}}}"#));
    // 600 of at most 1,024 elements.
    let read = transcode(&reader, &writer, &[0xB0, 0x09, 0x00, 0x02]).unwrap();
    assert_eq!(read.len(), 1 + 2 + 600 + 1);
}

#[test]
fn a_schema_that_nests_through_many_records_does_not_fill_the_stack() {
    let array =
        |inner: String| format!("{}{inner}{}", r#"{"type":"array","items":"#.repeat(90), "}".repeat(90));
    let link = |n: usize| {
        let inner = if n == 256 { "\"int\"".to_owned() } else { array(format!("\"R{}\"", n + 1)) };
        format!(r#"{{"type":"record","name":"R{n}","fields":[{{"name":"x","type":{inner}}}]}}"#)
    };
    let fields: Vec<String> =
        (1..=256).rev().map(|n| format!(r#"{{"name":"f{n}","type":{}}}"#, link(n))).collect();
    let writer = record(&format!(r#"{{"name":"id","type":"int"}},{}"#, fields.join(",")));
    let reader = record(r#"{"name":"id","type":"int"}"#);
    // All fields are empty but the last, which goes as deep as it can.
    let mut datum = vec![0; 1 + 1 + 254];
    datum.extend(vec![2; 90 * 255]);
    datum.extend(vec![0; 90 * 255 + 1]);
    let (_, kind) = error(&reader, &writer, &datum);
    assert_eq!(kind, DecodeErrorKind::TooDeep { limit: 1_024 });
}

/// A record of two records, each of two records, 60 deep: 2^60 values in no bytes, if they were looked at.
fn doubling(last: &str) -> String {
    let inner = (1..=60).rev().fold(last.to_owned(), |inner, n| {
        let record = format!(r#"{{"type":"record","name":"R{n}","fields":[{inner}]}}"#);
        format!(r#"{{"name":"a","type":{record}}},{{"name":"b","type":"R{n}"}}"#)
    });
    record(&inner)
}

#[test]
fn values_of_no_bytes_take_no_time() {
    let no_bytes =
        ["", r#"{"name":"x","type":"null"}"#, r#"{"name":"x","type":{"type":"fixed","name":"F","size":0}}"#];
    let (send, receive) = std::sync::mpsc::channel();
    // Without a join, since it would not end if there were a mistake.
    std::thread::spawn(move || {
        for writer in no_bytes.map(doubling) {
            becomes(&writer, &writer, &[], &[]);
            becomes(&record(""), &writer, &[], &[]);
            becomes(&doubling(""), &writer, &[], &[]);
            let filled = doubling(
                r#"{"name":"x","type":"null","default":null},{"name":"y","type":"int","default":7}"#,
            );
            let (_, kind) = error(&filled, &doubling(""), &[]);
            assert_eq!(kind, DecodeErrorKind::TooLongResolved { limit: LIMITS.message_bytes });
        }
        send.send(())
    });
    assert_eq!(receive.recv_timeout(std::time::Duration::from_secs(60)), Ok(()));
}
