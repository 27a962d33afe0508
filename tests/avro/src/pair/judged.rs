//! What this project makes of a pair.

use std::collections::BTreeSet;

use cq_events::codec::{DecodeLimits, Transcoder};
use cq_events_schema::{Rule, Schemas, incompatibilities};
use serde_json::{Value as Json, json};

use super::{Data, Pair};
use crate::answer::hex;
use crate::rng::Rng;

/// The reader's datum, or why there is none.
pub type Transcoded = Result<Vec<u8>, String>;

/// A pair with what this project makes of it.
pub struct Judged {
    pub number: usize,
    pub pair: Pair,
    pub reader: Json,
    pub writer: Json,
    /// What is wrong.
    pub rules: BTreeSet<Rule>,
    /// What is wrong where no type has a logical type.
    pub plain_rules: BTreeSet<Rule>,
    /// Data of the writer's, and what becomes of them.
    pub data: Vec<(Vec<u8>, Transcoded)>,
}

impl Judged {
    /// The pair of a number.
    pub fn new(seed: u64, number: usize) -> Self {
        let pair = Pair::random(seed, number);
        let (reader, writer) = (pair.reader.text(), pair.writer.text());
        let rules = broken(&reader, &writer);
        let plain_rules = broken(&without_logical(&reader), &without_logical(&writer));
        let transcoder = Transcoder::new(&reader.to_string(), &writer.to_string()).expect("they are schemas");
        let transcode = |datum: Vec<u8>| {
            let mut out = Vec::new();
            let done = transcoder.transcode(&datum, DecodeLimits::DEFAULT, &mut out);
            (datum, done.map(|()| out).map_err(|error| error.to_string()))
        };
        let mut draw = Data::new(&pair.writer, Rng::new(!seed, number as u64));
        let mut data: Vec<_> = draw.some(3, 10).into_iter().map(transcode).collect();
        // What the checker refuses is to be refused for some value, which may be long in coming.
        if !rules.is_empty() && data.iter().all(|(_, ours)| ours.is_ok()) {
            data.extend((0..500).map(|_| transcode(draw.datum())).find(|(_, ours)| ours.is_err()));
        }
        Self { number, pair, reader, writer, rules, plain_rules, data }
    }

    /// What to ask `pairs.py` of it.
    pub fn question(&self) -> Json {
        let data: Vec<Json> = self
            .data
            .iter()
            .map(|(datum, ours)| json!([hex(datum), ours.as_ref().ok().map(|ours| hex(ours))]))
            .collect();
        json!({"reader": self.reader, "writer": self.writer, "data": data})
    }
}

fn broken(reader: &Json, writer: &Json) -> BTreeSet<Rule> {
    let parse = |schema: &Json| {
        Schemas::parse_text("schema", &schema.to_string())
            .unwrap_or_else(|errors| panic!("{schema} is no schema: {errors}"))
    };
    incompatibilities(&parse(reader), &parse(writer)).into_iter().map(|finding| finding.rule).collect()
}

fn without_logical(schema: &Json) -> Json {
    match schema {
        Json::Array(items) => items.iter().map(without_logical).collect(),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .filter(|(key, _)| *key != "logicalType")
                .map(|(key, value)| (key.clone(), without_logical(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}
