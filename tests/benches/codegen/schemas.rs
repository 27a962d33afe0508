//! Streams like the platform's: ten events each, of about ten fields, with enums, a nested record and logical types.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

const EVENTS_PER_STREAM: usize = 10;

/// Which version of the schemas: the second has one more line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Version {
    First,
    Edited,
}

/// Writes `streams.toml` and its `.avsc` files into the folder. Only files that differ are written.
pub fn write(folder: &Path, events: usize, version: Version, with_serde: bool) {
    let mut streams = String::new();
    for stream in 0..events.div_ceil(EVENTS_PER_STREAM) {
        let serde = if with_serde { "serde = true\n" } else { "" };
        streams += &format!(
            "[stream.line{stream}]\nschema = \"line{stream}.avsc\"\ntopic = \"bench.line{stream}\"\n{serde}\n"
        );
        let first = stream * EVENTS_PER_STREAM;
        let last = events.min(first + EVENTS_PER_STREAM);
        let union: Vec<Value> = (first..last)
            .map(|index| event(stream, index, version == Version::Edited && index == 0))
            .collect();
        let text = serde_json::to_string_pretty(&union).expect("JSON");
        update(&folder.join(format!("line{stream}.avsc")), &text);
    }
    update(&folder.join("streams.toml"), &streams);
}

/// Writes a file, unless it has this content: cargo goes by the time of the last change.
pub fn update(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return;
    }
    fs::write(path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

/// One event. The first of a stream defines the stream's types, and the others refer to them.
fn event(stream: usize, index: usize, edited: bool) -> Value {
    let is_first = index.is_multiple_of(EVENTS_PER_STREAM);
    let mut fields = vec![
        field("event_id", json!({"type": "string", "logicalType": "uuid"}), json!({"cq.role": "event_id"})),
        field(
            "occurred_at",
            json!({"type": "long", "logicalType": "timestamp-millis"}),
            json!({"cq.role": "occurred_at"}),
        ),
        field(
            "correlation_id",
            json!(["null", "string"]),
            json!({"default": null, "cq.role": "correlation_id"}),
        ),
        field("batch_id", json!("string"), json!({})),
        field("site", json!("string"), json!({"default": "DRESDEN"})),
        field("units", json!("int"), json!({})),
        field("state", if is_first { state() } else { json!("State") }, json!({"default": "IDLE"})),
        field("remark", json!(["null", "string"]), json!({"default": null})),
    ];
    fields.extend(match index % 3 {
        0 => [
            field("place", if is_first { place() } else { json!("Place") }, json!({})),
            field("tags", json!({"type": "array", "items": "string"}), json!({"default": []})),
        ],
        1 => [
            field("yield_percent", json!("double"), json!({})),
            field(
                "due_on",
                json!(["null", {"type": "int", "logicalType": "date"}]),
                json!({"default": null}),
            ),
        ],
        _ => [
            field(
                "cost",
                json!(["null", {"type": "bytes", "logicalType": "decimal", "precision": 14, "scale": 2}]),
                json!({"default": null}),
            ),
            field("counts", json!({"type": "map", "values": "long"}), json!({"default": {}})),
        ],
    });
    // The types that every event of the stream refers to are defined in its first event, whatever its number.
    if is_first && !index.is_multiple_of(3) {
        fields.push(field("place", place(), json!({})));
    }
    if edited {
        fields.push(field("note", json!(["null", "string"]), json!({"default": null})));
    }
    json!({
        "type": "record", "name": format!("Step{index}Completed"), "namespace": format!("bench.line{stream}"),
        "doc": format!("Step {index} of the line was completed."), "cq.key": "batch_id", "fields": fields,
    })
}

fn field(name: &str, ty: Value, more: Value) -> Value {
    let mut field = json!({"name": name, "type": ty, "doc": format!("What is known of the {name}.")});
    if let (Value::Object(field), Value::Object(more)) = (&mut field, more) {
        field.extend(more);
    }
    field
}

fn state() -> Value {
    json!({"type": "enum", "name": "State", "doc": "State of the line.",
        "symbols": ["IDLE", "RUNNING", "PAUSED", "FAILED", "IN_MAINTENANCE"], "default": "IDLE"})
}

fn place() -> Value {
    json!({"type": "record", "name": "Place", "doc": "Where on the line.", "fields": [
        field("line_id", json!("string"), json!({})),
        field("position", json!("int"), json!({})),
        field("operator", json!(["null", "string"]), json!({"default": null})),
    ]})
}
