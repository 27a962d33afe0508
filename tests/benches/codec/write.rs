//! Writing into a buffer that is used again and again.

use std::hint::black_box;

use serde_avro_fast::ser::SerializerConfig;

use crate::contestants::{self, Schemas};
use crate::measure::{Plan, Row, measure};
use crate::peers::Owned;
use crate::report::{Floor, Limit, Report};
use crate::values::{self, Size};

const OURS: &str = "cq-events";
const FAST: &str = "serde_avro_fast";
const APACHE: &str = "apache-avro, write_ser";

const FLOORS: [Floor; 3] = [
    Floor { row: OURS, what: "as fast as serde_avro_fast", limit: Limit::Faster(FAST, 5.0) },
    Floor { row: OURS, what: "as fast as apache-avro", limit: Limit::Faster(APACHE, 10.0) },
    Floor { row: OURS, what: "allocations", limit: Limit::NoAllocations },
];

pub fn table(size: Size, schemas: &Schemas, plan: Plan, report: &mut Report) {
    let events = size.events();
    let owned: Vec<Owned> = events.iter().map(Owned::from).collect();
    let data = values::data(&events);
    let title = format!("encode, {}, {} bytes", size.name(), values::mean_length(&data));

    let mut config = SerializerConfig::new(&schemas.fast);
    let writer = schemas.apache_writer();
    // The same bytes, whoever writes them.
    let mut out = Vec::new();
    for ((event, owned), datum) in events.iter().zip(&owned).zip(&data) {
        contestants::write(event, &mut out);
        assert_eq!(&out, datum);
        contestants::write_fast(owned, &mut out, &mut config);
        assert_eq!(&out, datum, "serde_avro_fast writes {owned:?}");
        contestants::write_apache(owned, &mut out, &writer);
        assert_eq!(&out, datum, "apache-avro writes {owned:?}");
    }

    let (mut ours, mut fast, mut apache, mut copy) = (buffer(), buffer(), buffer(), buffer());
    let rows = vec![
        Row::each(OURS, &events, move |event| {
            contestants::write(black_box(event), &mut ours);
            black_box(&ours);
        }),
        Row::each(FAST, &owned, move |event| {
            contestants::write_fast(black_box(event), &mut fast, &mut config);
            black_box(&fast);
        }),
        Row::each(APACHE, &owned, |event| {
            contestants::write_apache(black_box(event), &mut apache, &writer);
            black_box(&apache);
        }),
        Row::each("a copy of the bytes", &data, move |datum| {
            copy.clear();
            copy.extend_from_slice(black_box(datum));
            black_box(&copy);
        }),
    ];
    let figures = measure(rows, plan);
    report.table(&title, OURS, &figures);
    report.judge(&title, &figures, &FLOORS);
}

fn buffer() -> Vec<u8> {
    Vec::with_capacity(4_096)
}
