//! What makes a record an event: its key and its roles.

use cq_events_schema::{Field, Kind, Logical, Named, Property, RecordType, Type, did_you_mean};

use super::Builder;
use super::field::ident_of;
use super::logical::has_wrong_logical;
use crate::names;

/// What generated code needs to know of an event.
#[derive(Debug)]
pub(crate) struct EventModel {
    pub(crate) event_type: String,
    pub(crate) key: Option<KeyField>,
    /// The Rust fields with each role.
    pub(crate) event_id: Option<String>,
    pub(crate) occurred_at: Option<String>,
    pub(crate) correlation_id: Option<String>,
}

/// The field that is the message key.
#[derive(Debug)]
pub(crate) struct KeyField {
    pub(crate) ident: String,
}

/// What a field is to the runtime (`cq.role`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    EventId,
    OccurredAt,
    CorrelationId,
}

const ROLES: [(&str, Role, &str); 3] = [
    ("event_id", Role::EventId, "{\"type\": \"string\", \"logicalType\": \"uuid\"}"),
    ("occurred_at", Role::OccurredAt, "{\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}"),
    ("correlation_id", Role::CorrelationId, "[\"null\", \"string\"]"),
];

impl Role {
    /// The role of a field, if it has a valid one.
    pub(crate) fn of(field: &Field) -> Option<Self> {
        let name = field.property("cq.role")?.value.as_str()?;
        ROLES.iter().find(|(known, ..)| *known == name).map(|(_, role, _)| *role)
    }

    /// Whether `build()` fills the field. The correlation id has the default null instead: publishing sets it.
    pub(crate) fn is_filled(self) -> bool {
        matches!(self, Self::EventId | Self::OccurredAt)
    }

    fn fits(self, ty: &Type) -> bool {
        match self {
            Self::EventId => matches!((&ty.kind, ty.logical), (Kind::String, Some(Logical::Uuid))),
            Self::OccurredAt => {
                matches!((&ty.kind, ty.logical), (Kind::Long, Some(Logical::TimestampMillis)))
            }
            Self::CorrelationId => match &ty.kind {
                Kind::Union(branches) => {
                    branches.len() == 2
                        && branches.iter().any(|ty| matches!(ty.kind, Kind::Null))
                        && branches.iter().any(|ty| matches!(ty.kind, Kind::String) && ty.logical.is_none())
                }
                _ => false,
            },
        }
    }
}

impl<'a> Builder<'a> {
    pub(super) fn event(&mut self, named: &'a Named, record: &'a RecordType) -> EventModel {
        if record.fields.is_empty() {
            let hint = "add a field: a message of the wire header alone cannot be read by every client";
            self.error(named.name_span, format!("the event `{}` has no fields", named.short_name()), hint);
        }
        self.refuse_unknown(&named.properties, "cq.key");
        for field in &record.fields {
            self.refuse_unknown(&field.properties, "cq.role");
        }
        let mut roles: [Option<String>; 3] = [None, None, None];
        for field in &record.fields {
            self.take_role(record, field, &mut roles);
        }
        let [event_id, occurred_at, correlation_id] = roles;
        EventModel {
            event_type: names::event_type(named.short_name()),
            key: self.key(named, record),
            event_id,
            occurred_at,
            correlation_id,
        }
    }

    /// Refuses properties with our prefix in a record that is no event, where nothing heeds them.
    pub(super) fn refuse_event_properties(&mut self, named: &'a Named, record: &'a RecordType) {
        let properties =
            named.properties.iter().chain(record.fields.iter().flat_map(|field| &field.properties));
        for property in properties.filter(|property| property.key.starts_with("cq.")) {
            let message =
                format!("`{}` means nothing in `{}`, which is no event", property.key, named.fullname);
            self.error(
                property.key_span,
                message,
                "only the records of a stream's union have a key and roles",
            );
        }
    }

    /// Refuses properties with our prefix inside a type, where nothing heeds them.
    pub(super) fn refuse_role_on_type(&mut self, properties: &[Property]) {
        for property in properties.iter().filter(|property| property.key.starts_with("cq.")) {
            let message = format!("`{}` means nothing inside a type", property.key);
            self.error(property.key_span, message, "put it beside the name of the field");
        }
    }

    /// Refuses properties with our prefix other than the `known` one.
    fn refuse_unknown(&mut self, properties: &[Property], known: &str) {
        for property in
            properties.iter().filter(|property| property.key.starts_with("cq.") && property.key != known)
        {
            let hint = match did_you_mean(&property.key, [known]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the only property with this prefix here is `{known}`"),
            };
            self.error(property.key_span, format!("unknown property `{}`", property.key), hint);
        }
    }

    fn take_role(&mut self, record: &'a RecordType, field: &'a Field, roles: &mut [Option<String>; 3]) {
        let Some(property) = field.property("cq.role") else { return };
        let name = property.value.as_str().unwrap_or_default();
        let found = ROLES.iter().zip(roles).find(|((known, ..), _)| *known == name);
        let Some(((_, role, shape), slot)) = found else {
            let hint = match did_you_mean(name, ROLES.iter().map(|(known, ..)| *known)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "there are event_id, occurred_at and correlation_id".to_owned(),
            };
            return self.error(property.value.span, format!("unknown role `{name}`"), hint);
        };
        // A mistake in the logical type is reported by itself, and is not two.
        if !role.fits(&field.ty) && !has_wrong_logical(&field.ty.properties) {
            let message = format!("a field of this type cannot have the role `{name}`");
            self.error(field.ty.span, message, format!("its type must be {shape}"));
        }
        if slot.replace(ident_of(record, &field.name)).is_some() {
            let message = format!("two fields of one event have the role `{name}`");
            self.error(property.value.span, message, "keep one");
        }
    }

    fn key(&mut self, named: &'a Named, record: &'a RecordType) -> Option<KeyField> {
        let property = named.properties.iter().find(|property| property.key == "cq.key")?;
        let name = property.value.as_str().unwrap_or_default();
        let Some(field) = record.fields.iter().find(|field| field.name == name) else {
            let near = did_you_mean(name, record.fields.iter().map(|field| field.name.as_str()));
            let hint = near.map_or("name one of the record's own fields".to_owned(), |near| {
                format!("did you mean \"{near}\"?")
            });
            self.error(property.value.span, format!("the record has no field `{name}` to be its key"), hint);
            return None;
        };
        if !self.can_be_key(&field.ty) {
            let hint = "a key is a string, uuid, int or long, or one of them with null";
            self.error(property.value.span, format!("the field `{name}` cannot be a key"), hint);
            return None;
        }
        Some(KeyField { ident: ident_of(record, &field.name) })
    }

    fn can_be_key(&self, ty: &Type) -> bool {
        match &ty.kind {
            Kind::String => matches!(ty.logical, None | Some(Logical::Uuid)),
            Kind::Int | Kind::Long => ty.logical.is_none(),
            Kind::Union(branches) => match branches.as_slice() {
                [Type { kind: Kind::Null, .. }, inner] | [inner, Type { kind: Kind::Null, .. }] => {
                    !matches!(inner.kind, Kind::Union(_)) && self.can_be_key(inner)
                }
                _ => false,
            },
            _ => false,
        }
    }
}
