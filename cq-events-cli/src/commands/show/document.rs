//! A dead letter as JSON.

use cq_events::event::Header;
use cq_events::registry::{SchemaId, SchemaRef};
use serde::Serialize;

use crate::decode::{Decoded, HIDDEN, Node};
use crate::json::LetterJson;
use crate::letter::Letter;
use crate::read::Place;
use crate::text::hex;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    #[serde(flatten)]
    letter: LetterJson<'a>,
    timestamp: Option<String>,
    #[serde(flatten)]
    key: Bytes<'a>,
    headers: Vec<HeaderJson<'a>>,
    headers_unreadable: bool,
    schema_id: Option<u32>,
    schema_guid: Option<String>,
    /// None too where it is null.
    value: Option<&'a Node>,
    value_error: Option<&'a str>,
    value_hex: Option<String>,
    value_bytes: Option<usize>,
}

#[derive(Serialize)]
struct Bytes<'a> {
    key: Option<&'a str>,
    /// Where it is no text.
    key_hex: Option<String>,
}

#[derive(Serialize)]
struct HeaderJson<'a> {
    name: &'a str,
    value: Option<&'a str>,
    /// Where it is no text.
    value_hex: Option<String>,
}

/// Text, or else hexadecimal digits.
fn text_or_hex(bytes: Option<&[u8]>) -> (Option<&str>, Option<String>) {
    match bytes.map(|bytes| str::from_utf8(bytes).map_err(|_| hex(bytes))) {
        None => (None, None),
        Some(Ok(text)) => (Some(text), None),
        Some(Err(hex)) => (None, Some(hex)),
    }
}

/// All there is to know of a letter.
pub(super) fn document<'a>(
    place: &'a Place,
    letter: &'a Letter,
    decoded: Option<&'a Decoded>,
) -> Document<'a> {
    let key = match decoded {
        Some(decoded) if decoded.hides_key => letter.key.as_deref().map(|_| HIDDEN.as_bytes()),
        _ => letter.key.as_deref(),
    };
    let (key, key_hex) = text_or_hex(key);
    let header = |header: &'a Header| {
        let (value, value_hex) = text_or_hex(header.value.as_deref());
        HeaderJson { name: &header.key, value, value_hex }
    };
    let event = decoded.and_then(|decoded| decoded.event.as_deref()).or_else(|| letter.type_header());
    let schema = decoded.and_then(|decoded| decoded.schema);
    let unreadable = decoded.filter(|decoded| decoded.value.is_err());
    Document {
        letter: LetterJson::of(&place.topic, letter, event),
        timestamp: letter.timestamp.map(|at| at.to_string()),
        key: Bytes { key, key_hex },
        headers: letter.headers.iter().flat_map(|headers| headers.iter()).map(header).collect(),
        headers_unreadable: letter.headers.is_none(),
        schema_id: schema.and_then(SchemaRef::id).map(SchemaId::get),
        schema_guid: schema.and_then(SchemaRef::guid).map(|guid| guid.to_string()),
        value: decoded.and_then(|decoded| decoded.value.as_ref().ok()),
        value_error: unreadable.and_then(|decoded| decoded.value.as_ref().err()).map(String::as_str),
        value_hex: unreadable.filter(|decoded| !decoded.hides_bytes).and(letter.value.as_deref()).map(hex),
        value_bytes: letter.value.as_ref().map(Vec::len),
    }
}
