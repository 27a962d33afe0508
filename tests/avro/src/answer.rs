//! What the generated types make of a datum. This file is a module of the tests, and of each crate that they generate.

use std::io::{BufRead as _, Write as _};

use cq_events::codec::{self, DecodeLimits, Encode, View as _};
use cq_events::event::BorrowedStream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// Any stream.
pub trait Stream: BorrowedStream + Encode {}

impl<S: BorrowedStream + Encode> Stream for S {}

/// What the JSON form of an event adds to an answer.
pub trait Forms<S> {
    fn add(event: &S, answer: &mut Json);
}

/// The stream has JSON forms: the event's, from which the same event must be read.
pub struct WithForms;

/// The stream has none.
pub struct WithoutForms;

impl<S: Stream + Serialize + DeserializeOwned> Forms<S> for WithForms {
    fn add(event: &S, answer: &mut Json) {
        let form = serde_json::to_value(event).expect("every event has a JSON form");
        let again = serde_json::from_value::<S>(form.clone()).map(|again| encoded(&again));
        answer["json"] = form;
        match again {
            Ok(Ok(again)) if answer["hex"] == again => {}
            other => answer["read from JSON"] = json!(format!("{other:?}")),
        }
    }
}

impl<S> Forms<S> for WithoutForms {
    fn add(_: &S, _: &mut Json) {}
}

/// What to ask of the generated types of a stream.
pub enum Question {
    /// To read a datum and write it again.
    Read(Vec<u8>),
    /// To read what is no datum: each beginning of one, and one with a byte more.
    Cut(Vec<u8>),
    /// To read what became of a datum by chance: whatever is read can be written, and is the same then.
    Spoil(Vec<u8>),
    /// To write the event that has its defaults and nothing else.
    Default,
    /// To tell the assembled schema.
    Schema,
}

/// Answers the questions on standard input, one a line: a stream, what to do, and hexadecimal digits.
pub fn serve(answer: impl Fn(&str, Question) -> Json) {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is text");
        let words: Vec<&str> = line.split(' ').collect();
        let (stream, question) = match words.as_slice() {
            [stream, "read", digits] => (*stream, Question::Read(unhex(digits))),
            [stream, "cut", digits] => (*stream, Question::Cut(unhex(digits))),
            [stream, "spoil", digits] => (*stream, Question::Spoil(unhex(digits))),
            [stream, "default"] => (*stream, Question::Default),
            [stream, "schema"] => (*stream, Question::Schema),
            _ => panic!("{line:?} is no question"),
        };
        writeln!(out, "{}", answer(stream, question)).expect("standard output is read");
    }
}

/// The answer of a stream to a question, but to that for its defaults, which not every stream has.
pub fn of<S: Stream, F: Forms<S>>(question: &Question) -> Json {
    match question {
        Question::Read(datum) => read::<S, F>(datum),
        Question::Cut(datum) => cut::<S>(datum),
        Question::Spoil(datum) => spoil::<S, F>(datum),
        Question::Default => json!({"error": "no event has defaults for all of its fields"}),
        Question::Schema => json!({"schema": S::STREAM.schema}),
    }
}

/// The answer to [`Question::Cut`]: what was read nevertheless.
fn cut<S: Stream>(datum: &[u8]) -> Json {
    let longer = [datum, &[0]].concat();
    let wrong = (0..datum.len()).map(|length| &datum[..length]).chain([longer.as_slice()]);
    let read = wrong.filter(|wrong| codec::decode::<S>(wrong, DecodeLimits::DEFAULT).is_ok());
    json!({"read": read.map(hex).collect::<Vec<_>>()})
}

/// The answer to [`Question::Spoil`]: how many spoilt data were read, and those that then changed.
fn spoil<S: Stream, F: Forms<S>>(datum: &[u8]) -> Json {
    let (mut read, mut changed) = (0, Vec::new());
    // A generator of Lehmer's is chance enough.
    let mut chance = 0x2545_F491_u64;
    let mut below = |limit: usize| {
        chance = chance.wrapping_mul(48_271) % 0x7FFF_FFFF;
        (chance % limit as u64) as usize
    };
    for _ in 0..200 {
        let mut spoilt = datum.to_vec();
        for _ in 0..1 + below(3) {
            let at = below(spoilt.len());
            spoilt[at] = below(256) as u8;
        }
        let Ok(event) = codec::decode::<S>(&spoilt, DecodeLimits::DEFAULT) else { continue };
        read += 1;
        let first = written::<S, F>(&event);
        let second = first["hex"].as_str().map(|hex| self::read::<S, F>(&unhex(hex)));
        if second.is_none_or(|second| second != first) {
            changed.push(hex(&spoilt));
        }
    }
    json!({"read": read, "changed": changed})
}

/// The answer to [`Question::Read`]: the datum as it is written again, and what its JSON form says; or an error. What
/// is read as a view must be the same.
pub fn read<S: Stream, F: Forms<S>>(datum: &[u8]) -> Json {
    let owned = codec::decode::<S>(datum, DecodeLimits::DEFAULT);
    let view = codec::decode_borrowed::<S>(datum, DecodeLimits::DEFAULT).map(|view| view.to_owned());
    match (owned, view) {
        (Ok(owned), Ok(view)) if encoded(&owned) == encoded(&view) => written::<S, F>(&owned),
        (Err(owned), Err(view)) if owned == view => json!({"error": owned.to_string()}),
        (owned, view) => {
            json!({"view": view.as_ref().map(encoded).ok(), "owned": owned.as_ref().map(encoded).ok()})
        }
    }
}

/// The datum of an event, and what its JSON form says.
pub fn written<S: Stream, F: Forms<S>>(event: &S) -> Json {
    match encoded(event) {
        Ok(hex) => {
            let mut answer = json!({"hex": hex});
            F::add(event, &mut answer);
            answer
        }
        Err(error) => json!({"error": error}),
    }
}

/// The datum of an event in hexadecimal digits, or why it has none.
fn encoded<S: Stream>(event: &S) -> Result<String, String> {
    let mut datum = Vec::new();
    codec::encode(event, &mut datum).map(|()| hex(&datum)).map_err(|error| error.to_string())
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hexadecimal digits.
pub fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    pairs.map(byte).collect()
}
