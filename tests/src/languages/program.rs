//! A program of `interop/java`, `interop/go` or `interop/python`, which does as it is told: a line of JSON for each task
//! on its standard input, and lines of JSON for answers on its standard output.
//!
//! ```text
//! {"do": "write", "messages": [{"topic", "subject", "schema", "key", "event"}, ...]}
//!     one line each: {"partition", "offset"}, or "error" if its client refuses the event
//! {"do": "read", "topic", "count", "reader"}
//!     one line each: {"partition", "offset", "key", "headers", "event"}, or "error" in place of the event
//! ```
//!
//! `schema` is a stream's, the union of its events; `subject` says whether the program registers that, or the event's
//! record alone, and under which name. `reader` is the reader's schema, where it is not the writer's. It ends at the end
//! of its input, and with an error in words if something is not as it should be.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::cluster::script;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The running program. It ends with this value.
#[derive(Debug)]
pub struct Program {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

/// Which schema is registered for an event that the program writes, and under which subject.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// The stream's, under `TOPIC-value`.
    Topic,
    /// The record's, under its fullname.
    Record,
    /// The record's, under `TOPIC-FULLNAME`.
    TopicRecord,
}

/// An event to be written.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    pub topic: &'a str,
    pub subject: Subject,
    /// The stream's schema.
    pub schema: &'a str,
    pub key: Option<String>,
    /// The event's form.
    pub event: &'a Json,
}

/// A message that the program has read.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<String>,
    pub headers: BTreeMap<String, Option<String>>,
    /// The event's form.
    pub event: Option<Json>,
    /// Why it could not be decoded.
    pub error: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    partition: i32,
    offset: i64,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Program {
    /// Java: kafka-clients and avro.
    pub fn java(servers: &str, registry: &str) -> Self {
        Self::start("java.sh", &[servers, registry, "avro"])
    }

    /// Java: kafka-clients and Apicurio's serializers, which register a schema whole, or each named type in it by itself.
    pub fn apicurio(servers: &str, registry: &str, inlines: bool) -> Self {
        let client = if inlines { "apicurio-inlined" } else { "apicurio" };
        Self::start("java.sh", &[servers, registry, client])
    }

    /// Go: franz-go and twmb/avro.
    pub fn go(servers: &str, registry: &str) -> Self {
        Self::start("go.sh", &[servers, registry])
    }

    /// Python, by one of the clients in `interop/python/clients.py`.
    pub fn python(servers: &str, registry: &str, client: &str) -> Self {
        let program = script("../interop/python/interop.py");
        let program = program.get_program().to_str().expect("the project's path is text");
        Self::start("python.sh", &[program, servers, registry, client])
    }

    fn start(name: &str, arguments: &[&str]) -> Self {
        // To make it may take minutes, which are no part of an answer's.
        let made = script(name).args(arguments).env("CQ_MAKE_ONLY", "1").stdout(Stdio::null()).status();
        assert!(made.expect("it runs").success(), "tests/services/{name} says why above");
        let mut command = script(name);
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("tests/services/{name}: {error}"));
        let (output, input) = child.stdout.take().zip(child.stdin.take()).expect("both are piped");
        let (sender, answers) = channel();
        thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, input, answers }
    }

    /// Writes events, and gives each one's partition and offset.
    pub fn write(&mut self, events: &[Outgoing<'_>]) -> Vec<(i32, i64)> {
        let messages: Vec<Json> = events.iter().map(Outgoing::told).collect();
        self.tell(&json!({"do": "write", "messages": messages}));
        events
            .iter()
            .map(|_| {
                let written: Written = self.answer();
                (written.partition, written.offset)
            })
            .collect()
    }

    /// Tries to write an event that the program's client refuses, and says why.
    pub fn refusal(&mut self, event: &Outgoing<'_>) -> String {
        self.tell(&json!({"do": "write", "messages": [event.told()]}));
        let refused: Refused = self.answer();
        refused.error
    }

    /// Reads that many messages from the beginning of a topic, by partition and offset.
    pub fn read(&mut self, topic: &str, count: usize, reader: Option<&str>) -> Vec<Seen> {
        self.tell(&json!({"do": "read", "topic": topic, "count": count, "reader": reader}));
        let mut seen: Vec<Seen> = (0..count).map(|_| self.answer()).collect();
        seen.sort_by_key(|seen| (seen.partition, seen.offset));
        seen
    }

    fn tell(&mut self, task: &Json) {
        writeln!(self.input, "{task}").expect("the program listens");
    }

    fn answer<T: for<'de> Deserialize<'de>>(&mut self) -> T {
        let line = self.answers.recv_timeout(PATIENCE).unwrap_or_else(|error| {
            panic!("the program does not answer: {error}; if it said why, that is on standard error")
        });
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

impl Outgoing<'_> {
    fn told(&self) -> Json {
        let subject = match self.subject {
            Subject::Topic => "TOPIC",
            Subject::Record => "RECORD",
            Subject::TopicRecord => "TOPIC_RECORD",
        };
        let Self { topic, schema, key, event, .. } = self;
        json!({"topic": topic, "subject": subject, "schema": schema, "key": key, "event": event})
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
