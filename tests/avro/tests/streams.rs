//! Random pairs of streams' schemas, one evolved from the other: each event of the writer's is read as the event of its
//! fullname, or of an alias, and what is no event of the reader's is unknown. What becomes of the records, the test of
//! pairs judges (`tests/pairs.rs`).
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "it is all tests")]

use std::borrow::Cow;

use chip_quality_events::inspection::InspectionEvent;
use cq_events::codec::{
    DecodeLimits, Decoder, Encode, Encoder, Resolution, ResolveError, Resolved, Transcoder, decode_resolved,
};
use cq_events::event::{Event, EventStream, StreamInfo, StreamSchema};
use cq_events_avro_tests::pair::{Data, Pair, Side};
use cq_events_avro_tests::rng::Rng;
use cq_events_avro_tests::schema::{NamedKind, Ty};

const SEED: u64 = 2;
const PAIRS: usize = 2_000;

/// An event of any stream: its branch, and the bytes of its record.
#[derive(Debug, PartialEq)]
struct Raw(usize, Vec<u8>);

#[test]
fn events_are_read_by_their_names() {
    let mut counts = [0; 3];
    for number in 0..PAIRS {
        let pair = Pair::random(SEED, number);
        let (Some(events), Some(written)) = (records(&pair.reader), records(&pair.writer)) else { continue };
        let (reader, writer) = (pair.reader.text().to_string(), pair.writer.text().to_string());
        let resolution = Resolution::new(&reader, &writer).unwrap();
        let is_union = matches!(pair.writer.root, Ty::Union(_));
        for datum in Data::new(&pair.writer, Rng::new(!SEED, number as u64)).some(3, 12) {
            // Less than 64 branches have an index of one byte.
            let (branch, record) = match datum.split_first() {
                Some((index, record)) if is_union => (usize::from(index / 2), record),
                _ => (0, datum.as_slice()),
            };
            let theirs = &pair.writer.schema.types[written[branch]];
            let event = event(&pair.reader, &events, &theirs.fullname());
            let mut scratch = Vec::new();
            let found = decode_resolved::<Raw>(&datum, &resolution, DecodeLimits::DEFAULT, &mut scratch);
            let context = || format!("pair {number}: {reader}\n{writer}\n{datum:02x?}");
            let Some(event) = event else {
                let unknown = Resolved::Unknown { fullname: theirs.fullname().leak(), datum: record };
                assert_eq!(found.unwrap(), unknown, "{}", context());
                counts[0] += 1;
                continue;
            };
            let ours = pair.reader.schema.text(&Ty::Named(events[event])).to_string();
            let theirs = pair.writer.schema.text(&Ty::Named(written[branch])).to_string();
            let mut out = Vec::new();
            let transcoder = Transcoder::new(&ours, &theirs).unwrap();
            match (transcoder.transcode(record, DecodeLimits::DEFAULT, &mut out), found) {
                (Ok(()), Ok(found)) => {
                    assert_eq!(found, Resolved::Event(Raw(event, out)), "{}", context());
                    counts[1] += 1;
                }
                (Err(_), Err(ResolveError::Unreadable { .. } | ResolveError::Incompatible { .. })) => {
                    counts[2] += 1;
                }
                (transcoded, found) => panic!("{}\n{transcoded:?}\n{found:?}", context()),
            }
        }
    }
    let [unknown, events, refused] = counts;
    assert!(unknown > 250 && events > 2_500 && refused > 500, "{counts:?}");
}

/// The records of a stream's schema.
fn records(side: &Side) -> Option<Vec<usize>> {
    let branches = match &side.root {
        Ty::Union(branches) => branches.as_slice(),
        root => std::slice::from_ref(root),
    };
    let record = |ty: &Ty| match ty {
        Ty::Named(id) if matches!(side.schema.types[*id].kind, NamedKind::Record(_)) => Some(*id),
        _ => None,
    };
    branches.iter().map(record).collect()
}

/// The branch of the event that a record of the writer's is: that of its fullname, else that with it as an alias.
fn event(reader: &Side, events: &[usize], fullname: &str) -> Option<usize> {
    let types = || events.iter().map(|id| &reader.schema.types[*id]);
    types()
        .position(|named| named.fullname() == fullname)
        .or_else(|| types().position(|named| named.aliases.iter().any(|alias| alias == fullname)))
}

impl StreamSchema for Raw {
    // The schema is the resolution's.
    const STREAM: &'static StreamInfo = InspectionEvent::STREAM;
}

impl EventStream for Raw {
    fn record(&self) -> (usize, &dyn Encode) {
        (self.0, self)
    }

    fn decode_branch(branch: usize, input: &mut Decoder<'_>) -> Option<Self> {
        let record = input.rest().to_vec();
        record.iter().for_each(|_| _ = input.fixed_ref::<1>());
        Some(Self(branch, record))
    }
}

impl Encode for Raw {
    fn encode(&self, _: &mut Encoder<'_>) {}
}

impl Event for Raw {
    fn fullname(&self) -> &'static str {
        ""
    }

    fn event_type(&self) -> &'static str {
        ""
    }

    fn key(&self) -> Option<Cow<'_, [u8]>> {
        None
    }

    fn event_id(&self) -> Option<uuid::Uuid> {
        None
    }

    fn occurred_at(&self) -> Option<jiff::Timestamp> {
        None
    }

    fn correlation_id(&self) -> Option<&str> {
        None
    }

    fn set_correlation_id(&mut self, _: String) {}
}
