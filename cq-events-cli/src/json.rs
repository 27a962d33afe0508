//! JSON for programs: an object a line, with names that stay, and nothing in it that a terminal would obey.

use std::fmt::Write;
use std::io;

use cq_events::dead_letter;
use serde::Serialize;

use crate::error::Error;
use crate::letter::{Letter, Origin};
use crate::screen::Screen;
use crate::text::is_unsafe;

/// Writes a value as a line.
///
/// # Errors
/// When the output cannot be written.
pub fn line(value: &impl Serialize, screen: &mut Screen<'_>) -> Result<(), Error> {
    let text = to_string(value)?;
    screen.line(&text)
}

/// A value on one line.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn to_string(value: &impl Serialize) -> Result<String, Error> {
    Ok(safe(&serde_json::to_string(value).map_err(io::Error::from)?))
}

/// A value on as many lines as people like.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn to_lines(value: &impl Serialize) -> Result<Vec<String>, Error> {
    Ok(serde_json::to_string_pretty(value).map_err(io::Error::from)?.lines().map(safe).collect())
}

/// Escapes what serde_json leaves as it is: control characters above ASCII, and invisible ones. They are in strings
/// alone.
fn safe(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if is_unsafe(character) {
            character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(out, "\\u{unit:04x}"));
        } else {
            out.push(character);
        }
    }
    out
}

/// What is said of a dead letter, without its key, headers and value.
#[derive(Debug, Serialize)]
pub struct LetterJson<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    /// `cq-events`, or the name of a framework.
    origin: &'static str,
    failed_at: Option<String>,
    event: Option<&'a str>,
    kind: Option<&'static str>,
    exception: Option<&'a str>,
    message: Option<&'a str>,
    group: Option<&'a str>,
    attempts: Option<u32>,
    replays: Option<u32>,
    first: Option<PlaceJson<'a>>,
    last: Option<PlaceJson<'a>>,
}

#[derive(Debug, Serialize)]
struct PlaceJson<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
}

impl<'a> PlaceJson<'a> {
    fn of(place: &'a dead_letter::Place) -> Self {
        Self { topic: &place.topic, partition: place.partition, offset: place.offset }
    }
}

impl<'a> LetterJson<'a> {
    /// What is said of a letter of `topic`.
    pub fn of(topic: &'a str, letter: &'a Letter, event: Option<&'a str>) -> Self {
        let ours = letter.ours();
        Self {
            topic,
            partition: letter.partition,
            offset: letter.offset,
            origin: match letter.origin {
                Origin::Ours(_) => "cq-events",
                Origin::Other(framework) => framework.name(),
            },
            failed_at: letter.failed_at().map(|at| at.to_string()),
            event,
            kind: ours.map(|ours| ours.kind.name()),
            exception: ours.map(|ours| ours.exception.as_str()),
            message: ours.map(|ours| ours.message.as_str()),
            group: ours.map(|ours| ours.group.as_str()),
            attempts: ours.map(|ours| ours.attempts),
            replays: ours.map(|ours| ours.replays),
            first: ours.map(|ours| PlaceJson::of(&ours.first)),
            last: ours.map(|ours| PlaceJson::of(&ours.last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_safe_and_read_back() {
        let text = "\x1b[31m\u{9b}2J\u{202e}\n\"\\ü\u{e0041}\u{7f}";
        let json = to_string(&text).unwrap();
        assert!(!json.chars().any(is_unsafe), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
