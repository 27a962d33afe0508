//! What hostile bytes and hostile schemas cost: a typed error that says where, and little memory.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests"
)]
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};

use chip_quality_events::inspection::InspectionEvent;
use chip_quality_events::manufacturing::ManufacturingEvent;
use chip_quality_events::quality::QualityEvent;
use chip_quality_events::system::SystemEvent;
use chip_quality_events::user::UserEvent;
use cq_events::codec::{
    self, DecodeErrorKind, DecodeLimits, Resolution, ResolveError, Resolved, decode_resolved,
    decode_resolved_borrowed,
};
use cq_events::event::{BorrowedStream, StreamSchema as _};
use cq_events_schema::{Schemas, incompatibilities, normalise};
use cq_events_tests::values::Values;

/// The system's allocator, which knows how much each thread has and had.
struct Measuring;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn add(bytes: isize) {
    // A thread that ends has no such variable any more.
    let held = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        held.get()
    });
    _ = MOST.try_with(|most| most.set(most.get().max(held.unwrap_or_default())));
}

// SAFETY: all calls are passed on as they are.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size as isize - layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static MEASURING: Measuring = Measuring;

/// What `work` returns, and the most bytes that it held at one time.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    MOST.set(before);
    let done = work();
    (done, usize::try_from(MOST.get() - before).unwrap())
}

/// What an event may take beside a multiple of its bytes: the path of an error, and its message.
const BESIDE: usize = 2_000;
/// How many bytes of memory a byte of a message may take. A null in an array of records that may be null is a byte in the
/// message, and as large as the record in memory.
const MULTIPLE: usize = 64;

/// Decodes both ways, and returns the error; asserts what it cost.
fn cost<S: BorrowedStream>(own: &Resolution, datum: &[u8]) -> Option<ResolveError> {
    let limits = DecodeLimits::DEFAULT;
    let (mut scratch, mut other) = (Vec::new(), Vec::new());
    let (owned, bytes) = measured(|| decode_resolved::<S>(datum, own, limits, &mut scratch));
    assert!(bytes <= BESIDE + MULTIPLE * datum.len(), "{bytes} bytes for a message of {}", datum.len());
    let (borrowed, bytes) = measured(|| decode_resolved_borrowed::<S>(datum, own, limits, &mut other));
    assert!(bytes <= BESIDE + MULTIPLE * datum.len(), "{bytes} bytes for a message of {}", datum.len());
    match (owned, borrowed) {
        (Ok(Resolved::Event(_)), Ok(Resolved::Event(_))) => None,
        (Err(owned), Err(borrowed)) => {
            assert_eq!(owned, borrowed);
            Some(owned)
        }
        _ => panic!("one is read, the other is not"),
    }
}

/// Each beginning of an event is refused where it ends, and each change of a byte costs little.
fn survives<S: BorrowedStream>() {
    let schema = S::STREAM.schema;
    let own = Resolution::new(schema, schema).unwrap();
    // The schema is parsed for the first path.
    assert!(cost_of_first::<S>(&own).is_some());
    let mut values = Values::new(schema, 1);
    for branch in 0..S::STREAM.events.len() {
        for _ in 0..3 {
            let datum = values.event(branch);
            assert_eq!(cost::<S>(&own, &datum), None);
            for length in 0..datum.len() {
                let error = cost::<S>(&own, &datum[..length]).expect("it is not whole");
                let ResolveError::Decode(error) = error else { panic!("{error}") };
                assert!(error.offset <= length);
                assert!(length < 2 || !error.path.is_empty(), "{error}");
            }
            let longer = [&datum[..], &[0]].concat();
            let Some(ResolveError::Decode(error)) = cost::<S>(&own, &longer) else { panic!("it is read") };
            let left_over = DecodeErrorKind::LeftOver { bytes: 1 };
            assert_eq!((error.offset, error.path.as_str(), error.kind), (datum.len(), "", left_over));
            for at in 0..datum.len() {
                for byte in [0x00, 0x01, 0x7F, 0x80, 0xFF, datum[at] ^ 0x10] {
                    let mut changed = datum.clone();
                    changed[at] = byte;
                    cost::<S>(&own, &changed);
                    // A number of ten bytes: the largest count or length there is.
                    changed.splice(at..=at, [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]);
                    cost::<S>(&own, &changed);
                }
            }
        }
    }
}

fn cost_of_first<S: BorrowedStream>(own: &Resolution) -> Option<ResolveError> {
    decode_resolved::<S>(&[], own, DecodeLimits::DEFAULT, &mut Vec::new()).err()
}

#[test]
fn broken_inspections_cost_little() {
    survives::<InspectionEvent>();
}

#[test]
fn broken_events_of_manufacturing_cost_little() {
    survives::<ManufacturingEvent>();
}

#[test]
fn broken_events_of_quality_cost_little() {
    survives::<QualityEvent>();
}

#[test]
fn broken_events_of_users_cost_little() {
    survives::<UserEvent>();
}

#[test]
fn broken_events_of_systems_cost_little() {
    survives::<SystemEvent>();
}

/// A message of a megabyte that claims as much as it can.
#[test]
fn large_hostile_messages_are_refused_in_their_own_size() {
    let schema = InspectionEvent::STREAM.schema;
    let own = Resolution::new(schema, schema).unwrap();
    assert!(cost_of_first::<InspectionEvent>(&own).is_some());
    for byte in [0x00, 0x01, 0x02, 0x7F, 0x80, 0xFF] {
        for branch in 0..InspectionEvent::STREAM.events.len() {
            let mut datum = vec![byte; 1 << 20];
            datum[0] = u8::try_from(2 * branch).unwrap();
            assert!(cost::<InspectionEvent>(&own, &datum).is_some());
        }
    }
    let limits = DecodeLimits::DEFAULT;
    let error = codec::decode::<InspectionEvent>(&vec![0; (16 << 20) + 1], limits).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TooLong { bytes: (16 << 20) + 1, limit: 16 << 20 });
}

/// Schemas that would take long, or much, if they were believed.
fn bombs() -> Vec<(&'static str, String)> {
    let record = |n: usize, fields: &str| format!(r#"{{"type":"record","name":"R{n}","fields":[{fields}]}}"#);
    let union = |records: Vec<String>| format!("[{}]", records.join(","));
    let doubling = (0..90).map(|n| match n {
        0 => record(0, ""),
        n => record(n, &format!(r#"{{"name":"a","type":"R{0}"}},{{"name":"b","type":"R{0}"}}"#, n - 1)),
    });
    let defaults = (0..40).map(|n| match n {
        0 => record(0, r#"{"name":"x","type":"int","default":0}"#),
        n => record(
            n,
            &format!(
                r#"{{"name":"a","type":"R{0}","default":{{}}}},{{"name":"b","type":"R{0}","default":{{}}}}"#,
                n - 1
            ),
        ),
    });
    let recursive = (0..900).map(|n| {
        let (next, after) = ((n + 1) % 900, (n + 7) % 900);
        record(n, &format!(r#"{{"name":"a","type":["null","R{next}","R{after}"]}}"#))
    });
    let wide: Vec<String> =
        (0..20_000).map(|n| format!(r#"{{"name":"f{n}","type":["null","int"]}}"#)).collect();
    vec![
        ("types that double", union(doubling.collect())),
        ("defaults that double", union(defaults.collect())),
        ("records that hold each other", union(recursive.collect())),
        ("a record of 20,000 fields", record(0, &wide.join(","))),
        ("40,000 symbols, each in a default", {
            let symbols: Vec<String> = (0..40_000).map(|n| format!("\"S{n}\"")).collect();
            let symbols = symbols.join(",");
            let ty =
                format!(r#"{{"type":"array","items":{{"type":"enum","name":"E","symbols":[{symbols}]}}}}"#);
            record(0, &format!(r#"{{"name":"a","type":{ty},"default":[{symbols}]}}"#))
        }),
        ("a default of 10,000 fields", {
            let names = |value: &str| {
                (0..10_000).map(|n| value.replace('#', &n.to_string())).collect::<Vec<_>>().join(",")
            };
            let inner = record(1, &names(r#"{"name":"f#","type":"int"}"#));
            record(0, &format!(r#"{{"name":"a","type":{inner},"default":{{{}}}}}"#, names(r#""f#":0"#)))
        }),
        ("40,000 mistakes", {
            let wrong = vec!["\"x\""; 40_000].join(",");
            let ty = r#"{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}}"#;
            record(0, &format!(r#"{{"name":"a","type":{ty},"default":[{wrong}]}}"#))
        }),
        ("defaults deep in each other, again and again", {
            let link = |n: usize| {
                let deep = format!("{}{{}}{}", r#"{"a":"#.repeat(200), "}".repeat(200));
                let next = format!(r#",{{"name":"f","type":"R{}","default":{deep}}}"#, n + 1);
                let own = format!(r#"{{"name":"a","type":["null","R{n}"],"default":null}}"#);
                record(n, &if n == 131 { own } else { own + &next })
            };
            union((100..132).map(link).collect())
        }),
        ("unions of nothing, everywhere", {
            let empty: Vec<String> = (0..990).map(|n| record(n, "")).collect();
            let empty = empty.join(",");
            let inner =
                format!(r#"{{"type":"record","name":"S","fields":[{{"name":"u","type":[{empty}]}}]}}"#);
            let fields = |count: usize, ty: &str| {
                let field = |n| format!(r#"{{"name":"f{n}","type":{ty}}}"#);
                (0..count).map(field).collect::<Vec<_>>().join(",")
            };
            let more = fields(15, "\"S\"");
            let middle = format!(
                r#"{{"type":"record","name":"T","fields":[{{"name":"first","type":{inner}}},{more}]}}"#
            );
            // With a name of the reader's, so that its fields are dropped.
            let name = r#""name":"InspectionFailed","namespace":"chip_quality.inspection""#;
            let many = fields(5_000, "\"chip_quality.inspection.T\"");
            format!(r#"{{"type":"record",{name},"fields":[{{"name":"first","type":{middle}}},{many}]}}"#)
        }),
        (
            "a cycle without an end",
            union(vec![record(0, r#"{"name":"a","type":"R1"}"#), record(1, r#"{"name":"a","type":"R0"}"#)]),
        ),
        ("1,001 named types", union((0..1_001).map(|n| record(n, "")).collect())),
        ("a fixed of a gigabyte", r#"{"type":"fixed","name":"F","size":1000000000}"#.to_owned()),
        ("a text of two megabytes", format!("\"{}\"", "x".repeat(2 << 20))),
        (
            "arrays in arrays",
            format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(10_000), "}".repeat(10_000)),
        ),
        ("brackets", "[".repeat(1 << 20)),
        (
            "a default of a megabyte of brackets",
            record(0, &format!(r#"{{"name":"a","type":"int","default":{}1}}"#, "[".repeat(1_000_000))),
        ),
    ]
}

#[test]
fn schema_bombs_take_neither_long_nor_much() {
    for (name, text) in bombs() {
        let begun = Instant::now();
        let ((), bytes) = measured(|| match Schemas::parse_text("bomb", &text) {
            Err(mistakes) => {
                let report = mistakes.to_string();
                assert!(report.starts_with("bomb:1:"), "{name}: {report}");
                assert!(report.len() < 100_000, "{name}: a report of {} bytes", report.len());
            }
            Ok(schemas) => {
                assert!(normalise(&text).unwrap().len() <= 2 * text.len() + 1_000, "{name}");
                assert_eq!(incompatibilities(&schemas, &schemas), [], "{name}");
                Resolution::new(&text, &text).unwrap();
                // As a writer's schema of which nothing is the reader's, or of which all is dropped.
                Resolution::new(InspectionEvent::STREAM.schema, &text).unwrap();
            }
        });
        // A debug build on a busy machine: what is quadratic in a megabyte would take hours.
        assert!(begun.elapsed() < Duration::from_secs(60), "{name}: {:?}", begun.elapsed());
        assert!(bytes < 200 * text.len() + 1_000_000, "{name}: {bytes} bytes for {}", text.len());
        println!("{name}: {} bytes of text, {bytes} of memory, {:?}", text.len(), begun.elapsed());
    }
}

/// All of the writer's records are read as one of the reader's, and share a table for their enum.
#[test]
fn a_long_enum_of_many_records_is_resolved_once() {
    let event =
        |ty: &str| format!(r#"[{{"type":"record","name":"E","fields":[{{"name":"x","type":{ty}}}]}}]"#);
    let record = |space: &str, ty: &str| {
        format!(r#"{{"type":"record","name":"{space}.R","fields":[{{"name":"s","type":{ty}}}]}}"#)
    };
    let reader = event(&record("a", r#"{"type":"enum","name":"z.S","symbols":["S1","S0"],"default":"S0"}"#));
    let symbols: Vec<String> = (0..40_000).map(|n| format!("\"S{n}\"")).collect();
    let long = format!(r#"{{"type":"enum","name":"z.S","symbols":[{}]}}"#, symbols.join(","));
    let records: Vec<String> =
        (0..900).map(|n| record(&format!("a{n}"), if n == 0 { &long } else { "\"z.S\"" })).collect();
    let writer = event(&format!("[{}]", records.join(",")));
    let (resolution, bytes) = measured(|| Resolution::new(&reader, &writer).unwrap());
    assert!(bytes < 100 * writer.len(), "{bytes} bytes for {}", writer.len());
    let read = |symbol: u8| {
        let datum = [0, 0xFE, 0x0D, symbol];
        let mut out = Vec::new();
        let transcoder = cq_events::codec::Transcoder::new(&reader, &writer).unwrap();
        transcoder.transcode(&datum, DecodeLimits::DEFAULT, &mut out).unwrap();
        out
    };
    // Of the last record, two symbols that the reader has, and one that it has not.
    assert_eq!([read(0), read(2), read(4)], [vec![0, 2], vec![0, 0], vec![0, 2]]);
    drop(resolution);
}
