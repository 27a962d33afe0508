//! Random schemas.

use serde_json::{Map, Value as Json, json};

use crate::rng::Rng;

const DEPTH: usize = 4;
const PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

/// A schema: mostly a record, or a union of records.
pub(super) fn root(rng: &mut Rng) -> Json {
    let mut grower = Grower { rng, names: Vec::new(), open: Vec::new(), last: 0 };
    match grower.rng.below(10) {
        0..6 => grower.record(0),
        6..9 => {
            let count = 2 + grower.rng.below(3);
            Json::Array((0..count).map(|_| grower.record(0)).collect())
        }
        _ => grower.ty(0),
    }
}

/// A type for a field that is added.
pub(super) fn small(rng: &mut Rng, names: usize) -> Json {
    Grower { rng, names: Vec::new(), open: Vec::new(), last: names }.ty(DEPTH - 2)
}

struct Grower<'a> {
    rng: &'a mut Rng,
    /// Types that can be referred to.
    names: Vec<String>,
    /// Records that are not complete: a reference to one is recursive.
    open: Vec<String>,
    last: usize,
}

impl Grower<'_> {
    fn name(&mut self, kind: &str) -> String {
        self.last += 1;
        format!("n.{kind}{}", self.last)
    }

    fn ty(&mut self, depth: usize) -> Json {
        let most = if depth >= DEPTH { 5 } else { 12 };
        match self.rng.below(most) {
            0..2 => json!(*self.rng.pick(&PRIMITIVES)),
            2 | 3 => logical(self.rng),
            4 => self.named(),
            5 => json!({"type": "array", "items": self.ty(depth + 1)}),
            6 => json!({"type": "map", "values": self.ty(depth + 1)}),
            7 | 8 => self.nullable(depth),
            9 => self.union(depth),
            10 => self.record(depth),
            _ => self.recursion().unwrap_or_else(|| self.record(depth)),
        }
    }

    /// A reference to a type, an enum or a fixed.
    fn named(&mut self) -> Json {
        if !self.names.is_empty() && self.rng.chance(40) {
            return json!(self.rng.pick(&self.names));
        }
        let schema = if self.rng.chance(60) {
            let count = 1 + self.rng.below(4);
            let symbols: Vec<String> = (0..count).map(|index| format!("S{index}")).collect();
            let mut schema = json!({"type": "enum", "name": self.name("E"), "symbols": symbols});
            if self.rng.chance(30) {
                schema["default"] = json!("S0");
            }
            schema
        } else {
            json!({"type": "fixed", "name": self.name("F"), "size": self.rng.below(4)})
        };
        self.names.extend(schema["name"].as_str().map(str::to_owned));
        schema
    }

    fn nullable(&mut self, depth: usize) -> Json {
        let inner = self.branch(depth + 1);
        match (inner == "null", self.rng.chance(70)) {
            (true, _) => json!(["null"]),
            (_, true) => json!(["null", inner]),
            (_, false) => json!([inner, "null"]),
        }
    }

    fn union(&mut self, depth: usize) -> Json {
        let mut branches: Vec<Json> = Vec::new();
        for _ in 0..2 + self.rng.below(3) {
            let branch = self.branch(depth + 1);
            if branches.iter().all(|other| label(other) != label(&branch)) {
                branches.push(branch);
            }
        }
        Json::Array(branches)
    }

    /// What may stand in a union.
    fn branch(&mut self, depth: usize) -> Json {
        loop {
            let ty = self.ty(depth);
            if !ty.is_array() {
                return ty;
            }
        }
    }

    fn record(&mut self, depth: usize) -> Json {
        let name = self.name("R");
        self.open.push(name.clone());
        let mut fields = Vec::new();
        for index in 0..1 + self.rng.below(5) {
            let ty = self.ty(depth + 1);
            let mut field = json!({"name": format!("f{index}"), "type": ty});
            if self.rng.chance(25)
                && let Some(default) = default(&field["type"], &Map::new())
            {
                field["default"] = default;
            }
            fields.push(field);
        }
        self.open.pop();
        self.names.push(name.clone());
        json!({"type": "record", "name": name, "fields": fields})
    }

    fn recursion(&mut self) -> Option<Json> {
        let name = json!(self.open.last()?);
        Some(match self.rng.below(3) {
            0 => json!(["null", name]),
            1 => json!({"type": "array", "items": name}),
            _ => json!({"type": "map", "values": name}),
        })
    }
}

/// A primitive type with a logical one.
pub(super) fn logical(rng: &mut Rng) -> Json {
    let long = ["timestamp-millis", "timestamp-micros", "time-micros", "local-timestamp-millis"];
    match rng.below(6) {
        0..3 => json!({"type": "long", "logicalType": rng.pick(&long)}),
        3 => json!({"type": "int", "logicalType": rng.pick(&["date", "time-millis"])}),
        4 => json!({"type": "string", "logicalType": "uuid"}),
        _ => {
            let scale = rng.below(3);
            json!({"type": "bytes", "logicalType": "decimal", "precision": scale + 1 + rng.below(6), "scale": scale})
        }
    }
}

/// What no two branches of a union have in common.
pub(super) fn label(ty: &Json) -> String {
    let text = |key: &str| ty.get(key).and_then(Json::as_str).map(str::to_owned);
    text("name").or_else(|| text("type")).or_else(|| ty.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A default of a type, if it can be told without looking further than `named`.
pub(super) fn default(ty: &Json, named: &Map<String, Json>) -> Option<Json> {
    let kind = match ty {
        Json::Array(branches) => return default(branches.first()?, named),
        Json::String(name) => name.as_str(),
        ty => ty.get("type")?.as_str()?,
    };
    Some(match kind {
        "null" => Json::Null,
        "boolean" => json!(true),
        "int" | "long" => json!(3),
        "float" | "double" => json!(1.5),
        "bytes" => json!("\u{1}"),
        "string" if ty.get("logicalType").is_some() => json!("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        "string" => json!("d"),
        "array" => match ty.get("items").and_then(|items| default(items, named)) {
            Some(item) => json!([item]),
            None => json!([]),
        },
        "map" => json!({}),
        "enum" => ty["symbols"].get(0)?.clone(),
        "fixed" => json!("\u{fe}".repeat(usize::try_from(ty["size"].as_u64()?).ok()?)),
        "record" => {
            let mut members = Map::new();
            for field in ty["fields"].as_array()? {
                // A field that has a default of its own is left out.
                if field.get("default").is_none() {
                    members.insert(field["name"].as_str()?.to_owned(), default(&field["type"], named)?);
                }
            }
            Json::Object(members)
        }
        name => return default(named.get(name)?, named),
    })
}
