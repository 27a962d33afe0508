//! The events that are written and read: of each kind a few, which differ in their lengths.

use std::collections::BTreeMap;

use codec_events::now::{Assessed, Defect, Measured, NowEvent, Severity};
use codec_events::old::{self, OldEvent};
use cq_events::codec;
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Events of each kind: more than a branch predictor learns by heart, and few enough for the cache.
const EVENTS: u8 = 32;

/// One of the two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Small,
    Large,
}

impl Size {
    pub const BOTH: [Self; 2] = [Self::Small, Self::Large];

    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }

    pub fn events(self) -> Vec<NowEvent> {
        let event = |number| match self {
            Self::Small => NowEvent::Measured(measured(number)),
            Self::Large => NowEvent::Assessed(assessed(number)),
        };
        (0..EVENTS).map(event).collect()
    }
}

/// The bytes of events.
pub fn data<E: codec::Encode>(events: &[E]) -> Vec<Vec<u8>> {
    let datum = |event: &E| {
        let mut out = Vec::new();
        codec::encode(event, &mut out).expect("the schema holds it");
        out
    };
    events.iter().map(datum).collect()
}

fn id(number: u8) -> Uuid {
    Uuid::from_bytes(std::array::from_fn(|index| number.wrapping_mul(37) ^ (index as u8).wrapping_mul(89)))
}

fn time(number: u8) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 86_400 * i64::from(number)).expect("a time of our days")
}

fn severity(number: u8) -> Severity {
    Severity::ALL[usize::from(number) % Severity::ALL.len()]
}

fn measured(number: u8) -> Measured {
    Measured {
        event_id: id(number),
        occurred_at: time(number),
        correlation_id: None,
        chip_id: format!("CHIP-2026-{}", 9_970 + u32::from(number)),
        station: format!("AOI-LINE-{number}"),
        value: 1.5 * f64::from(number),
        has_passed: !number.is_multiple_of(3),
        sequence: 1 << (number % 24),
        retries: 0,
        severity: severity(number),
    }
}

fn assessed(number: u8) -> Assessed {
    let is_even = number.is_multiple_of(2);
    Assessed {
        event_id: id(number),
        occurred_at: time(number),
        correlation_id: is_even.then(|| id(number ^ 0x55).to_string()),
        batch_id: format!("BATCH-2026-{number:03}"),
        lot_id: Some(format!("LOT-{number}")),
        chip_id: format!("CHIP-2026-{}", 9_970 + u32::from(number)),
        inspector: (!number.is_multiple_of(4)).then(|| "Jürgen Weiß".to_owned()),
        started_at: time(number) - 90.seconds(),
        finished_at: is_even.then(|| time(number) - 250_001.microseconds()),
        score: 0.98 - f64::from(number) / 100.0,
        cost: Decimal::new(12_345 - 700 * i64::from(number), 2),
        fee: is_even.then(|| Decimal::new(98_765_432_109 + i64::from(number), 6)),
        severity: severity(number),
        defects: (0..4 + number % 2).map(|index| defect(number.wrapping_add(index))).collect(),
        readings: (0..12).map(|index| i64::from(number) << (2 * index)).map(|n| n % 2_000_000).collect(),
        tags: vec!["etched".to_owned(), "line-7".to_owned(), format!("shift-{}", number % 3)],
        attributes: attributes(number),
        is_final: false,
    }
}

fn defect(number: u8) -> Defect {
    Defect {
        kind: ["scratch", "particle", "void"][usize::from(number) % 3].to_owned(),
        location: format!("die {}/{}", number % 12, number % 7),
        confidence: 1.0 / (1.0 + f64::from(number)),
        area: number.is_multiple_of(2).then_some(0.125),
        severity: severity(number),
        is_new: true,
    }
}

fn attributes(number: u8) -> BTreeMap<String, String> {
    let facts = [
        ("recipe", format!("R-{}", 100 + u32::from(number))),
        ("operator", format!("OP-{number}")),
        ("tool", "etcher 12".to_owned()),
        ("customer_order", "PO-2026-004711".to_owned()),
        ("sampling_plan", "AQL 0.65, level II".to_owned()),
    ];
    facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The event as a writer of the version before has it: what comes of it now is the event again.
pub fn older(event: &NowEvent) -> OldEvent {
    match event.clone() {
        NowEvent::Measured(event) => OldEvent::Measured(old::Measured {
            event_id: event.event_id,
            occurred_at: event.occurred_at,
            correlation_id: event.correlation_id,
            station_id: event.station,
            chip_id: event.chip_id,
            operator: "OP-7".to_owned(),
            value: event.value as f32,
            has_passed: event.has_passed,
            sequence: event.sequence as i32,
            severity: older_severity(event.severity),
        }),
        NowEvent::Assessed(event) => OldEvent::Assessed(old::Assessed {
            event_id: event.event_id,
            occurred_at: event.occurred_at,
            correlation_id: event.correlation_id,
            batch_id: event.batch_id,
            lot_id: event.lot_id,
            chip_id: event.chip_id,
            facility: "Dresden 2".to_owned(),
            inspector_id: event.inspector,
            started_at: event.started_at,
            finished_at: event.finished_at,
            score: event.score,
            severity: older_severity(event.severity),
            cost: event.cost,
            fee: event.fee,
            defects: event.defects.into_iter().map(older_defect).collect(),
            tags: event.tags,
            readings: event.readings.into_iter().map(|reading| reading as i32).collect(),
            attributes: event.attributes,
        }),
    }
}

fn older_severity(severity: Severity) -> old::Severity {
    old::Severity::ALL[severity as usize]
}

fn older_defect(defect: Defect) -> old::Defect {
    old::Defect {
        kind: defect.kind,
        location: defect.location,
        confidence: defect.confidence,
        area: defect.area,
        note: Some("seen twice".to_owned()),
        severity: older_severity(defect.severity),
    }
}

/// The bytes of an event, as a mean.
pub fn mean_length(data: &[Vec<u8>]) -> usize {
    data.iter().map(Vec::len).sum::<usize>() / data.len()
}
