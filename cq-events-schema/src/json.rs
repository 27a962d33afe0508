//! JSON values that know where they stand.

use std::collections::HashMap;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::source::{Diagnostic, SourceId, Sources, Span};

/// How deep arrays and objects may nest: 96 levels of schema, of which each takes at most three of JSON.
const MAX_DEPTH: usize = 288;

/// A JSON value and its place.
#[derive(Clone, Debug)]
pub struct Json {
    /// The value.
    pub value: Value,
    /// Its place.
    pub span: Span,
}

/// A JSON value.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, in the order of the text, without duplicate keys.
    Object(Vec<Member>),
}

/// A key of an object with its value.
#[derive(Clone, Debug)]
pub struct Member {
    /// The key.
    pub key: String,
    /// The key's place.
    pub key_span: Span,
    /// The value.
    pub value: Json,
}

/// Equality of values: places, the order of keys and the spelling of a number do not count.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Number(left), Value::Number(right)) => {
                left == right || left.parse::<f64>().ok() == right.parse::<f64>().ok()
            }
            (Value::String(left), Value::String(right)) => left == right,
            (Value::Array(left), Value::Array(right)) => left == right,
            (Value::Object(left), Value::Object(right)) => {
                left.len() == right.len() && self.members() == other.members()
            }
            _ => false,
        }
    }
}

impl Json {
    /// The values of an object, by their keys.
    pub(crate) fn members(&self) -> Option<HashMap<&str, &Self>> {
        Some(self.as_object()?.iter().map(|member| (member.key.as_str(), &member.value)).collect())
    }

    /// Parses the text of a source.
    ///
    /// # Errors
    /// When it is no JSON, has a key twice in one object, or nests too deeply.
    pub fn parse(sources: &Sources, source: SourceId) -> Result<Self, Vec<Diagnostic>> {
        sources.check_size(source).map_err(|diagnostic| vec![diagnostic])?;
        let strict = ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed =
            parse_to_ast(sources.text(source), &CollectOptions::default(), &strict).map_err(|error| {
                let range = error.range();
                let span = Span { source, start: range.start, end: range.end };
                let words = error.kind().to_string();
                let mistake = Diagnostic::new(span, format!("no valid JSON: {}", lower_first(&words)));
                vec![match error.kind() {
                    ParseErrorKind::MultipleRootJsonValues => mistake.hint(
                        "several types in one file are an array: [ before the first, commas, ] at the end",
                    ),
                    _ => mistake,
                }]
            })?;
        let Some(root) = parsed.value else {
            let start = Span { source, start: 0, end: 0 };
            return Err(vec![Diagnostic::new(start, "no valid JSON: the text is empty")]);
        };
        let mut reader = Reader { source, errors: Vec::new() };
        let json = reader.read(root, 0);
        if reader.errors.is_empty() { Ok(json) } else { Err(reader.errors) }
    }

    /// The value as a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value as members of an object.
    pub fn as_object(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value as an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The value as an integer.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// Appends the value on one line, without spaces.
    pub fn write(&self, out: &mut String) {
        match &self.value {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(text) => out.push_str(text),
            Value::String(text) => write_string(text, out),
            Value::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by(|left, right| left.key.cmp(&right.key));
                out.push('{');
                for (index, member) in sorted.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(&member.key, out);
                    out.push(':');
                    member.value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Appends a JSON string.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

struct Reader {
    source: SourceId,
    errors: Vec<Diagnostic>,
}

impl Reader {
    fn span(&self, node: &impl Ranged) -> Span {
        Span { source: self.source, start: node.start(), end: node.end() }
    }

    fn read(&mut self, node: ast::Value<'_>, depth: usize) -> Json {
        let span = self.span(&node);
        if depth > MAX_DEPTH {
            self.errors.push(Diagnostic::new(span, format!("nested more than {MAX_DEPTH} levels deep")));
            return Json { value: Value::Null, span };
        }
        let value = match node {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
            ast::Value::NumberLit(literal) => Value::Number(literal.value.to_owned()),
            ast::Value::StringLit(literal) => Value::String(literal.value.into_owned()),
            ast::Value::Array(array) => {
                Value::Array(array.elements.into_iter().map(|item| self.read(item, depth + 1)).collect())
            }
            ast::Value::Object(object) => Value::Object(self.members(object, depth)),
        };
        Json { value, span }
    }

    fn members(&mut self, object: ast::Object<'_>, depth: usize) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::with_capacity(object.properties.len());
        let mut seen = std::collections::HashSet::new();
        for property in object.properties {
            let key_span = self.span(&property.name);
            let key = match property.name {
                ast::ObjectPropName::String(literal) => literal.value.into_owned(),
                ast::ObjectPropName::Word(word) => word.value.to_owned(),
            };
            let value = self.read(property.value, depth + 1);
            if seen.insert(key.clone()) {
                members.push(Member { key, key_span, value });
            } else {
                let error =
                    Diagnostic::new(key_span, format!("the key \"{key}\" is there twice in one object"));
                self.errors.push(error.hint("readers disagree on which of the two counts: remove one"));
            }
        }
        members
    }
}
