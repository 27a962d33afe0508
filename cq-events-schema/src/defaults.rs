//! Whether a default is a value of its type: Avro 1.12, "Complex Types", the table of default values.

use std::collections::HashMap;
use std::ptr;

use crate::json::{Json, Value};
use crate::schema::{Kind, NamedKind, Schemas, Type};
use crate::source::Diagnostic;
use crate::suggest::{MOST_SUGGESTIONS, did_you_mean};

/// Judges defaults.
pub(crate) struct Checker<'a> {
    schemas: &'a Schemas,
    /// Which value fits which branch of a union, both by their addresses: a union whose branches hold the union itself
    /// would else be judged anew on each of very many ways.
    fits: HashMap<(*const Type, *const Json), bool>,
    suggestions: usize,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(schemas: &'a Schemas) -> Self {
        Self { schemas, fits: HashMap::new(), suggestions: 0 }
    }

    /// Whether a default is a value of its type.
    pub(crate) fn fits(&mut self, ty: &Type, default: &Json) -> bool {
        let question = (ptr::from_ref(ty), ptr::from_ref(default));
        if let Some(fits) = self.fits.get(&question) {
            return *fits;
        }
        let fits = self.check(ty, default).is_empty();
        self.fits.insert(question, fits);
        fits
    }

    /// The mistakes of a default, each at the smallest wrong value.
    pub(crate) fn check(&mut self, ty: &Type, default: &Json) -> Vec<Diagnostic> {
        let schemas = self.schemas;
        let wrong = |expected: &str| {
            vec![Diagnostic::new(default.span, "the default is no value of its type").hint(expected)]
        };
        match (&ty.kind, &default.value) {
            (Kind::Null, Value::Null)
            | (Kind::Boolean, Value::Bool(_))
            | (Kind::String, Value::String(_)) => Vec::new(),
            (Kind::Float, Value::Number(text)) if text.parse::<f32>().is_ok_and(f32::is_finite) => Vec::new(),
            (Kind::Double, Value::Number(text)) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
                Vec::new()
            }
            (Kind::Int, _) if default.as_i64().is_some_and(|value| i32::try_from(value).is_ok()) => {
                Vec::new()
            }
            (Kind::Long, _) if default.as_i64().is_some() => Vec::new(),
            (Kind::Bytes, Value::String(text)) if is_bytes(text) => Vec::new(),
            (Kind::Array(items), Value::Array(values)) => {
                values.iter().flat_map(|value| self.check(items, value)).collect()
            }
            (Kind::Map(values), Value::Object(members)) => {
                members.iter().flat_map(|member| self.check(values, &member.value)).collect()
            }
            (Kind::Union(branches), _) => {
                if branches.iter().any(|branch| self.fits(branch, default)) {
                    Vec::new()
                } else {
                    wrong("it must be a value of one of the union's types")
                }
            }
            (Kind::Named(fullname), _) => match schemas.get(fullname).map(|named| &named.kind) {
                Some(NamedKind::Enum(symbols)) => match &default.value {
                    Value::String(text) if symbols.index_of(text).is_some() => Vec::new(),
                    Value::String(text) => {
                        let names = symbols.symbols.iter().map(|(symbol, _)| symbol.as_str());
                        self.suggestions += 1;
                        let suggests = self.suggestions <= MOST_SUGGESTIONS;
                        let near = if suggests { did_you_mean(text, names) } else { None };
                        let hint = near.map_or(format!("take a symbol of `{fullname}`"), |near| {
                            format!("did you mean \"{near}\"?")
                        });
                        vec![
                            Diagnostic::new(default.span, format!("`{text}` is no symbol of `{fullname}`"))
                                .hint(hint),
                        ]
                    }
                    _ => wrong("it must be one of the enum's symbols, in quotes"),
                },
                Some(NamedKind::Fixed(fixed)) => match &default.value {
                    Value::String(text) if is_bytes(text) && text.chars().count() == fixed.size => Vec::new(),
                    _ => wrong(&format!(
                        "it must be a string of {} characters up to \\u00ff, one per byte",
                        fixed.size
                    )),
                },
                Some(NamedKind::Record(record)) => match default.members() {
                    Some(members) => {
                        let mut errors = Vec::new();
                        for field in &record.fields {
                            match members.get(field.name.as_str()) {
                                Some(value) => errors.extend(self.check(&field.ty, value)),
                                None if field.default.is_some() => {}
                                None => {
                                    let message = format!(
                                        "the default lacks the field `{}` of `{fullname}`",
                                        field.name
                                    );
                                    errors.push(
                                        Diagnostic::new(default.span, message)
                                            .hint("add it, or give the field a default"),
                                    );
                                }
                            }
                        }
                        errors
                    }
                    None => wrong("it must be an object with the record's fields"),
                },
                None => Vec::new(),
            },
            (Kind::Null, _) => wrong("it must be null"),
            (Kind::Boolean, _) => wrong("it must be true or false"),
            (Kind::Int, _) => wrong("it must be a whole number of 32 bits"),
            (Kind::Long, _) => wrong("it must be a whole number of 64 bits"),
            (Kind::Float | Kind::Double, _) => wrong("it must be a number within the range of its type"),
            (Kind::String, _) => wrong("it must be a string, in quotes"),
            (Kind::Bytes, _) => wrong("it must be a string of characters up to \\u00ff, one per byte"),
            (Kind::Array(_), _) => wrong("it must be an array, such as []"),
            (Kind::Map(_), _) => wrong("it must be an object, such as {}"),
        }
    }
}

fn is_bytes(text: &str) -> bool {
    text.chars().all(|character| u32::from(character) <= 0xFF)
}
