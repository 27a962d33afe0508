//! Events of random data, each with its JSON form.

use cq_events::codec::{self, DecodeLimits, Resolution, Resolved, decode_resolved};
use cq_events::event::EventStream;
use cq_events_avro_tests::apache::Apache;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::values::Values;

/// An event and its form.
#[derive(Clone, Debug)]
pub struct Sample<S> {
    pub event: S,
    pub form: Json,
}

/// What apache-avro makes of a stream's events.
pub struct Samples(Apache);

impl Samples {
    /// By a stream's schema.
    pub fn of<S: EventStream>() -> Self {
        let schema = serde_json::from_str(S::STREAM.schema).expect("the assembled schema is JSON");
        Self(Apache::without_defaults(&schema).expect("apache-avro takes the schema"))
    }

    /// So many events of each type: every seed has others.
    pub fn draw<S: EventStream>(&self, each: usize, seed: u64) -> Vec<Sample<S>> {
        let mut values = Values::new(S::STREAM.schema, seed);
        let branches = (0..S::STREAM.events.len()).flat_map(|branch| std::iter::repeat_n(branch, each));
        branches
            .map(|branch| {
                let datum = values.event(branch);
                let event = codec::decode(&datum, DecodeLimits::DEFAULT).expect("data of the schema");
                Sample { event, form: self.read(&datum) }
            })
            .collect()
    }

    /// The event of a form.
    pub fn make<S: DeserializeOwned>(form: Json) -> Sample<S> {
        Sample { event: serde_json::from_value(form.clone()).expect("a form of the stream"), form }
    }

    /// The form of an event, by way of the bytes that it is written as.
    pub fn form<S: EventStream>(&self, event: &S) -> Json {
        let mut datum = Vec::new();
        codec::encode(event, &mut datum).expect("it has an encoding");
        self.read(&datum)
    }

    fn read(&self, datum: &[u8]) -> Json {
        let value = self.0.decode(datum).expect("apache-avro reads the data");
        self.0.form(&value).expect("apache-avro reads what has a form")
    }
}

/// An event of an older stream, as a newer one reads it.
pub fn resolved<Old: EventStream, New: EventStream>(event: &Old) -> New {
    let mut datum = Vec::new();
    codec::encode(event, &mut datum).expect("it has an encoding");
    let resolution = Resolution::new(New::STREAM.schema, Old::STREAM.schema).expect("two schemas");
    match decode_resolved(&datum, &resolution, DecodeLimits::DEFAULT, &mut Vec::new()) {
        Ok(Resolved::Event(event)) => event,
        other => panic!("it is no event of the newer stream: {:?}", other.map(|_| "unknown")),
    }
}

#[cfg(test)]
mod tests {
    use kinds_events::kinds::KindsEvent;

    use super::*;

    /// As many as a test publishes: each of their fields that may be null is so, and is not.
    #[test]
    fn twenty_events_have_each_field_with_and_without_a_value() {
        let forms: Vec<Json> = Samples::of::<KindsEvent>()
            .draw::<KindsEvent>(20, 6)
            .into_iter()
            .map(|sample| sample.form)
            .collect();
        let records = forms.iter().filter_map(|form| form.get("interop.kinds.Optional")?.as_object());
        let mut found = std::collections::BTreeMap::<&str, [usize; 2]>::new();
        for (field, value) in records.flatten() {
            found.entry(field).or_default()[usize::from(value.is_null())] += 1;
        }
        for required in ["event_id", "occurred_at", "key"] {
            assert_eq!(found.remove(required).map(|[_, null]| null), Some(0), "{required}");
        }
        assert!(found.len() > 25 && found.values().all(|counts| !counts.contains(&0)), "{found:?}");
    }

    #[test]
    fn a_form_is_that_of_the_event_s_fields() {
        for sample in Samples::of::<KindsEvent>().draw::<KindsEvent>(200, 1) {
            let form = serde_json::to_value(&sample.event).expect("it has a form");
            assert_eq!(form.to_string(), sample.form.to_string());
        }
    }
}
