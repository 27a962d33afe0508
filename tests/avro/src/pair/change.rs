//! What releases do to a schema, for good and for bad.

use serde_json::{Map, Value as Json, json};

use super::grow::{self, label};
use crate::rng::Rng;

/// Makes a random change somewhere, and tells which; nothing where there is no place for the one that was chosen.
pub(super) fn random(schema: &mut Json, rng: &mut Rng) -> Option<&'static str> {
    let (name, kind, change) = *rng.pick(&CHANGES);
    let mut places = 0;
    visit(schema, &mut |value| places += usize::from(kind.is(value)));
    if places == 0 {
        return None;
    }
    // Not every place of the kind will do.
    for _ in 0..8 {
        let (chosen, mut place, mut done, mut renamed) = (rng.below(places), 0, None, None);
        visit(schema, &mut |value| {
            if kind.is(value) {
                if place == chosen {
                    let before = value["name"].clone();
                    done = change(value, rng);
                    // Where else the type is used, it has its new name.
                    if kind == Kind::Named && value["name"] != before {
                        renamed = Some((before, value["name"].clone()));
                    }
                }
                place += 1;
            }
        });
        if let Some((old, new)) = renamed {
            visit(schema, &mut |value| refer(value, &old, &new));
        }
        if done.is_some() {
            return Some(name);
        }
    }
    None
}

/// Where a change can be made.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Record,
    Field,
    Enum,
    Fixed,
    /// A record, an enum or a fixed.
    Named,
    Union,
}

impl Kind {
    fn is(self, value: &Json) -> bool {
        let is_type = |name: &str| value.get("type").and_then(Json::as_str) == Some(name);
        let (is_record, is_enum, is_fixed) =
            (value.get("fields").is_some(), value.get("symbols").is_some(), is_type("fixed"));
        match self {
            Self::Record => is_record,
            Self::Enum => is_enum,
            Self::Fixed => is_fixed,
            Self::Named => is_record || is_enum || is_fixed,
            Self::Field => value.get("name").is_some() && !is_record && !is_enum && !is_fixed,
            Self::Union => {
                value.as_array().is_some_and(|branches| branches.iter().all(|branch| !Self::Field.is(branch)))
            }
        }
    }
}

type Change = fn(&mut Json, &mut Rng) -> Option<()>;

const CHANGES: [(&str, Kind, Change); 26] = [
    ("field added with a default", Kind::Record, |record, rng| add_field(record, rng, true)),
    ("field added without a default", Kind::Record, |record, rng| add_field(record, rng, false)),
    ("field removed", Kind::Record, |record, rng| {
        let fields = fields(record)?;
        fields.remove(rng.below(fields.len()));
        (!fields.is_empty()).then_some(())
    }),
    ("fields in another order", Kind::Record, |record, rng| {
        let fields = fields(record)?;
        let count = fields.len();
        fields.swap(rng.below(count), rng.below(count));
        Some(())
    }),
    ("field renamed with an alias", Kind::Field, |field, rng| {
        let old = field["name"].clone();
        field["name"] = json!(format!("g{}", rng.below(1_000)));
        field["aliases"] = json!(["unused", old]);
        Some(())
    }),
    ("field renamed without an alias", Kind::Field, |field, rng| {
        field["name"] = json!(format!("h{}", rng.below(1_000)));
        Some(())
    }),
    ("default removed", Kind::Field, |field, _| field.as_object_mut()?.remove("default").map(drop)),
    ("type renamed with an alias", Kind::Named, |named, rng| {
        let old = named["name"].clone();
        named["name"] = json!(format!("n.N{}", rng.below(1_000)));
        named["aliases"] = json!([old]);
        Some(())
    }),
    ("type renamed without an alias", Kind::Named, |named, rng| {
        named["name"] = json!(format!("n.M{}", rng.below(1_000)));
        Some(())
    }),
    ("namespace changed", Kind::Named, |named, _| {
        named["name"] = json!(named["name"].as_str()?.replacen("n.", "m.", 1));
        Some(())
    }),
    ("number widened", Kind::Field, |field, rng| {
        let wider: &[&str] = match field["type"].as_str()? {
            "int" => &["long", "float", "double"],
            "long" => &["float", "double"],
            "float" => &["double"],
            _ => return None,
        };
        retype(field, json!(rng.pick(wider)))
    }),
    ("text to bytes, or back", Kind::Field, |field, _| {
        let other = match field["type"].as_str()? {
            "string" => "bytes",
            "bytes" => "string",
            _ => return None,
        };
        retype(field, json!(other))
    }),
    ("another type", Kind::Field, |field, rng| {
        let ty = grow::small(rng, 500);
        retype(field, ty)
    }),
    ("made nullable", Kind::Field, |field, rng| {
        let ty = field["type"].take();
        let is_union = ty.is_array() || ty == "null";
        field["type"] = if is_union {
            ty
        } else if rng.chance(70) {
            json!(["null", ty])
        } else {
            json!([ty, "null"])
        };
        field.as_object_mut()?.remove("default");
        (!is_union).then_some(())
    }),
    ("made one of many", Kind::Field, |field, rng| {
        let ty = field["type"].take();
        let other = json!(rng.pick(&["null", "int", "long", "double", "string", "bytes"]));
        let is_union = ty.is_array() || label(&ty) == label(&other);
        field["type"] = if is_union { ty } else { json!([other, ty]) };
        field.as_object_mut()?.remove("default");
        (!is_union).then_some(())
    }),
    ("branch added", Kind::Union, |union, rng| {
        let ty = json!(rng.pick(&["null", "int", "long", "double", "string", "bytes", "boolean"]));
        let branches = union.as_array_mut()?;
        if branches.iter().any(|branch| label(branch) == label(&ty)) {
            return None;
        }
        // In front, a default would be none of its first branch's.
        let at = 1 + rng.below(branches.len());
        branches.insert(at, ty);
        Some(())
    }),
    ("branch removed", Kind::Union, |union, rng| {
        let branches = union.as_array_mut()?;
        if branches.len() < 2 {
            return None;
        }
        branches.remove(1 + rng.below(branches.len() - 1));
        Some(())
    }),
    ("branches in another order", Kind::Union, |union, _| {
        let branches = union.as_array_mut()?;
        let rest = branches.get_mut(1..)?;
        rest.rotate_left(usize::from(!rest.is_empty()));
        Some(())
    }),
    ("symbol added", Kind::Enum, |symbols, rng| {
        let symbols = symbols["symbols"].as_array_mut()?;
        let at = rng.below(symbols.len() + 1);
        symbols.insert(at, json!(format!("T{}", rng.below(1_000))));
        Some(())
    }),
    ("symbol removed", Kind::Enum, |symbols, _| {
        let symbols = symbols["symbols"].as_array_mut()?;
        (symbols.len() > 1).then(|| symbols.pop()).map(drop)
    }),
    ("symbols in another order", Kind::Enum, |symbols, _| {
        symbols["symbols"].as_array_mut()?.reverse();
        Some(())
    }),
    ("default symbol added or removed", Kind::Enum, |symbols, _| {
        if symbols.as_object_mut()?.remove("default").is_none() {
            symbols["default"] = symbols["symbols"][0].clone();
        }
        Some(())
    }),
    ("another size", Kind::Fixed, |fixed, rng| {
        fixed["size"] = json!(4 + rng.below(3));
        Some(())
    }),
    ("another kind of named type", Kind::Named, |named, _| {
        let name = named["name"].take();
        *named = match named.get("size") {
            Some(_) => json!({"type": "enum", "name": name, "symbols": ["S0"]}),
            None => json!({"type": "fixed", "name": name, "size": 1}),
        };
        Some(())
    }),
    ("another logical type", Kind::Field, |field, rng| {
        let ty = field["type"].as_object_mut()?;
        match ty.get("logicalType")?.as_str()? {
            "decimal" => {
                let key = *rng.pick(&["precision", "scale"]);
                let more = ty[key].as_u64()? + 1;
                ty[key] = json!(more);
            }
            name if ty["type"] == "long" => {
                let other = rng.pick(&["timestamp-millis", "timestamp-micros", "time-micros"]);
                if *other == name {
                    return None;
                }
                ty["logicalType"] = json!(other);
            }
            _ => return None,
        }
        field.as_object_mut()?.remove("default");
        Some(())
    }),
    ("logical type taken away", Kind::Field, |field, _| {
        let plain = field["type"].as_object().filter(|ty| ty.contains_key("logicalType"))?["type"].clone();
        field["type"] = plain;
        Some(())
    }),
];

fn fields(record: &mut Json) -> Option<&mut Vec<Json>> {
    record["fields"].as_array_mut().filter(|fields| !fields.is_empty())
}

fn add_field(record: &mut Json, rng: &mut Rng, has_default: bool) -> Option<()> {
    let mut field = json!({"name": format!("n{}", rng.below(10_000)), "type": grow::small(rng, 1_000)});
    if has_default {
        field["default"] = grow::default(&field["type"], &Map::new())?;
    }
    let fields = fields(record)?;
    let at = rng.below(fields.len() + 1);
    fields.insert(at, field);
    Some(())
}

/// Gives a field another type, and a default of that where it had one.
fn retype(field: &mut Json, ty: Json) -> Option<()> {
    let default = grow::default(&ty, &Map::new());
    if let Some(old) = field.get_mut("default") {
        *old = default?;
    }
    field["type"] = ty;
    Some(())
}

/// Calls `see` with everything of a schema that may be changed, the inner parts first.
fn visit(value: &mut Json, see: &mut dyn FnMut(&mut Json)) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| visit(item, see)),
        Json::Object(members) => {
            for key in ["fields", "type", "items", "values"] {
                if let Some(member) = members.get_mut(key).filter(|member| !member.is_string()) {
                    // The list of fields is no union.
                    match member {
                        Json::Array(fields) if key == "fields" => {
                            fields.iter_mut().for_each(|field| visit(field, see));
                        }
                        member => visit(member, see),
                    }
                }
            }
        }
        _ => return,
    }
    see(value);
}

/// Replaces references to a type.
fn refer(value: &mut Json, old: &Json, new: &Json) {
    match value {
        Json::Array(items) => {
            items.iter_mut().filter(|item| **item == *old).for_each(|item| *item = new.clone())
        }
        Json::Object(members) => {
            for key in ["type", "items", "values"] {
                if let Some(member) = members.get_mut(key).filter(|member| **member == *old) {
                    *member = new.clone();
                }
            }
        }
        _ => {}
    }
}
