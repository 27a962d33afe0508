//! The same events for serde, which both other crates stand on.
//!
//! They get the schemas without logical types, since their own ways to decimals and UUIDs are slower than those here.
//! Timestamps stay numbers for them, which is less than what ours does.

use std::collections::BTreeMap;

use codec_events::now::{self, NowEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields::{Amount, Entries, Id};

/// The events as owned values.
pub type Owned = Event<String, BTreeMap<String, String>>;

/// The events with strings that point into the datum, and maps as our views have them.
pub type Borrowed<'a> = Event<&'a str, Entries<'a>>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event<S, M> {
    #[serde(alias = "codec.now.Measured", alias = "codec.old.Measured")]
    Measured(Measured<S>),
    #[serde(alias = "codec.now.Assessed", alias = "codec.old.Assessed")]
    Assessed(Assessed<S, M>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured<S> {
    event_id: Id,
    occurred_at: i64,
    correlation_id: Option<S>,
    chip_id: S,
    #[serde(alias = "station_id")]
    station: S,
    value: f64,
    has_passed: bool,
    sequence: i64,
    #[serde(default)]
    retries: i32,
    severity: Severity,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessed<S, M> {
    event_id: Id,
    occurred_at: i64,
    correlation_id: Option<S>,
    batch_id: S,
    lot_id: Option<S>,
    chip_id: S,
    #[serde(alias = "inspector_id")]
    inspector: Option<S>,
    started_at: i64,
    finished_at: Option<i64>,
    score: f64,
    cost: Amount<2>,
    fee: Option<Amount<6>>,
    severity: Severity,
    defects: Vec<Defect<S>>,
    readings: Vec<i64>,
    tags: Vec<S>,
    attributes: M,
    #[serde(default)]
    is_final: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Defect<S> {
    kind: S,
    location: S,
    confidence: f64,
    area: Option<f64>,
    severity: Severity,
    #[serde(default = "yes")]
    is_new: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    None,
    Low,
    High,
    Critical,
}

/// A stream's schema without logical types: the same bytes.
pub fn schema(of_stream: &str) -> String {
    let mut schema = serde_json::from_str(of_stream).expect("schemas are JSON");
    remove_logical_types(&mut schema);
    schema.to_string()
}

fn remove_logical_types(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(remove_logical_types),
        Value::Object(parts) => {
            parts.remove("logicalType");
            parts.values_mut().for_each(remove_logical_types);
        }
        _ => {}
    }
}

impl From<&NowEvent> for Owned {
    fn from(event: &NowEvent) -> Self {
        match event {
            NowEvent::Measured(event) => Self::Measured(event.into()),
            NowEvent::Assessed(event) => Self::Assessed(event.into()),
        }
    }
}

impl From<&now::Measured> for Measured<String> {
    fn from(event: &now::Measured) -> Self {
        Self {
            event_id: Id(event.event_id),
            occurred_at: event.occurred_at.as_millisecond(),
            correlation_id: event.correlation_id.clone(),
            chip_id: event.chip_id.clone(),
            station: event.station.clone(),
            value: event.value,
            has_passed: event.has_passed,
            sequence: event.sequence,
            retries: event.retries,
            severity: event.severity.into(),
        }
    }
}

impl From<&now::Assessed> for Assessed<String, BTreeMap<String, String>> {
    fn from(event: &now::Assessed) -> Self {
        Self {
            event_id: Id(event.event_id),
            occurred_at: event.occurred_at.as_millisecond(),
            correlation_id: event.correlation_id.clone(),
            batch_id: event.batch_id.clone(),
            lot_id: event.lot_id.clone(),
            chip_id: event.chip_id.clone(),
            inspector: event.inspector.clone(),
            started_at: event.started_at.as_microsecond(),
            finished_at: event.finished_at.map(|time| time.as_microsecond()),
            score: event.score,
            cost: Amount(event.cost),
            fee: event.fee.map(Amount),
            severity: event.severity.into(),
            defects: event.defects.iter().map(Defect::from).collect(),
            readings: event.readings.clone(),
            tags: event.tags.clone(),
            attributes: event.attributes.clone(),
            is_final: event.is_final,
        }
    }
}

impl From<&now::Defect> for Defect<String> {
    fn from(defect: &now::Defect) -> Self {
        Self {
            kind: defect.kind.clone(),
            location: defect.location.clone(),
            confidence: defect.confidence,
            area: defect.area,
            severity: defect.severity.into(),
            is_new: defect.is_new,
        }
    }
}

impl From<now::Severity> for Severity {
    fn from(severity: now::Severity) -> Self {
        match severity {
            now::Severity::None => Self::None,
            now::Severity::Low => Self::Low,
            now::Severity::High => Self::High,
            now::Severity::Critical => Self::Critical,
        }
    }
}
