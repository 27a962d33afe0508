//! JSON values -> types: Avro 1.12, "Schema Declaration".

use std::collections::{BTreeMap, HashSet};

use crate::digest::Digests;
use crate::json::{Json, Member, Value};
use crate::name::{self, is_dotted, is_name};
use crate::nesting;
use crate::resolve;
use crate::schema::{
    EnumType, Field, FixedType, Kind, Logical, Named, NamedKind, PRIMITIVES, Property, RecordType, Schemas,
    Type,
};
use crate::source::{Diagnostic, Diagnostics, SourceId, Sources, Span};
use crate::suggest::did_you_mean;

/// How many named types a schema may have.
const MAX_NAMED: usize = 1_000;
/// How large a fixed may be, in bytes.
const MAX_FIXED: i64 = 64 << 10;

const COMPLEX: [&str; 5] = ["record", "enum", "fixed", "array", "map"];

impl Schemas {
    /// Parses sources together: each may use named types of the others, in any order.
    ///
    /// # Errors
    /// All mistakes of the first pass that finds any: JSON, declarations, references and defaults.
    pub fn parse(sources: Sources, ids: &[SourceId]) -> Result<Self, Diagnostics> {
        let mut texts = Vec::new();
        let mut errors = Vec::new();
        for id in ids {
            match Json::parse(&sources, *id) {
                Ok(json) => texts.push(json),
                Err(mistakes) => errors.extend(mistakes),
            }
        }
        if !errors.is_empty() {
            return Err(Diagnostics::new(sources, errors));
        }
        let mut parser = Parser::default();
        let roots = texts.iter().map(|json| parser.ty(json, "", 0)).collect();
        if !parser.errors.is_empty() {
            return Err(Diagnostics::new(sources, parser.errors));
        }
        let schemas = Self { sources, roots, named: parser.named };
        let errors = resolve::check(&schemas);
        if errors.is_empty() { Ok(schemas) } else { Err(Diagnostics::new(schemas.sources, errors)) }
    }

    /// Parses one text. `name` is what reports call it.
    ///
    /// # Errors
    /// As [`Schemas::parse`].
    pub fn parse_text(name: &str, text: &str) -> Result<Self, Diagnostics> {
        let mut sources = Sources::default();
        let id = sources.add(name, text);
        Self::parse(sources, &[id])
    }
}

#[derive(Default)]
struct Parser {
    errors: Vec<Diagnostic>,
    named: BTreeMap<String, Named>,
    /// The definitions that were met, by their digests.
    definitions: BTreeMap<String, u64>,
    digests: Digests,
}

/// An object of the schema, with its keys at hand.
struct Object<'a> {
    members: &'a [Member],
    /// The value of `type`, or the whole object: where a missing key is reported.
    head: Span,
}

impl<'a> Object<'a> {
    fn get(&self, key: &str) -> Option<&'a Json> {
        self.members.iter().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The members that Avro does not define for this kind of object.
    fn others(&self, defined: &[&str]) -> Vec<Property> {
        let custom = self.members.iter().filter(|member| !defined.contains(&member.key.as_str()));
        custom
            .map(|Member { key, key_span, value }| Property {
                key: key.clone(),
                key_span: *key_span,
                value: value.clone(),
            })
            .collect()
    }
}

impl Parser {
    fn error(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.errors.push(Diagnostic::new(span, message).hint(hint));
    }

    fn ty(&mut self, json: &Json, namespace: &str, depth: usize) -> Type {
        let span = json.span;
        let plain = |kind| Type { kind, logical: None, properties: Vec::new(), span };
        if depth > nesting::MAX_DEPTH {
            self.errors.push(nesting::too_deep(span));
            return plain(Kind::Null);
        }
        match &json.value {
            Value::String(name) => plain(self.reference(name, span, namespace)),
            Value::Array(branches) => plain(self.union(branches, namespace, depth)),
            Value::Object(members) => self.object(members, span, namespace, depth),
            _ => {
                let message = format!("a type is a string, an object or an array, and not {}", json.kind());
                self.error(span, message, "write a type's name, such as \"string\"");
                plain(Kind::Null)
            }
        }
    }

    fn reference(&mut self, name: &str, span: Span, namespace: &str) -> Kind {
        match Kind::of_primitive(name) {
            Some(kind) => kind,
            None => {
                if !is_dotted(name) {
                    self.bad_name(name, span);
                } else if COMPLEX.contains(&name) {
                    let message = format!("`{name}` alone is no type");
                    self.error(span, message, format!("write an object: {{\"type\": \"{name}\", ...}}"));
                }
                Kind::Named(name::fullname(name, namespace))
            }
        }
    }

    fn union(&mut self, branches: &[Json], namespace: &str, depth: usize) -> Kind {
        let mut seen = HashSet::new();
        let mut types = Vec::with_capacity(branches.len());
        for branch in branches {
            let ty = self.ty(branch, namespace, depth + 1);
            let label = match &ty.kind {
                Kind::Union(_) => {
                    self.error(
                        branch.span,
                        "a union directly in a union",
                        "list its types in the outer union",
                    );
                    continue;
                }
                kind => kind.name().to_owned(),
            };
            if !seen.insert(label.clone()) {
                let message = format!("`{label}` is there twice in one union");
                self.error(
                    branch.span,
                    message,
                    "a union holds each type once; named types count by fullname",
                );
            }
            types.push(ty);
        }
        Kind::Union(types)
    }

    fn object(&mut self, members: &[Member], span: Span, namespace: &str, depth: usize) -> Type {
        let mut object = Object { members, head: Span { end: span.start + 1, ..span } };
        let mut ty = Type { kind: Kind::Null, logical: None, properties: Vec::new(), span };
        let Some(declared) = object.get("type") else {
            self.missing(&object, "type");
            return ty;
        };
        object.head = declared.span;
        let Some(name) = declared.as_str() else {
            // {"type": {"type": ...}}: the inner object says what it is, and the outer one has the last word on the rest.
            let mut inner = self.ty(declared, namespace, depth + 1);
            let outer = object.others(&["type", "items", "values"]);
            inner.properties.retain(|property| outer.iter().all(|other| other.key != property.key));
            inner.properties.extend(outer);
            return inner;
        };
        let defined: &[&str] = match name {
            "record" | "enum" | "fixed" => {
                ty.kind = Kind::Named(self.definition(name, &object, namespace, depth));
                return ty;
            }
            "array" => {
                let items = self.inner(&object, "items", namespace, depth);
                ty.kind = Kind::Array(Box::new(items));
                &["type", "items"]
            }
            "map" => {
                let values = self.inner(&object, "values", namespace, depth);
                ty.kind = Kind::Map(Box::new(values));
                &["type", "values"]
            }
            name => {
                ty.kind = self.reference(name, declared.span, namespace);
                ty.logical = logical(&object, |logical| goes_over(logical, &ty.kind));
                match ty.logical {
                    None => &["type"],
                    Some(_) => &["type", "logicalType", "precision", "scale"],
                }
            }
        };
        ty.properties = object.others(defined);
        ty
    }

    fn inner(&mut self, object: &Object<'_>, key: &str, namespace: &str, depth: usize) -> Type {
        match object.get(key) {
            Some(json) => self.ty(json, namespace, depth + 1),
            None => {
                self.missing(object, key);
                Type { kind: Kind::Null, logical: None, properties: Vec::new(), span: object.head }
            }
        }
    }

    fn missing(&mut self, object: &Object<'_>, key: &str) {
        let keys = object.members.iter().map(|member| member.key.as_str());
        let hint = match did_you_mean(key, keys) {
            Some(written) => format!("did you mean \"{key}\" where it says \"{written}\"?"),
            None => format!("add \"{key}\""),
        };
        self.error(object.head, format!("\"{key}\" is missing here"), hint);
    }

    fn bad_name(&mut self, name: &str, span: Span) {
        let rule = "a name has letters, digits and underscores, and does not begin with a digit";
        self.error(span, format!("`{name}` is no valid name"), rule);
    }

    /// Takes in the definition of a record, enum or fixed, and returns its fullname.
    fn definition(&mut self, kind: &str, object: &Object<'_>, namespace: &str, depth: usize) -> String {
        let (fullname, name_span) = self.declared_name(object, namespace);
        let inner_namespace = name::namespace(&fullname).to_owned();
        if PRIMITIVES.contains(&name::short(&fullname)) {
            let message = format!("`{}` is the name of a primitive type", name::short(&fullname));
            self.error(name_span, message, "give the type another name");
        }
        let digest = self.digests.members(object.members);
        match self.definitions.get(&fullname) {
            // The same definition twice is fine.
            Some(first) if *first == digest => return fullname,
            Some(_) => {
                let message = format!("`{fullname}` is defined twice, and differently");
                let hint =
                    "keep one definition, in a file of shared types, and refer to it by fullname elsewhere";
                self.error(name_span, message, hint);
                return fullname;
            }
            None => {}
        }
        if self.definitions.len() >= MAX_NAMED {
            self.error(name_span, format!("more than {MAX_NAMED} named types"), "split the schema");
            return fullname;
        }
        // Before its fields are read, since they may refer to it, or define it again.
        self.definitions.insert(fullname.clone(), digest);
        let (kind, own): (_, &[&str]) = match kind {
            "record" => (NamedKind::Record(self.record(object, &inner_namespace, depth)), &["fields"]),
            "enum" => (NamedKind::Enum(self.symbols(object)), &["symbols", "default"]),
            _ => {
                let fixed = self.fixed(object);
                let own: &[&str] = match fixed.logical {
                    None => &["size"],
                    Some(_) => &["size", "logicalType", "precision", "scale"],
                };
                (NamedKind::Fixed(fixed), own)
            }
        };
        let defined = [&["type", "name", "namespace", "doc", "aliases"], own].concat();
        let aliases = self.aliases(object).into_iter().map(|alias| name::fullname(&alias, &inner_namespace));
        let named = Named {
            fullname: fullname.clone(),
            name_span,
            doc: self.text(object, "doc"),
            aliases: aliases.collect(),
            properties: object.others(&defined),
            kind,
        };
        self.named.insert(fullname.clone(), named);
        fullname
    }

    fn declared_name(&mut self, object: &Object<'_>, namespace: &str) -> (String, Span) {
        let Some(json) = object.get("name") else {
            self.missing(object, "name");
            return (String::new(), object.head);
        };
        let Some(name) = json.as_str().filter(|name| is_dotted(name)) else {
            self.bad_name(json.as_str().unwrap_or(json.kind()), json.span);
            return (json.as_str().unwrap_or_default().to_owned(), json.span);
        };
        let own = match object.get("namespace") {
            None => namespace,
            Some(json) => match json.as_str() {
                Some(own) if own.is_empty() || is_dotted(own) => own,
                other => {
                    self.bad_name(other.unwrap_or(json.kind()), json.span);
                    namespace
                }
            },
        };
        (name::fullname(name, own), json.span)
    }

    fn record(&mut self, object: &Object<'_>, namespace: &str, depth: usize) -> RecordType {
        let mut fields: Vec<Field> = Vec::new();
        let mut seen = HashSet::new();
        for json in self.list(object, "fields") {
            let Some(members) = json.as_object() else {
                self.error(json.span, "a field is an object", "write {\"name\": ..., \"type\": ...}");
                continue;
            };
            let object = Object { members, head: Span { end: json.span.start + 1, ..json.span } };
            let Some(field) = self.field(&object, namespace, depth) else { continue };
            if !seen.insert(field.name.clone()) {
                let message = format!("the field `{}` is there twice in one record", field.name);
                self.error(field.name_span, message, "rename one of the two");
                continue;
            }
            fields.push(field);
        }
        RecordType::new(fields)
    }

    fn field(&mut self, object: &Object<'_>, namespace: &str, depth: usize) -> Option<Field> {
        let Some(name) = object.get("name") else {
            self.missing(object, "name");
            return None;
        };
        let Some(text) = name.as_str().filter(|text| is_name(text)) else {
            self.bad_name(name.as_str().unwrap_or(name.kind()), name.span);
            return None;
        };
        let Some(ty) = object.get("type") else {
            self.missing(&Object { members: object.members, head: name.span }, "type");
            return None;
        };
        Some(Field {
            name: text.to_owned(),
            name_span: name.span,
            doc: self.text(object, "doc"),
            aliases: self.aliases(object),
            ty: self.ty(ty, namespace, depth + 1),
            default: object.get("default").cloned(),
            order: self.text(object, "order"),
            properties: object.others(&["name", "type", "doc", "aliases", "default", "order"]),
        })
    }

    fn symbols(&mut self, object: &Object<'_>) -> EnumType {
        let mut symbols: Vec<(String, Span)> = Vec::new();
        let mut seen = HashSet::new();
        for json in self.list(object, "symbols") {
            let Some(symbol) = json.as_str().filter(|symbol| is_name(symbol)) else {
                self.bad_name(json.as_str().unwrap_or(json.kind()), json.span);
                continue;
            };
            if !seen.insert(symbol) {
                self.error(
                    json.span,
                    format!("the symbol `{symbol}` is there twice"),
                    "remove one of the two",
                );
                continue;
            }
            symbols.push((symbol.to_owned(), json.span));
        }
        if symbols.is_empty() && object.get("symbols").is_some() && self.errors.is_empty() {
            self.error(object.head, "an enum without symbols has no values", "add at least one symbol");
        }
        let default = self.text(object, "default");
        if let (Some(default), Some(json)) = (&default, object.get("default"))
            && !symbols.iter().any(|(symbol, _)| symbol == default)
        {
            let near = did_you_mean(default, symbols.iter().map(|(symbol, _)| symbol.as_str()));
            let hint =
                near.map_or("add it to the symbols".to_owned(), |near| format!("did you mean `{near}`?"));
            self.error(json.span, format!("the default `{default}` is none of the symbols"), hint);
        }
        EnumType::new(symbols, default)
    }

    fn fixed(&mut self, object: &Object<'_>) -> FixedType {
        let size = match object.get("size") {
            None => {
                self.missing(object, "size");
                0
            }
            Some(json) => match json.as_i64() {
                Some(size @ 0..=MAX_FIXED) => usize::try_from(size).unwrap_or_default(),
                _ => {
                    self.error(
                        json.span,
                        "no size of a fixed",
                        format!("a number of bytes from 0 to {MAX_FIXED}"),
                    );
                    0
                }
            },
        };
        let logical = logical(object, |logical| match logical {
            Logical::Uuid => size == 16,
            Logical::Duration => size == 12,
            Logical::Decimal { precision, .. } => fixed_holds(size, precision),
            _ => false,
        });
        FixedType { size, logical }
    }

    /// The items of a required array.
    fn list<'a>(&mut self, object: &Object<'a>, key: &str) -> &'a [Json] {
        let Some(json) = object.get(key) else {
            self.missing(object, key);
            return &[];
        };
        json.as_array().unwrap_or_else(|| {
            self.error(json.span, format!("\"{key}\" is an array, and not {}", json.kind()), "write [ ... ]");
            &[]
        })
    }

    /// The value of an optional key that is a string.
    fn text(&mut self, object: &Object<'_>, key: &str) -> Option<String> {
        let json = object.get(key)?;
        let text = json.as_str();
        if text.is_none() {
            let message = format!("\"{key}\" is a string, and not {}", json.kind());
            self.error(json.span, message, "write it in quotes");
        }
        text.map(str::to_owned)
    }

    fn aliases(&mut self, object: &Object<'_>) -> Vec<String> {
        let Some(json) = object.get("aliases") else { return Vec::new() };
        let Some(items) = json.as_array() else {
            self.error(json.span, "\"aliases\" is an array of names", "write [ ... ]");
            return Vec::new();
        };
        let mut aliases = Vec::new();
        for item in items {
            match item.as_str().filter(|alias| is_dotted(alias)) {
                Some(alias) => aliases.push(alias.to_owned()),
                None => self.bad_name(item.as_str().unwrap_or(item.kind()), item.span),
            }
        }
        aliases
    }
}

/// Whether properties would make a logical type of a plain one, if they stood in its own object: a logical type that was
/// written around it means nothing.
pub(crate) fn would_be_logical(kind: &Kind, properties: &[Property]) -> bool {
    let member = |property: &Property| Member {
        key: property.key.clone(),
        key_span: property.key_span,
        value: property.value.clone(),
    };
    let members: Vec<Member> = properties.iter().map(member).collect();
    let object = Object { members: &members, head: Span::default() };
    logical(&object, |logical| goes_over(logical, kind)).is_some()
}

/// Whether a logical type goes over a type that is no fixed.
fn goes_over(logical: Logical, kind: &Kind) -> bool {
    match logical {
        Logical::Uuid => matches!(kind, Kind::String),
        Logical::Decimal { .. } => matches!(kind, Kind::Bytes),
        Logical::Date | Logical::TimeMillis => matches!(kind, Kind::Int),
        Logical::Duration => false,
        _ => matches!(kind, Kind::Long),
    }
}

/// Whether a fixed of `size` bytes holds every number of `precision` digits: Avro 1.12, "Decimal".
fn fixed_holds(size: usize, precision: u32) -> bool {
    let digits =
        size.checked_mul(8).and_then(|bits| bits.checked_sub(1)).map(|bits| bits as f64 * 2_f64.log10());
    digits.is_some_and(|digits| f64::from(precision) <= digits.floor())
}

/// The logical type of an object, if it is known, complete, and `fits` its base.
fn logical(object: &Object<'_>, fits: impl FnOnce(Logical) -> bool) -> Option<Logical> {
    let number = |key| object.get(key).and_then(Json::as_i64).and_then(|number| u32::try_from(number).ok());
    let logical = match object.get("logicalType")?.as_str()? {
        "uuid" => Logical::Uuid,
        "decimal" => {
            let (precision, scale) =
                (number("precision")?, object.get("scale").map_or(Some(0), |_| number("scale"))?);
            (precision > 0 && scale <= precision).then_some(Logical::Decimal { precision, scale })?
        }
        "date" => Logical::Date,
        "time-millis" => Logical::TimeMillis,
        "time-micros" => Logical::TimeMicros,
        "timestamp-millis" => Logical::TimestampMillis,
        "timestamp-micros" => Logical::TimestampMicros,
        "timestamp-nanos" => Logical::TimestampNanos,
        "local-timestamp-millis" => Logical::LocalTimestampMillis,
        "local-timestamp-micros" => Logical::LocalTimestampMicros,
        "local-timestamp-nanos" => Logical::LocalTimestampNanos,
        "duration" => Logical::Duration,
        _ => return None,
    };
    fits(logical).then_some(logical)
}
