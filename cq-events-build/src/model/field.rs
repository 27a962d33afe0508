//! Fields: their Rust types, and what a builder may leave out.

use std::collections::BTreeMap;

use cq_events_schema::json::{Json, Value};
use cq_events_schema::{Field, Kind, Logical, NamedKind, RecordType, Type, did_you_mean};

use super::Builder;
use super::event::Role;
use crate::names;

/// The most digits of a decimal that `rust_decimal::Decimal` holds without exception.
const MAX_PRECISION: u32 = 28;

const LOGICAL_TYPES: [&str; 12] = [
    "uuid",
    "decimal",
    "date",
    "time-millis",
    "time-micros",
    "timestamp-millis",
    "timestamp-micros",
    "timestamp-nanos",
    "local-timestamp-millis",
    "local-timestamp-micros",
    "local-timestamp-nanos",
    "duration",
];

/// A field of a generated struct.
#[derive(Debug)]
pub(crate) struct FieldModel {
    /// The name in the schema.
    pub(crate) name: String,
    /// The name in Rust.
    pub(crate) ident: String,
    pub(crate) doc: Option<String>,
    pub(crate) ty: FieldType,
    pub(crate) presence: Presence,
}

/// What `build()` does about a field that was not set.
#[derive(Debug)]
pub(crate) enum Presence {
    /// It does not compile.
    Required,
    /// It takes the schema's default.
    Default(DefaultValue),
    /// It fills the field by its role.
    Role(Role),
}

/// A default, already known to fit its type.
#[derive(Debug)]
pub(crate) enum DefaultValue {
    Null,
    Some(Box<DefaultValue>),
    Boolean(bool),
    /// The digits of a number, for the type of the field.
    Number(String),
    String(String),
    /// Type and variant.
    Variant(TypeRef, String),
    Array(Vec<DefaultValue>),
    Map(Vec<(String, DefaultValue)>),
}

/// A named type as generated code refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeRef {
    /// The module in which it lives.
    pub(crate) module: String,
    pub(crate) ident: String,
}

/// The types that fields have.
#[derive(Debug)]
pub(crate) enum FieldType {
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Uuid,
    Decimal {
        precision: u32,
        scale: u32,
    },
    Date,
    TimestampMillis,
    TimestampMicros,
    /// A union of null, at this index, and one other type.
    Optional {
        null: usize,
        inner: Box<FieldType>,
    },
    Array(Box<FieldType>),
    Map(Box<FieldType>),
    Enum(TypeRef),
    /// A record, and the fewest bytes that it has.
    Record(TypeRef, usize),
}

impl FieldType {
    /// The fewest bytes that a value has.
    pub(crate) fn min_bytes(&self) -> usize {
        match self {
            Self::Float => 4,
            Self::Double => 8,
            Self::Record(_, min_bytes) => *min_bytes,
            _ => 1,
        }
    }
}

impl<'a> Builder<'a> {
    pub(super) fn fields(&mut self, record: &'a RecordType) -> Vec<FieldModel> {
        let mut idents: BTreeMap<String, &str> = BTreeMap::new();
        let mut fields = Vec::new();
        for field in &record.fields {
            let ident = names::snake(&field.name);
            if let Some(other) = idents.insert(ident.clone(), &field.name) {
                let message =
                    format!("`{}` and `{other}` would both become the Rust field `{ident}`", field.name);
                self.error(field.name_span, message, "rename one of the two");
                continue;
            }
            if let Some(property) = field.property("logicalType") {
                let hint =
                    "put it into the type: {\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}";
                self.error(property.key_span, "a logical type on a field means nothing", hint);
            }
            let Some(ty) = self.field_type(&field.ty) else { continue };
            let presence = self.presence(field, &ty);
            fields.push(FieldModel { name: field.name.clone(), ident, doc: field.doc.clone(), ty, presence });
        }
        fields
    }

    fn presence(&mut self, field: &'a Field, ty: &FieldType) -> Presence {
        if let Some(role) = Role::of(field).filter(|role| role.is_filled()) {
            return Presence::Role(role);
        }
        match &field.default {
            // Publishing from a handler sets it.
            None if Role::of(field) == Some(Role::CorrelationId) => Presence::Default(DefaultValue::Null),
            None => Presence::Required,
            Some(json) => match self.default_value(ty, json, &field.ty) {
                Some(value) => Presence::Default(value),
                None => {
                    let hint = "leave the default out, or make the field nullable with the default null";
                    self.error(json.span, "a default of this type is not supported yet", hint);
                    Presence::Required
                }
            },
        }
    }

    fn default_value(&self, ty: &FieldType, json: &Json, avro: &Type) -> Option<DefaultValue> {
        Some(match (ty, &json.value) {
            (FieldType::Optional { .. }, Value::Null) => DefaultValue::Null,
            (FieldType::Optional { inner, .. }, _) => {
                let inner_avro =
                    self.schemas.branches(avro).iter().find(|ty| !matches!(ty.kind, Kind::Null))?;
                DefaultValue::Some(Box::new(self.default_value(inner, json, inner_avro)?))
            }
            (FieldType::Boolean, Value::Bool(value)) => DefaultValue::Boolean(*value),
            (
                FieldType::Int | FieldType::Long | FieldType::Float | FieldType::Double,
                Value::Number(text),
            ) => DefaultValue::Number(text.clone()),
            (FieldType::String, Value::String(text)) => DefaultValue::String(text.clone()),
            (FieldType::Enum(ty), Value::String(symbol)) => {
                DefaultValue::Variant(ty.clone(), names::upper_camel(symbol))
            }
            (FieldType::Array(inner), Value::Array(items)) => {
                let Kind::Array(avro) = &avro.kind else { return None };
                DefaultValue::Array(
                    items.iter().map(|item| self.default_value(inner, item, avro)).collect::<Option<_>>()?,
                )
            }
            (FieldType::Map(inner), Value::Object(members)) => {
                let Kind::Map(avro) = &avro.kind else { return None };
                let entry = |member: &cq_events_schema::json::Member| {
                    Some((member.key.clone(), self.default_value(inner, &member.value, avro)?))
                };
                DefaultValue::Map(members.iter().map(entry).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// The Rust type of a field; None after an error.
    fn field_type(&mut self, ty: &'a Type) -> Option<FieldType> {
        self.check_logical(ty)?;
        Some(match (&ty.kind, ty.logical) {
            (Kind::String, Some(Logical::Uuid)) => FieldType::Uuid,
            (Kind::Bytes, Some(Logical::Decimal { precision, scale })) => {
                if precision > MAX_PRECISION {
                    let message = format!("a decimal of {precision} digits is not supported yet");
                    self.error(
                        ty.span,
                        message,
                        format!("use at most {MAX_PRECISION} digits, or plain bytes"),
                    );
                    return None;
                }
                FieldType::Decimal { precision, scale }
            }
            (Kind::Int, Some(Logical::Date)) => FieldType::Date,
            (Kind::Long, Some(Logical::TimestampMillis)) => FieldType::TimestampMillis,
            (Kind::Long, Some(Logical::TimestampMicros)) => FieldType::TimestampMicros,
            (_, Some(logical)) => {
                let message = format!("the logical type `{}` is not supported yet", logical.name());
                self.error(ty.span, message, "use timestamp-millis, or the plain type");
                return None;
            }
            (Kind::Boolean, None) => FieldType::Boolean,
            (Kind::Int, None) => FieldType::Int,
            (Kind::Long, None) => FieldType::Long,
            (Kind::Float, None) => FieldType::Float,
            (Kind::Double, None) => FieldType::Double,
            (Kind::Bytes, None) => FieldType::Bytes,
            (Kind::String, None) => FieldType::String,
            (Kind::Array(items), None) => FieldType::Array(Box::new(self.field_type(items)?)),
            (Kind::Map(values), None) => FieldType::Map(Box::new(self.field_type(values)?)),
            (Kind::Union(branches), None) => return self.optional(ty, branches),
            (Kind::Named(fullname), None) => return self.named_type(ty, fullname),
            _ => {
                self.error(
                    ty.span,
                    "a field that is always null holds nothing",
                    "remove it, or write [\"null\", ...]",
                );
                return None;
            }
        })
    }

    fn optional(&mut self, ty: &'a Type, branches: &'a [Type]) -> Option<FieldType> {
        let (null, inner) = match branches {
            [Type { kind: Kind::Null, .. }, inner] => (0, inner),
            [inner, Type { kind: Kind::Null, .. }] => (1, inner),
            _ => {
                let hint = "use [\"null\", T], or a record with nullable fields; other unions come with a later version";
                self.error(ty.span, "this union is not supported yet", hint);
                return None;
            }
        };
        Some(FieldType::Optional { null, inner: Box::new(self.field_type(inner)?) })
    }

    fn named_type(&mut self, ty: &'a Type, fullname: &'a str) -> Option<FieldType> {
        let named = self.schemas.get(fullname)?;
        let reference = TypeRef {
            module: self.homes.get(fullname).cloned()?,
            ident: names::upper_camel(named.short_name()),
        };
        match &named.kind {
            NamedKind::Enum(_) => Some(FieldType::Enum(reference)),
            NamedKind::Record(_) if self.is_recursive(fullname) => {
                let hint = "refer to the other by an id; recursion comes with a later version";
                self.error(
                    ty.span,
                    format!("`{fullname}` contains itself, which is not supported yet"),
                    hint,
                );
                None
            }
            NamedKind::Record(record) => {
                // What is wrong with its fields is reported where it is defined.
                let reported = self.errors.len();
                let min_bytes = record
                    .fields
                    .iter()
                    .filter_map(|field| self.field_type(&field.ty))
                    .map(|ty| ty.min_bytes());
                let min_bytes = min_bytes.collect::<Vec<_>>().iter().sum();
                self.errors.truncate(reported);
                Some(FieldType::Record(reference, min_bytes))
            }
            // Reported where it is defined.
            NamedKind::Fixed(_) => None,
        }
    }

    /// Whether a record can contain a value of itself, through whatever types.
    fn is_recursive(&self, fullname: &'a str) -> bool {
        let Some(NamedKind::Record(record)) = self.schemas.get(fullname).map(|named| &named.kind) else {
            return false;
        };
        record.fields.iter().any(|field| self.reachable(&field.ty).contains(fullname))
    }

    /// Refuses what looks like a logical type and would silently mean nothing: None after an error.
    fn check_logical(&mut self, ty: &'a Type) -> Option<()> {
        let Some(property) = ty.properties.iter().find(|property| property.key == "logicalType") else {
            return Some(());
        };
        let name = property.value.as_str().unwrap_or_default();
        let message = format!("the logical type `{name}` means nothing here");
        if LOGICAL_TYPES.contains(&name) {
            let hint = match name {
                "decimal" => {
                    "over bytes, with \"precision\" of at least 1 and \"scale\" of at most the precision"
                }
                "uuid" => "over string",
                "date" | "time-millis" => "over int",
                "duration" => "over fixed of 12 bytes",
                _ => "over long",
            };
            self.error(property.value.span, message, format!("{name} goes {hint}"));
            return None;
        }
        // Others are other programs' business: Avro says to take the plain type.
        let Some(near) = did_you_mean(name, LOGICAL_TYPES) else { return Some(()) };
        self.error(property.value.span, message, format!("did you mean \"{near}\"?"));
        None
    }
}
