//! What the generated types make of a datum. This file is a module of the tests, and of each crate that they generate.

use std::io::{BufRead as _, Write as _};

use cq_events::codec::{self, DecodeLimits, Encode};
use cq_events::event::EventStream;
use serde_json::{Value as Json, json};

/// What to ask of the generated types of a stream.
pub enum Question {
    /// To read a datum and write it again.
    Read(Vec<u8>),
    /// To write the event that has its defaults and nothing else.
    Default,
}

/// Answers the questions on standard input, one a line: a stream, and hexadecimal digits or `default`.
pub fn serve(answer: impl Fn(&str, Question) -> Json) {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is text");
        let (stream, asked) = line.split_once(' ').expect("a stream and a question");
        let question = match asked {
            "default" => Question::Default,
            digits => Question::Read(unhex(digits)),
        };
        writeln!(out, "{}", answer(stream, question)).expect("standard output is read");
    }
}

/// The answer to [`Question::Read`]: the datum as it is written again and the event's JSON form, or an error.
pub fn read<S: EventStream + Encode>(datum: &[u8]) -> Json {
    match codec::decode::<S>(datum, DecodeLimits::DEFAULT) {
        Ok(event) => written(&event),
        Err(error) => json!({"error": error.to_string()}),
    }
}

/// The datum of an event, and its JSON form.
pub fn written<S: EventStream + Encode>(event: &S) -> Json {
    let mut datum = Vec::new();
    match codec::encode(event, &mut datum) {
        Ok(()) => json!({"hex": hex(&datum)}),
        Err(error) => json!({"error": error.to_string()}),
    }
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
