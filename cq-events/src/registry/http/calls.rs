//! The calls of Confluent's REST API that are made.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::registry::{RegistryError, SchemaId};

/// All but what RFC 3986 calls unreserved: a subject may hold anything.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Encoded, beginning with a slash.
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

impl Call {
    /// Dots in a path are folded, and what is empty is passed over: another call would be made.
    pub(super) fn check(&self, wrong: impl FnOnce(&str) -> RegistryError) -> Result<(), RegistryError> {
        let path = self.path.split('?').next().unwrap_or_default();
        let folds = path.split('/').skip(1).any(|segment| matches!(segment, "" | "." | ".."));
        if folds {
            Err(wrong("nothing: it was not asked, since no subject may be empty, `.` or `..`"))
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

fn get(path: String) -> Call {
    Call { method: Method::GET, path, body: None }
}

fn post(path: String, body: Value) -> Call {
    Call { method: Method::POST, path, body: Some(body) }
}

fn segment(text: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(text, SEGMENT)
}

pub(super) fn schema_of(id: SchemaId) -> Call {
    get(format!("/schemas/ids/{id}"))
}

pub(super) fn schema_of_guid(guid: uuid::Uuid) -> Call {
    get(format!("/schemas/guids/{guid}"))
}

pub(super) fn subjects(offset: usize, limit: usize) -> Call {
    get(format!("/subjects?offset={offset}&limit={limit}"))
}

pub(super) fn versions(subject: &str) -> Call {
    get(format!("/subjects/{}/versions", segment(subject)))
}

pub(super) fn version(subject: &str, version: &str) -> Call {
    get(format!("/subjects/{}/versions/{version}", segment(subject)))
}

pub(super) fn deleted_version(subject: &str, version: i32) -> Call {
    get(format!("/subjects/{}/versions/{version}?deleted=true", segment(subject)))
}

pub(super) fn find(subject: &str, schema: &str) -> Call {
    post(format!("/subjects/{}?normalize=true", segment(subject)), json!({ "schema": schema }))
}

pub(super) fn register(subject: &str, schema: &str) -> Call {
    post(format!("/subjects/{}/versions?normalize=true", segment(subject)), json!({ "schema": schema }))
}

pub(super) fn check(subject: &str, schema: &str) -> Call {
    let path = format!("/compatibility/subjects/{}/versions?verbose=true&normalize=true", segment(subject));
    post(path, json!({ "schema": schema }))
}

pub(super) fn level(subject: &str) -> Call {
    get(format!("/config/{}?defaultToGlobal=true", segment(subject)))
}

pub(super) fn default_level() -> Call {
    get("/config".to_owned())
}

pub(super) fn set_level(subject: Option<&str>, level: &str) -> Call {
    let path =
        subject.map_or_else(|| "/config".to_owned(), |subject| format!("/config/{}", segment(subject)));
    Call { method: Method::PUT, path, body: Some(json!({ "compatibility": level })) }
}

pub(super) fn mode(subject: &str) -> Call {
    get(format!("/mode/{}?defaultToGlobal=true", segment(subject)))
}

pub(super) fn default_mode() -> Call {
    get("/mode".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_encoded() {
        let call = versions("a/b c?d#e%2F\u{e9}..-value");
        assert_eq!(call.to_string(), "GET /subjects/a%2Fb%20c%3Fd%23e%252F%C3%A9..-value/versions");
    }
}
