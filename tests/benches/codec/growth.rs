//! How costs grow: with the events of a stream, with the fields of an event, and with the versions of writers.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hint::black_box;
use std::sync::{Arc, Mutex};

use codec_events::growth::{Kind, STREAMS, Stream};
use codec_events::{events_1, events_10, events_100, fields_5, fields_20, fields_80};
use cq_events::codec::{self, DecodeLimits, Encoder, Resolution};
use cq_events::event::{BorrowedStream, EventStream, StreamSchema as _};
use cq_events::registry::SchemaId;

use crate::contestants::done;
use crate::measure::{Plan, Row, measure};
use crate::report::Report;

/// Data of each stream, at least: as many as there are of the two events.
const LEAST_DATA: usize = 32;

pub fn tables(plan: Plan, report: &Report) {
    let plan = Plan { rounds: plan.rounds / 4, ..plan };
    events(plan, report);
    fields(plan, report);
    versions(plan, report);
    resolutions(plan, report);
}

fn events(plan: Plan, report: &Report) {
    let one: Case<events_1::Events1Event> = Case::new("events_1");
    let ten: Case<events_10::Events10Event> = Case::new("events_10");
    let hundred: Case<events_100::Events100Event> = Case::new("events_100");
    let names = ["1 event", "10 events", "100 events"];
    grid("events in a stream", names, [one.rows(), ten.rows(), hundred.rows()], plan, report);
}

fn fields(plan: Plan, report: &Report) {
    let few: Case<fields_5::Fields5Event> = Case::new("fields_5");
    let some: Case<fields_20::Fields20Event> = Case::new("fields_20");
    let many: Case<fields_80::Fields80Event> = Case::new("fields_80");
    let names = ["5 fields", "20 fields", "80 fields"];
    grid("fields of an event", names, [few.rows(), some.rows(), many.rows()], plan, report);
}

/// A table for each kind of work, with a row for each of three sizes.
fn grid(title: &str, sizes: [&str; 3], rows: [[Row<'_>; 4]; 3], plan: Plan, report: &Report) {
    let mut kinds: [Vec<Row<'_>>; 4] = Default::default();
    for (size, rows) in sizes.into_iter().zip(rows) {
        for (kind, row) in kinds.iter_mut().zip(rows) {
            kind.push(Row { name: format!("{}, {size}", row.name), ..row });
        }
    }
    for rows in kinds {
        let figures = measure(rows, plan);
        report.table(title, &figures[0].name, &figures);
    }
}

/// What is measured of a stream.
struct Case<S> {
    data: Vec<Vec<u8>>,
    events: Vec<S>,
    /// What a writer without the last field of each event wrote.
    older: Vec<Vec<u8>>,
    resolution: Resolution,
}

impl<S: EventStream + BorrowedStream + Debug> Case<S> {
    fn new(name: &str) -> Self {
        let stream = stream(name);
        let numbers = || (0..LEAST_DATA.max(stream.events)).map(|number| number % stream.events);
        let data: Vec<Vec<u8>> = numbers().map(|event| datum(event, stream.fields)).collect();
        let older: Vec<Vec<u8>> = numbers().map(|event| datum(event, stream.fields - 1)).collect();
        let events: Vec<S> = data.iter().map(|datum| decode(datum)).collect();
        let resolution = resolution(S::STREAM.schema, &stream, 0);
        for ((event, datum), older) in events.iter().zip(&data).zip(&older) {
            let mut out = Vec::new();
            codec::encode(event, &mut out).unwrap();
            assert_eq!(&out, datum);
            out.clear();
            assert!(codec::decode_resolved::<S>(older, &resolution, DecodeLimits::DEFAULT, &mut out).is_ok());
        }
        Self { data, events, older, resolution }
    }

    fn rows(&self) -> [Row<'_>; 4] {
        let (mut out, mut scratch) = (Vec::new(), Vec::new());
        [
            Row::each("encode", &self.events, move |event| {
                out.clear();
                codec::encode(black_box(event), &mut out).unwrap();
                black_box(&out);
            }),
            Row::each("decode owned", &self.data, |datum| {
                done(&codec::decode::<S>(black_box(datum), DecodeLimits::DEFAULT));
            }),
            Row::each("decode borrowed", &self.data, |datum| {
                done(&codec::decode_borrowed::<S>(black_box(datum), DecodeLimits::DEFAULT));
            }),
            Row::each("decode an older writer's, borrowed", &self.older, move |datum| {
                done(&codec::decode_resolved_borrowed::<S>(
                    black_box(datum),
                    &self.resolution,
                    DecodeLimits::DEFAULT,
                    &mut scratch,
                ));
            }),
        ]
    }
}

/// Messages of so many versions in turn, each with its resolution in a map under a lock, as a consumer has them.
fn versions(plan: Plan, report: &Report) {
    type S = events_10::Events10Event;
    let stream = stream("events_10");
    let mut figures = Vec::new();
    let cases: Vec<(usize, HashMap<SchemaId, Arc<Resolution>>)> = [1, 10, 100]
        .map(|count: u32| {
            let made = |version: u32| {
                let resolution = resolution(S::STREAM.schema, &stream, version as usize);
                (SchemaId::new(version), Arc::new(resolution))
            };
            (count as usize, (0..count).map(made).collect())
        })
        .into();
    let messages: Vec<Vec<(SchemaId, Vec<u8>)>> =
        cases.iter().map(|(count, _)| messages(*count, &stream)).collect();
    let cases: Vec<_> = cases.into_iter().map(|(count, plans)| (count, Mutex::new(plans))).collect();
    let look_up = |plans: &Mutex<HashMap<SchemaId, Arc<Resolution>>>, id: &SchemaId| {
        Arc::clone(&plans.lock().unwrap()[id])
    };
    for kind in ["look up the version", "look it up, and decode borrowed"] {
        let is_read = kind != "look up the version";
        let rows = cases.iter().zip(&messages).map(|((count, plans), messages)| {
            let mut scratch = Vec::new();
            Row::each(format!("{kind}, {count} versions"), messages, move |(id, datum)| {
                let plan = look_up(plans, black_box(id));
                if is_read {
                    let limits = DecodeLimits::DEFAULT;
                    done(&codec::decode_resolved_borrowed::<S>(
                        black_box(datum),
                        &plan,
                        limits,
                        &mut scratch,
                    ));
                } else {
                    black_box(&plan);
                }
            })
        });
        figures.extend(measure(rows.collect(), plan));
    }
    report.table("versions of writers", &figures[0].name, &figures);
}

fn messages(versions: usize, stream: &Stream) -> Vec<(SchemaId, Vec<u8>)> {
    let message = |number: usize| {
        let version = SchemaId::new((number % versions) as u32);
        (version, datum(number % stream.events, stream.fields - 1))
    };
    (0..LEAST_DATA.max(versions)).map(message).collect()
}

/// What it costs to resolve a writer's schema, once.
fn resolutions(plan: Plan, report: &Report) {
    let texts: Vec<_> =
        STREAMS.iter().map(|stream| (stream.name, stream.schema(), stream.older_schema(0))).collect();
    let rows = texts.iter().map(|(name, reader, writer)| {
        let work = move || done(&Resolution::new(black_box(reader), black_box(writer)));
        Row { name: format!("resolve a schema, {name}"), events: 1, work: Box::new(work) }
    });
    let figures = measure(rows.collect(), plan);
    report.table("resolution of a schema, once", &figures[0].name, &figures);
}

fn stream(name: &str) -> Stream {
    *STREAMS.iter().find(|stream| stream.name == name).expect("a stream of the fixture")
}

fn resolution(reader: &str, stream: &Stream, version: usize) -> Resolution {
    Resolution::new(reader, &stream.older_schema(version)).expect("schemas are valid")
}

fn decode<S: EventStream>(datum: &[u8]) -> S {
    codec::decode(datum, DecodeLimits::DEFAULT).expect("an event")
}

/// An event with so many fields.
fn datum(event: usize, fields: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out);
    encoder.branch(event);
    for field in 0..fields {
        match Kind::of(field) {
            Kind::Text => encoder.string(&format!("a text, {field}")),
            Kind::Number => encoder.long(1_000 * field as i64),
            Kind::Measure => encoder.double(field as f64 / 8.0),
            Kind::Flag => encoder.boolean(field % 2 == 1),
            Kind::Note => encoder.optional(0, Some(&"a note"), |out, note| out.string(note)),
        }
    }
    encoder.finish().expect("every value fits");
    out
}
