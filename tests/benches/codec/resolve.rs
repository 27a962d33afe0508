//! Reading what was written with the version before: fields are new, gone, renamed, promoted and in another order.

use std::hint::black_box;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use codec_events::now::NowEvent;
use codec_events::old::OldEvent;
use cq_events::codec::{Resolution, Resolved};
use cq_events::event::StreamSchema as _;

use crate::contestants::{self, Schemas, done};
use crate::measure::{Plan, Row, measure};
use crate::peers::{Borrowed, Owned};
use crate::report::{Floor, Limit, Report};
use crate::values::{self, Size};

const OWNED: &str = "cq-events, owned";
const BORROWED: &str = "cq-events, borrowed";
const SAME_OWNED: &str = "cq-events, owned, written with the same schema";
const SAME_BORROWED: &str = "cq-events, borrowed, written with the same";
const FAST_OWNED: &str = "serde_avro_fast, owned";
const FAST_BORROWED: &str = "serde_avro_fast, borrowed";

const FLOORS: [Floor; 4] = [
    Floor { row: OWNED, what: "of the same schema's time", limit: Limit::Longer(SAME_OWNED, 2.0) },
    Floor { row: BORROWED, what: "of the same schema's time", limit: Limit::Longer(SAME_BORROWED, 2.6) },
    Floor { row: OWNED, what: "as fast as serde_avro_fast", limit: Limit::Faster(FAST_OWNED, 1.3) },
    Floor { row: BORROWED, what: "as fast as serde_avro_fast", limit: Limit::Faster(FAST_BORROWED, 1.3) },
];

pub fn table(size: Size, now: &Schemas, old: &Schemas, plan: Plan, report: &mut Report) {
    let events = size.events();
    let same = values::data(&events);
    let data = values::data(&events.iter().map(values::older).collect::<Vec<_>>());
    let title = format!("decode an older writer's, {}, {} bytes", size.name(), values::mean_length(&data));

    let resolution =
        Resolution::new(NowEvent::STREAM.schema, OldEvent::STREAM.schema).expect("schemas are valid");
    let renamed = now.without_new_names();
    let apache = apache_reader(size, &renamed, &old.apache);
    let (mut scratch, mut scratch_borrowed) = (Vec::new(), Vec::new());
    for (event, datum) in events.iter().zip(&data) {
        let owned = Owned::from(event);
        let read = contestants::read_resolved(datum, &resolution, &mut scratch).unwrap();
        assert_eq!(read, Resolved::Event(event.clone()));
        match contestants::read_resolved_borrowed(datum, &resolution, &mut scratch).unwrap() {
            Resolved::Event(view) => assert_eq!(&view.to_owned(), event),
            Resolved::Unknown { fullname, .. } => panic!("{fullname} is known"),
        }
        assert_eq!(contestants::read_fast::<Owned>(datum, &old.fast).unwrap(), owned);
        assert_eq!(contestants::read_apache_resolved(datum, &apache, size).unwrap(), owned);
    }

    let rows = vec![
        Row::each(OWNED, &data, |datum| {
            done(&contestants::read_resolved(black_box(datum), &resolution, &mut scratch));
        }),
        Row::each(SAME_OWNED, &same, |datum| done(&contestants::read(black_box(datum)))),
        Row::each(BORROWED, &data, |datum| {
            let datum = black_box(datum);
            done(&contestants::read_resolved_borrowed(datum, &resolution, &mut scratch_borrowed));
        }),
        Row::each(SAME_BORROWED, &same, |datum| {
            done(&contestants::read_borrowed(black_box(datum)));
        }),
        Row::each(FAST_OWNED, &data, |datum| {
            done(&contestants::read_fast::<Owned>(black_box(datum), &old.fast));
        }),
        Row::each(FAST_BORROWED, &data, |datum| {
            done(&contestants::read_fast::<Borrowed<'_>>(black_box(datum), &old.fast));
        }),
        Row::each("apache-avro, read_value with both schemas", &data, |datum| {
            done(&contestants::read_apache_resolved(black_box(datum), &apache, size));
        }),
    ];
    let figures = measure(rows, plan);
    report.table(&title, OWNED, &figures);
    report.judge(&title, &figures, &FLOORS);
}

fn apache_reader<'s>(size: Size, now: &'s Schema, old: &'s Schema) -> GenericDatumReader<'s> {
    let Schema::Union(events) = now else { panic!("a stream is a union") };
    GenericDatumReader::builder(old)
        .reader_schema(&events.variants()[size as usize])
        .reader_schemata(vec![now])
        .and_then(|reader| reader.build())
        .expect("a reader")
}
