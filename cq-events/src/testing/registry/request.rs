//! A request of a client, without the network: what it asks for, and with what.

use cq_events_schema::Level;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::refusal::Refusal;
use super::schema::{Reference, Submission};
use super::settings::Mode;
use super::state::{Number, Wanted};

/// A request as it came, decoded.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// `target`: path and query, as they stand in the request.
    pub(super) fn new(method: &str, target: &str, body: impl Into<Vec<u8>>) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.trim_matches('/').split('/').map(decoded).collect();
        let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&key.replace('+', " ")), decoded(&value.replace('+', " ")))
        });
        Self { method: method.to_owned(), path, query: query.collect(), body: body.into() }
    }

    /// The parts of the path.
    pub(super) fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    pub(super) fn query(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Whether a switch is on in the query.
    pub(super) fn has(&self, key: &str) -> bool {
        self.query(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The part of a list that is asked for.
    pub(super) fn page<T>(&self, items: impl Iterator<Item = T>) -> Vec<T> {
        let number = |key| self.query(key).and_then(|value| value.parse::<i64>().ok());
        let offset = number("offset").and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
        let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        items.skip(offset).take(limit).collect()
    }

    fn json(&self) -> Result<Value, Refusal> {
        let body = serde_json::from_slice(&self.body);
        let body: Value = body.map_err(|error| Refusal::bad_request(format!("no valid JSON: {error}")))?;
        if body.is_object() { Ok(body) } else { Err(Refusal::bad_request("the body is no JSON object")) }
    }

    /// The schema in the body.
    pub(super) fn submission(&self) -> Result<Submission, Refusal> {
        let body = self.json()?;
        let kind = present(&body, "schemaType").and_then(Value::as_str).unwrap_or("AVRO");
        if kind != "AVRO" {
            return Err(Refusal::invalid_schema(format!(
                "Invalid schema type {kind}: this registry in memory has AVRO alone"
            )));
        }
        if let Some(key) = ["metadata", "ruleSet"].into_iter().find(|key| present(&body, key).is_some()) {
            return Err(Refusal::invalid_schema(format!(
                "this registry in memory has no support for `{key}`"
            )));
        }
        let references = present(&body, "references").and_then(Value::as_array).map(Vec::as_slice);
        let references = references.unwrap_or_default().iter().map(reference);
        let number = |key| {
            let number = present(&body, key).and_then(Value::as_i64);
            number.and_then(|number| Number::try_from(number).ok()).filter(|number| *number > 0)
        };
        Ok(Submission {
            text: present(&body, "schema").and_then(Value::as_str).unwrap_or_default().to_owned(),
            references: references.collect::<Result<_, _>>()?,
            id: number("id").and_then(|id| u32::try_from(id).ok()),
            version: number("version"),
        })
    }

    /// The level in the body.
    pub(super) fn level(&self) -> Result<Level, Refusal> {
        let body = self.json()?;
        let name = present(&body, "compatibility").and_then(Value::as_str).unwrap_or_default();
        Level::of_name(&name.to_uppercase()).ok_or_else(Refusal::invalid_level)
    }

    /// The mode in the body.
    pub(super) fn mode(&self) -> Result<Mode, Refusal> {
        let body = self.json()?;
        let name = present(&body, "mode").and_then(Value::as_str).unwrap_or_default();
        Mode::of_name(name).ok_or_else(Refusal::invalid_mode)
    }
}

/// A key that is there, and neither null nor empty.
fn present<'a>(body: &'a Value, key: &str) -> Option<&'a Value> {
    let value = body.get(key)?;
    let is_empty = value.is_null()
        || value.as_object().is_some_and(serde_json::Map::is_empty)
        || value.as_array().is_some_and(Vec::is_empty);
    (!is_empty).then_some(value)
}

fn reference(json: &Value) -> Result<Reference, Refusal> {
    let text = |key| json.get(key).and_then(Value::as_str).map(str::to_owned);
    let version = json.get("version").and_then(Value::as_i64).and_then(|it| Number::try_from(it).ok());
    match (text("name"), text("subject"), version) {
        (Some(name), Some(subject), Some(version)) => {
            Ok(Reference { name, subject: subject_name(&subject)?, version })
        }
        _ => Err(Refusal::invalid_schema(format!(
            "a reference has a name, a subject and a version, and not {json}"
        ))),
    }
}

/// The name of a subject, without the default context in front of it. There are no other contexts here.
pub(super) fn subject_name(name: &str) -> Result<String, Refusal> {
    let plain = name.strip_prefix(":.:").unwrap_or(name);
    let is_reserved = plain.is_empty() || plain.starts_with(":.") || ["__GLOBAL", "__EMPTY"].contains(&plain);
    if is_reserved || plain.chars().any(char::is_control) {
        return Err(Refusal::invalid_subject(name));
    }
    Ok(plain.to_owned())
}

/// A version in a path: its number, or `latest`.
pub(super) fn wanted(text: &str) -> Result<Wanted, Refusal> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("latest") || text == "-1" {
        return Ok(Wanted::Latest);
    }
    let number = text.parse().ok().filter(|number| *number > 0);
    number.map(Wanted::Number).ok_or_else(|| Refusal::invalid_version(text))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
