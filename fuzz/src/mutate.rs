//! Other versions of a schema, made of arbitrary bytes.

use arbitrary::{Result, Unstructured};
use serde_json::{Value, json};

/// Changes a schema some times.
pub fn mutate(schema: &mut Value, input: &mut Unstructured<'_>) -> Result<()> {
    for _ in 0..input.int_in_range(0..=6)? {
        let mut count = 0;
        visit(schema, &mut |_| count += 1);
        let chosen = input.int_in_range(0..=count.max(1) - 1)?;
        let (mut index, mut done) = (0, Ok(()));
        visit(schema, &mut |value| {
            if index == chosen {
                done = change(value, input);
            }
            index += 1;
        });
        done?;
    }
    Ok(())
}

/// Calls `see` with each object and array of the schema, the inner ones first.
fn visit(value: &mut Value, see: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, see)),
        Value::Object(members) => members.iter_mut().for_each(|(key, member)| {
            if matches!(key.as_str(), "fields" | "type" | "items" | "values") {
                visit(member, see);
            }
        }),
        _ => return,
    }
    see(value);
}

fn change(value: &mut Value, input: &mut Unstructured<'_>) -> Result<()> {
    match value {
        // Branches of a union, or fields of a record.
        Value::Array(items) if !items.is_empty() => {
            let (one, other) = (input.choose_index(items.len())?, input.choose_index(items.len())?);
            match input.int_in_range(0..=3)? {
                0 => items.swap(one, other),
                1 => drop(items.remove(one)),
                2 => items.insert(one, another(&items[other], input)?),
                _ => items.rotate_left(one),
            }
        }
        Value::Object(members) if members.contains_key("symbols") => {
            if let Some(Value::Array(symbols)) = members.get_mut("symbols") {
                match input.int_in_range(0..=2)? {
                    0 => symbols.push(json!(format!("NEW_{}", input.arbitrary::<u8>()?))),
                    1 if symbols.len() > 1 => drop(symbols.pop()),
                    _ => symbols.reverse(),
                }
            }
            if input.ratio(1, 4)? {
                members.remove("default");
            }
        }
        Value::Object(members) => match input.int_in_range(0..=7)? {
            0 => drop(members.remove("default")),
            1 => drop(members.insert("default".to_owned(), default(input)?)),
            2 => {
                let old =
                    members.insert("name".to_owned(), json!(format!("renamed_{}", input.arbitrary::<u8>()?)));
                if input.arbitrary()? {
                    members.insert("aliases".to_owned(), json!([old]));
                }
            }
            3 => drop(members.insert("type".to_owned(), primitive(input)?)),
            4 => drop(members.insert("logicalType".to_owned(), logical(input)?)),
            5 => drop(members.remove("logicalType")),
            6 => {
                if let Some(ty) = members.get_mut("type").filter(|ty| !is_named(ty)) {
                    *ty = wrapped(ty.take(), input)?;
                }
            }
            _ => drop(members.insert("size".to_owned(), json!(input.int_in_range(0..=40)?))),
        },
        _ => {}
    }
    Ok(())
}

/// Whether the text names the kind of the object that it is in.
fn is_named(ty: &Value) -> bool {
    matches!(ty.as_str(), Some("record" | "enum" | "fixed" | "array" | "map"))
}

fn another(like: &Value, input: &mut Unstructured<'_>) -> Result<Value> {
    // A field where there are fields, else a type.
    if like.get("name").is_some() && like.get("fields").is_none() {
        let mut field =
            json!({"name": format!("added_{}", input.arbitrary::<u8>()?), "type": primitive(input)?});
        if input.ratio(3, 4)? {
            field["default"] = default(input)?;
        }
        return Ok(field);
    }
    primitive(input)
}

fn wrapped(ty: Value, input: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match input.int_in_range(0..=3)? {
        0 => json!(["null", ty]),
        1 => json!([ty, primitive(input)?]),
        2 => json!({"type": "array", "items": ty}),
        _ => json!({"type": "map", "values": ty}),
    })
}

fn primitive(input: &mut Unstructured<'_>) -> Result<Value> {
    const NAMES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
    Ok(json!(*input.choose(&NAMES)?))
}

fn logical(input: &mut Unstructured<'_>) -> Result<Value> {
    const NAMES: [&str; 6] =
        ["timestamp-millis", "timestamp-micros", "date", "uuid", "time-millis", "local-timestamp-nanos"];
    Ok(json!(*input.choose(&NAMES)?))
}

fn default(input: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match input.int_in_range(0..=5)? {
        0 => Value::Null,
        1 => json!(input.arbitrary::<i32>()?),
        2 => json!(input.arbitrary::<&str>()?),
        3 => json!([]),
        4 => json!({}),
        _ => json!(true),
    })
}
