//! The registry without a server, request by request; and the server.

mod compatibility;
mod deleting;
mod memory;
mod references;
mod registering;
mod server;
mod settings;

use serde_json::{Value, json};

use super::MemoryRegistry;
use super::request::Request;

/// A record `a.R` with these fields.
fn record(fields: &[Value]) -> String {
    json!({ "type": "record", "name": "R", "namespace": "a", "fields": fields }).to_string()
}

/// A field of type int.
fn int(name: &str) -> Value {
    json!({ "name": name, "type": "int" })
}

/// A record of so many fields, where each later one has a default.
fn grown(fields: usize) -> String {
    let later = |index| json!({ "name": format!("f{index}"), "type": "int", "default": 0 });
    let fields: Vec<Value> = std::iter::once(int("f0")).chain((1..fields).map(later)).collect();
    record(&fields)
}

/// Asks with a body, and returns the status and the JSON.
fn ask(registry: &MemoryRegistry, method: &str, target: &str, body: &Value) -> (u16, Value) {
    let answer = registry.answer(&Request::new(method, target, body.to_string()));
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

fn get(registry: &MemoryRegistry, target: &str) -> (u16, Value) {
    ask(registry, "GET", target, &Value::Null)
}

fn delete(registry: &MemoryRegistry, target: &str) -> (u16, Value) {
    ask(registry, "DELETE", target, &Value::Null)
}

/// Registers a schema, and returns its id.
fn register(registry: &MemoryRegistry, subject: &str, schema: &str) -> Value {
    let (status, answer) = post(registry, &format!("/subjects/{subject}/versions"), schema);
    assert_eq!(status, 200, "{answer}");
    answer["id"].clone()
}

/// Posts a schema without references.
fn post(registry: &MemoryRegistry, target: &str, schema: &str) -> (u16, Value) {
    ask(registry, "POST", target, &json!({ "schema": schema }))
}

/// The status and the code of a refusal, whose message has `words`.
fn refused((status, answer): (u16, Value), words: &str) -> (u16, u64) {
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
    (status, answer["error_code"].as_u64().unwrap())
}
