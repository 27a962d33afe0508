//! A value as JSON for people, in the forms of the library's `json`, with personal data hidden.

use apache_avro::types::Value;
use cq_events::codec::WideDecimal;
use cq_events_schema::{Field, Kind, Logical, Named, NamedKind, Property, Schemas, Type};
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::node::Node;

/// The property whose tags say what is personal.
const TAGS: &str = "confluent:tags";
const PERSONAL: &str = "PII";

/// Writes values of one schema.
pub(super) struct Form<'s> {
    pub(super) schemas: &'s Schemas,
    /// Whether personal data are shown.
    pub(super) reveals: bool,
}

impl<'s> Form<'s> {
    /// The value of a message: events with their names.
    pub(super) fn root(&self, ty: &'s Type, value: &Value) -> Result<Node, String> {
        let (branch, inner) = match (&ty.kind, value) {
            (Kind::Union(branches), Value::Union(index, inner)) => (branch(branches, *index)?, &**inner),
            _ => (ty, value),
        };
        let node = self.node(branch, inner)?;
        Ok(match &branch.kind {
            Kind::Named(fullname) => Node::Object(vec![(fullname.clone(), node)]),
            _ => node,
        })
    }

    fn node(&self, ty: &'s Type, value: &Value) -> Result<Node, String> {
        if self.hides(&ty.properties) {
            return Ok(Node::hidden());
        }
        Ok(match (&ty.kind, value) {
            (Kind::Union(branches), Value::Union(index, inner)) => {
                let branch = branch(branches, *index)?;
                let node = self.node(branch, inner)?;
                let others = branches.iter().filter(|branch| !matches!(branch.kind, Kind::Null)).count();
                match node {
                    Node::Null => Node::Null,
                    node if others < 2 => node,
                    node => Node::Object(vec![(branch.kind.name().to_owned(), node)]),
                }
            }
            (Kind::Array(items), Value::Array(values)) => {
                Node::List(values.iter().map(|value| self.node(items, value)).collect::<Result<_, _>>()?)
            }
            (Kind::Map(of), Value::Map(values)) => {
                let mut sorted: Vec<_> = values.iter().collect();
                sorted.sort_by_key(|(key, _)| key.as_str());
                let members = sorted.into_iter().map(|(key, value)| Ok((key.clone(), self.node(of, value)?)));
                Node::Object(members.collect::<Result<_, String>>()?)
            }
            (Kind::Named(fullname), value) => {
                let named = self.schemas.get(fullname).ok_or_else(|| format!("{fullname} is not defined"))?;
                self.named(named, value)?
            }
            (_, value) => scalar(value, ty.logical)?,
        })
    }

    fn named(&self, named: &'s Named, value: &Value) -> Result<Node, String> {
        if self.hides(&named.properties) {
            return Ok(Node::hidden());
        }
        match (&named.kind, value) {
            (NamedKind::Record(record), Value::Record(values)) => {
                let member = |(field, (name, value)): (&'s Field, &(String, Value))| {
                    let is_hidden = self.hides(&field.properties) || self.holds_personal(&field.ty);
                    let node = if is_hidden { Node::hidden() } else { self.node(&field.ty, value)? };
                    Ok((name.clone(), node))
                };
                let members = record.fields.iter().zip(values).map(member);
                Ok(Node::Object(members.collect::<Result<_, String>>()?))
            }
            (NamedKind::Fixed(fixed), value) => scalar(value, fixed.logical),
            (_, value) => scalar(value, None),
        }
    }

    /// Whether all of a field is hidden for a part of its type. Records hide their own fields.
    fn holds_personal(&self, ty: &Type) -> bool {
        self.hides(&ty.properties)
            || match &ty.kind {
                Kind::Array(inner) | Kind::Map(inner) => self.holds_personal(inner),
                Kind::Union(branches) => branches.iter().any(|branch| self.holds_personal(branch)),
                Kind::Named(fullname) => {
                    self.schemas.get(fullname).is_some_and(|named| self.hides(&named.properties))
                }
                _ => false,
            }
    }

    fn hides(&self, properties: &[Property]) -> bool {
        !self.reveals && is_personal(properties)
    }

    /// Whether the field that is an event's key is hidden.
    pub(super) fn hides_key(&self, event: &str) -> bool {
        let Some(named) = self.schemas.get(event) else { return false };
        let NamedKind::Record(record) = &named.kind else { return false };
        let key = named.properties.iter().find(|property| property.key == "cq.key");
        let key = key.and_then(|property| property.value.as_str()).and_then(|name| record.index_of(name));
        let is_hidden = |field: &Field| self.hides(&field.properties) || self.holds_personal(&field.ty);
        key.is_some() && self.hides(&named.properties)
            || key.and_then(|index| record.fields.get(index)).is_some_and(is_hidden)
    }

    /// Whether anything is hidden in data of this schema.
    pub(super) fn hides_something(&self) -> bool {
        let in_named = |named: &Named| {
            let in_fields = match &named.kind {
                NamedKind::Record(record) => record
                    .fields
                    .iter()
                    .any(|field| self.hides(&field.properties) || self.holds_personal(&field.ty)),
                _ => false,
            };
            in_fields || self.hides(&named.properties)
        };
        self.schemas.named().any(in_named)
            || self.schemas.roots().iter().any(|root| self.holds_personal(root))
    }
}

/// A tag in a form that the build would refuse counts too.
fn is_personal(properties: &[Property]) -> bool {
    let Some(tags) = properties.iter().find(|property| property.key == TAGS) else { return false };
    match tags.value.as_array() {
        Some(tags) => tags.iter().any(|tag| tag.as_str() == Some(PERSONAL)),
        None => tags.value.as_str().is_some_and(|tags| tags.contains(PERSONAL)),
    }
}

fn branch(branches: &[Type], index: u32) -> Result<&Type, String> {
    branches.get(index as usize).ok_or_else(|| format!("there is no branch {index}"))
}

fn scalar(value: &Value, logical: Option<Logical>) -> Result<Node, String> {
    Ok(match value {
        Value::Null => Node::Null,
        Value::Boolean(value) => Node::Bool(*value),
        Value::Int(value) => Node::Int(i64::from(*value)),
        Value::Long(value) => Node::Int(*value),
        Value::Float(value) => Node::Float(*value),
        Value::Double(value) => Node::Double(*value),
        Value::String(text) | Value::Enum(_, text) => Node::text(text),
        Value::Bytes(bytes) | Value::Fixed(_, bytes) => {
            Node::Text(bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        Value::Uuid(uuid) => Node::text(uuid),
        Value::Decimal(decimal) => {
            let bytes: Vec<u8> = decimal.try_into().map_err(|error: apache_avro::Error| error.to_string())?;
            let scale = if let Some(Logical::Decimal { scale, .. }) = logical { scale } else { 0 };
            let decimal = WideDecimal::from_signed_be_bytes(&bytes, scale);
            Node::text(decimal.map_err(|error| error.to_string())?)
        }
        Value::BigDecimal(decimal) => Node::text(decimal),
        Value::Duration(duration) => Node::Object(vec![
            ("months".to_owned(), Node::Int(u32::from(duration.months()).into())),
            ("days".to_owned(), Node::Int(u32::from(duration.days()).into())),
            ("millis".to_owned(), Node::Int(u32::from(duration.millis()).into())),
        ]),
        Value::Date(days) => or_number(date(*days), i64::from(*days)),
        Value::TimeMillis(millis) => {
            or_number(time(SignedDuration::from_millis((*millis).into())), i64::from(*millis))
        }
        Value::TimeMicros(micros) => or_number(time(SignedDuration::from_micros(*micros)), *micros),
        Value::TimestampMillis(millis) => or_number(Timestamp::from_millisecond(*millis).ok(), *millis),
        Value::TimestampMicros(micros) => or_number(Timestamp::from_microsecond(*micros).ok(), *micros),
        Value::TimestampNanos(nanos) => or_number(Timestamp::from_nanosecond((*nanos).into()).ok(), *nanos),
        Value::LocalTimestampMillis(millis) => local(Timestamp::from_millisecond(*millis).ok(), *millis),
        Value::LocalTimestampMicros(micros) => local(Timestamp::from_microsecond(*micros).ok(), *micros),
        Value::LocalTimestampNanos(nanos) => local(Timestamp::from_nanosecond((*nanos).into()).ok(), *nanos),
        Value::Union(..) | Value::Array(_) | Value::Map(_) | Value::Record(_) => {
            return Err("the decoder has read another type than the schema has".to_owned());
        }
    })
}

/// A time that is none, or of no year that there is, is shown as the number that it is.
fn or_number(time: Option<impl ToString>, number: i64) -> Node {
    time.map_or(Node::Int(number), Node::text)
}

fn date(days: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok()
}

fn time(since_midnight: SignedDuration) -> Option<Time> {
    let within_a_day = !since_midnight.is_negative() && since_midnight < SignedDuration::from_hours(24);
    within_a_day.then(|| Time::midnight().checked_add(since_midnight).ok()).flatten()
}

fn local(time: Option<Timestamp>, number: i64) -> Node {
    or_number(time.map(|time| TimeZone::UTC.to_datetime(time)), number)
}
