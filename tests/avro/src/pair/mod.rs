//! Random pairs of schemas, of which the one came of the other: what a topic has seen after some releases.

mod change;
mod grow;

use cq_events_schema::normalise;
use serde_json::Value as Json;

use crate::rng::Rng;

/// A reader's schema and a writer's.
#[derive(Clone, Debug)]
pub struct Pair {
    pub reader: Json,
    pub writer: Json,
    /// What was done to one to get the other.
    pub changes: Vec<&'static str>,
}

impl Pair {
    /// The pair of a seed and a number.
    pub fn random(seed: u64, number: u64) -> Self {
        let mut rng = Rng::new(seed, number);
        let before = grow::root(&mut rng);
        let mut after = before.clone();
        let mut changes = Vec::new();
        for _ in 0..1 + rng.below(3) {
            changes.extend(change::random(&mut after, &mut rng));
        }
        // Half of the readers are newer than the writer, half are older.
        let (reader, writer) = if rng.chance(50) { (after, before) } else { (before, after) };
        Self { reader, writer, changes }
    }
}

/// A schema as other implementations are asked about it: each type is defined where it is first used, since they know no
/// references to what comes later; and without logical types, which resolution leaves alone, and of which a long may be
/// no value.
pub fn for_others(schema: &str) -> Json {
    plain(serde_json::from_str(&normalise(schema).expect("a schema")).expect("it is JSON"))
}

fn plain(schema: Json) -> Json {
    match schema {
        Json::Array(items) => items.into_iter().map(plain).collect(),
        Json::Object(members) => members
            .into_iter()
            .filter(|(key, _)| !matches!(key.as_str(), "logicalType" | "precision" | "scale"))
            .map(|(key, value)| if key == "default" { (key, value) } else { (key, plain(value)) })
            .collect(),
        other => other,
    }
}
