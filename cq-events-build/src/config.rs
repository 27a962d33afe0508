//! `streams.toml`: which streams there are.

mod failures;
mod registry;

use std::collections::BTreeMap;

use cq_events_schema::{Diagnostic, SourceId, Span, did_you_mean};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(crate) use failures::Failures;
pub(crate) use registry::{Registration, Registry, SubjectStrategy};

use crate::names;

/// The content of a `streams.toml`.
#[derive(Debug)]
pub(crate) struct Streams {
    /// Files of named types that several streams use.
    pub(crate) shared: Vec<Located<String>>,
    /// The streams, sorted by name.
    pub(crate) streams: Vec<Stream>,
}

/// One table `[stream.NAME]`.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) name: Located<String>,
    pub(crate) schema: Located<String>,
    pub(crate) topic: Located<String>,
    pub(crate) partitions: i32,
    pub(crate) replication: Option<i32>,
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) headers: Headers,
    /// Whether the events have JSON forms.
    pub(crate) serde: bool,
    /// How its schemas stand in a schema registry.
    pub(crate) registry: Registry,
    /// What becomes of events that fail.
    pub(crate) failures: Failures,
}

/// Which headers go with each message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Headers {
    #[default]
    CloudEvents,
    Type,
    None,
}

/// The keys of a stream.
const KEYS: [&str; 11] = [
    "schema",
    "topic",
    "partitions",
    "replication",
    "config",
    "headers",
    "serde",
    "subject",
    "compatibility",
    "registration",
    "failures",
];

const HEADERS: [(&str, Headers); 3] =
    [("cloudevents", Headers::CloudEvents), ("type", Headers::Type), ("none", Headers::None)];

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

type Table<'a> = Spanned<DeTable<'a>>;
type Value<'a> = Spanned<DeValue<'a>>;

pub(crate) fn parse(text: &str, source: SourceId) -> Result<Streams, Vec<Diagnostic>> {
    let (table, broken) = DeTable::parse_recoverable(text);
    let mut reader = Reader { source, errors: Vec::new() };
    if !broken.is_empty() {
        for error in broken {
            let span = reader.span(error.span().unwrap_or_default());
            reader.errors.push(Diagnostic::new(span, format!("no valid TOML: {}", error.message())));
        }
        return Err(reader.errors);
    }
    let streams = reader.streams(&table);
    if reader.errors.is_empty() { Ok(streams) } else { Err(reader.errors) }
}

struct Reader {
    source: SourceId,
    errors: Vec<Diagnostic>,
}

impl Reader {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span { source: self.source, start: range.start, end: range.end }
    }

    fn error(&mut self, range: std::ops::Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.errors.push(Diagnostic::new(self.span(range), message).hint(hint));
    }

    fn streams(&mut self, root: &Table<'_>) -> Streams {
        self.refuse_unknown(root.get_ref(), &["shared", "stream"]);
        let has_other_keys = !self.errors.is_empty();
        let shared = match root.get_ref().get("shared").map(|value| (value.span(), value.get_ref())) {
            None => Vec::new(),
            Some((_, DeValue::Array(files))) => {
                files.iter().filter_map(|file| self.text("a file", file)).collect()
            }
            Some((range, _)) => {
                self.error(range, "`shared` is an array of files", "write shared = [\"common.avsc\"]");
                Vec::new()
            }
        };
        let mut streams = Vec::new();
        match root.get_ref().get("stream").map(|value| (value.span(), value.get_ref())) {
            Some((_, DeValue::Table(tables))) => {
                for (name, value) in tables {
                    let located = Located { value: name.get_ref().to_string(), span: self.span(name.span()) };
                    match value.get_ref() {
                        DeValue::Table(table) => streams.extend(self.stream(located, table)),
                        _ => self.error(value.span(), "a stream is a table", "write [stream.NAME]"),
                    }
                }
            }
            Some((range, _)) => self.error(range, "`stream` is a table of streams", "write [stream.NAME]"),
            // What was meant is among the unknown keys.
            None if has_other_keys => {}
            None => {
                self.error(0..0, "there is no stream", "add a table: [stream.NAME] with `schema` and `topic`")
            }
        }
        streams.sort_by(|left, right| left.name.value.cmp(&right.name.value));
        self.refuse_shared_topics(&streams);
        Streams { shared, streams }
    }

    fn stream(&mut self, name: Located<String>, table: &DeTable<'_>) -> Option<Stream> {
        self.refuse_unknown(table, &KEYS);
        if !names::is_module(&name.value) {
            let message = format!("`{}` cannot be the name of a stream", name.value);
            let hint = "it becomes a Rust module: lower case letters, digits and underscores, and no keyword";
            self.errors.push(Diagnostic::new(name.span, message).hint(hint));
        }
        let schema = self.required(&name, table, "schema");
        let topic = self.required(&name, table, "topic");
        if let Some(topic) = &topic {
            self.check_topic(topic);
        }
        let partitions = table.get("partitions").and_then(|value| self.positive("partitions", value));
        let replication = table.get("replication").and_then(|value| self.positive("replication", value));
        let config = table.get("config").map(|value| self.config(value)).unwrap_or_default();
        let headers = self.choice(table, "headers", &HEADERS).unwrap_or_default();
        let serde = table.get("serde").is_some_and(|value| self.flag("serde", value));
        let registry = self.registry(table);
        let failures = table.get("failures").map(|value| self.failures(value)).unwrap_or_default();
        Some(Stream {
            name,
            schema: schema?,
            topic: topic?,
            partitions: partitions.unwrap_or(1),
            replication,
            config,
            headers,
            serde,
            registry,
            failures,
        })
    }

    fn refuse_unknown(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let hint = instead(name, matches!(value.get_ref(), DeValue::Table(_)), known);
                self.error(key.span(), format!("unknown key `{name}`"), hint);
            }
        }
    }

    fn required(
        &mut self,
        stream: &Located<String>,
        table: &DeTable<'_>,
        key: &str,
    ) -> Option<Located<String>> {
        match table.get(key) {
            Some(value) => self.text(&format!("`{key}`"), value),
            None => {
                let message = format!("the stream `{}` has no `{key}`", stream.value);
                self.errors.push(Diagnostic::new(stream.span, message).hint(format!("add {key} = \"...\"")));
                None
            }
        }
    }

    fn text(&mut self, what: &str, value: &Value<'_>) -> Option<Located<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(Located { value: text.to_string(), span: self.span(value.span()) }),
            _ => {
                self.error(value.span(), format!("{what} is a string"), "write it in quotes");
                None
            }
        }
    }

    fn positive(&mut self, key: &str, value: &Value<'_>) -> Option<i32> {
        let number = match value.get_ref() {
            DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let positive = number.filter(|number| *number > 0);
        if positive.is_none() {
            self.error(
                value.span(),
                format!("`{key}` is a number of at least 1"),
                format!("write {key} = 3"),
            );
        }
        positive
    }

    fn flag(&mut self, key: &str, value: &Value<'_>) -> bool {
        match value.get_ref() {
            DeValue::Boolean(flag) => *flag,
            _ => {
                self.error(value.span(), format!("`{key}` is true or false"), format!("write {key} = true"));
                false
            }
        }
    }

    fn config(&mut self, value: &Value<'_>) -> BTreeMap<String, String> {
        let DeValue::Table(table) = value.get_ref() else {
            self.error(
                value.span(),
                "`config` is a table",
                "write config = { \"retention.ms\" = \"604800000\" }",
            );
            return BTreeMap::new();
        };
        let mut config = BTreeMap::new();
        for (key, value) in table {
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.to_string(),
                DeValue::Float(number) => number.to_string(),
                DeValue::Boolean(flag) => flag.to_string(),
                _ => {
                    let hint = "nested keys need quotes: config = { \"retention.ms\" = ... }";
                    self.error(value.span(), "a topic's setting is a string, number or boolean", hint);
                    continue;
                }
            };
            config.insert(key.get_ref().to_string(), text);
        }
        config
    }

    /// One of some words, where the key is there.
    fn choice<T: Copy>(&mut self, table: &DeTable<'_>, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = table.get(key)?;
        let word = self.text(&format!("`{key}`"), value)?.value;
        if let Some((_, choice)) = choices.iter().find(|(known, _)| *known == word) {
            return Some(*choice);
        }
        let words = choices.iter().map(|(known, _)| *known);
        let hint = match did_you_mean(&word, words.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!(
                "there are: {}",
                words.map(|known| format!("\"{known}\"")).collect::<Vec<_>>().join(", ")
            ),
        };
        self.error(value.span(), format!("`{word}` is no choice for `{key}`"), hint);
        None
    }

    fn check_topic(&mut self, topic: &Located<String>) {
        let name = topic.value.as_str();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if name.is_empty() || name.len() > 249 || matches!(name, "." | "..") || !name.bytes().all(legal) {
            let hint =
                "Kafka takes 1 to 249 letters, digits, dots, underscores and hyphens, and neither . nor ..";
            self.errors
                .push(Diagnostic::new(topic.span, format!("`{name}` is no name of a topic")).hint(hint));
        }
    }

    fn refuse_shared_topics(&mut self, streams: &[Stream]) {
        let mut seen = BTreeMap::new();
        for stream in streams {
            if let Some(first) = seen.insert(&stream.topic.value, &stream.name.value) {
                let message = format!("the streams `{first}` and `{}` have one topic", stream.name.value);
                let hint = "a topic carries one stream: put the events into one union, or use two topics";
                self.errors.push(Diagnostic::new(stream.topic.span, message).hint(hint));
            }
        }
    }
}

/// What may have been meant by a key that is none of these.
fn instead(key: &str, is_table: bool, known: &[&str]) -> String {
    if let Some(near) = did_you_mean(key, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if known.contains(&"failures")
        && let Some(near) = did_you_mean(key, failures::KEYS)
    {
        return format!("did you mean `{near}` in the table [stream.NAME.failures]?");
    }
    match key {
        "failures" if known.contains(&"stream") => "did you mean [stream.NAME.failures]?".to_owned(),
        _ if known.contains(&"stream") && is_table => format!("did you mean [stream.{key}]?"),
        _ => format!("there are: {}", known.join(", ")),
    }
}
