//! Reading what was written with the schema of today.

use std::hint::black_box;

use serde_avro_fast::ser::SerializerConfig;

use crate::contestants::{self, Schemas, done};
use crate::measure::{Plan, Row, measure};
use crate::peers::{Borrowed, Owned};
use crate::report::{Floor, Limit, Report};
use crate::values::{self, Size};

const OWNED: &str = "cq-events, owned";
const BORROWED: &str = "cq-events, borrowed";
const FAST_OWNED: &str = "serde_avro_fast, owned";
const FAST_BORROWED: &str = "serde_avro_fast, borrowed";

const FLOORS: [Floor; 2] = [
    Floor { row: OWNED, what: "as fast as serde_avro_fast", limit: Limit::Faster(FAST_OWNED, 2.0) },
    Floor { row: BORROWED, what: "as fast as serde_avro_fast", limit: Limit::Faster(FAST_BORROWED, 4.0) },
];

pub fn table(size: Size, schemas: &Schemas, plan: Plan, report: &mut Report) {
    let events = size.events();
    let data = values::data(&events);
    let title = format!("decode, {}, {} bytes", size.name(), values::mean_length(&data));

    let reader = schemas.apache_reader();
    // The same values, whoever reads them; a view of serde's is the same where it is written as the same bytes.
    let (mut again, mut config) = (Vec::new(), SerializerConfig::new(&schemas.fast));
    for (event, datum) in events.iter().zip(&data) {
        let owned = Owned::from(event);
        assert_eq!(&contestants::read(datum).unwrap(), event);
        assert_eq!(&contestants::read_borrowed(datum).unwrap().to_owned(), event);
        assert_eq!(contestants::read_fast::<Owned>(datum, &schemas.fast).unwrap(), owned);
        let view: Borrowed<'_> = contestants::read_fast(datum, &schemas.fast).unwrap();
        contestants::write_fast(&view, &mut again, &mut config);
        assert_eq!(&again, datum);
        assert_eq!(contestants::read_apache(datum, &reader).unwrap(), owned);
    }

    let rows = vec![
        Row::each(OWNED, &data, |datum| done(&contestants::read(black_box(datum)))),
        Row::each(BORROWED, &data, |datum| done(&contestants::read_borrowed(black_box(datum)))),
        Row::each(FAST_OWNED, &data, |datum| {
            done(&contestants::read_fast::<Owned>(black_box(datum), &schemas.fast));
        }),
        Row::each(FAST_BORROWED, &data, |datum| {
            done(&contestants::read_fast::<Borrowed<'_>>(black_box(datum), &schemas.fast));
        }),
        Row::each("apache-avro, read_deser", &data, |datum| {
            done(&contestants::read_apache(black_box(datum), &reader));
        }),
        Row::each("an allocation and a copy of the bytes", &data, |datum| {
            drop(black_box(black_box(datum).to_vec()));
        }),
    ];
    let figures = measure(rows, plan);
    report.table(&title, OWNED, &figures);
    report.judge(&title, &figures, &FLOORS);
}
