//! Fields: their Rust types, and what a builder may leave out.

use cq_events_schema::{Field, Kind, Named, NamedKind, RecordType, Type};

use super::event::Role;
use super::facts::Parts;
use super::scalar::Scalar;
use super::{Builder, DefaultValue};
use crate::names;

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
    /// Whether it is personal data, which `Debug` does not show.
    pub(crate) is_hidden: bool,
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

/// A generated type as generated code refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeRef {
    /// The module in which it lives.
    pub(crate) module: String,
    pub(crate) ident: String,
    /// The name of its view; its own where a view of it would be the same.
    pub(crate) view: String,
    pub(crate) parts: Parts,
}

/// The types that fields have.
#[derive(Debug)]
pub(crate) enum FieldType {
    /// A field that is always null.
    Null,
    Scalar(Scalar),
    Enum(TypeRef),
    Record {
        ty: TypeRef,
        /// Whether it lies behind a pointer, since it may contain its owner.
        is_boxed: bool,
    },
    /// A union of null, at this index, and one other type.
    Optional {
        null: usize,
        inner: Box<FieldType>,
    },
    /// A union of one type.
    Single(Box<FieldType>),
    /// A union of several types, which is an enum of its own, and maybe null, at this index.
    Union {
        null: Option<usize>,
        ty: TypeRef,
    },
    Array(Box<FieldType>),
    Map(Box<FieldType>),
}

impl FieldType {
    /// What is known of it.
    pub(crate) fn parts(&self) -> Parts {
        let plain = |min_bytes| Parts { min_bytes, borrows: false, has_floats: false };
        match self {
            Self::Null => plain(0),
            Self::Scalar(scalar) => Parts {
                min_bytes: scalar.min_bytes(),
                borrows: scalar.borrows(),
                has_floats: scalar.is_float(),
            },
            Self::Enum(_) => plain(1),
            Self::Record { ty, .. } => ty.parts,
            Self::Optional { inner, .. } => Parts { min_bytes: 1, ..inner.parts() },
            Self::Single(inner) => {
                Parts { min_bytes: inner.parts().min_bytes.saturating_add(1), ..inner.parts() }
            }
            Self::Union { null: None, ty } => ty.parts,
            Self::Union { null: Some(_), ty } => Parts { min_bytes: 1, ..ty.parts },
            Self::Array(inner) => Parts { min_bytes: 1, ..inner.parts() },
            Self::Map(inner) => Parts { min_bytes: 1, borrows: true, ..inner.parts() },
        }
    }
}

/// The Rust names of a record's fields, in their order.
fn idents_of(record: &RecordType) -> Vec<String> {
    names::distinct(record.fields.iter().map(|field| field.name.as_str()), names::snake, "_")
}

/// The Rust name of one of a record's fields.
pub(super) fn ident_of(record: &RecordType, name: &str) -> String {
    let found = record.fields.iter().zip(idents_of(record)).find(|(field, _)| field.name == name);
    found.map(|(_, ident)| ident).unwrap_or_default()
}

/// The type that a logical type beside a field's name was meant for: the field's, or the only one beside null.
fn base_of_logical(ty: &Type) -> Option<&str> {
    let plain = match &ty.kind {
        Kind::Union(branches) => {
            let mut others = branches.iter().filter(|branch| !matches!(branch.kind, Kind::Null));
            others.next().filter(|_| others.next().is_none())?
        }
        _ => ty,
    };
    let is_primitive = !matches!(plain.kind, Kind::Union(_) | Kind::Array(_) | Kind::Map(_) | Kind::Named(_));
    is_primitive.then(|| plain.kind.name())
}

/// Where a type stands: in which record, and what an enum for a union there would be called.
#[derive(Clone, Copy)]
pub(super) struct Place<'p, 'a> {
    /// The record's fullname.
    pub(super) owner: &'a str,
    /// The field, as documentation names it.
    pub(super) field: &'p str,
    pub(super) name: &'p str,
}

impl<'a> Builder<'a> {
    pub(super) fn fields(&mut self, named: &'a Named, record: &'a RecordType) -> Vec<FieldModel> {
        let idents = idents_of(record);
        let type_ident =
            self.idents.get(&named.fullname).map(|idents| idents.ident.clone()).unwrap_or_default();
        let all_hidden = self.is_personal(&named.properties);
        let mut fields = Vec::new();
        for (field, ident) in record.fields.iter().zip(idents) {
            if let Some(property) = field.property("logicalType") {
                let logical = property.value.as_str().unwrap_or_default();
                let hint = match base_of_logical(&field.ty) {
                    Some(base) => {
                        format!(
                            "put it into the type: {{\"type\": \"{base}\", \"logicalType\": \"{logical}\"}}"
                        )
                    }
                    None => "it belongs into the object of the type that it says more of".to_owned(),
                };
                self.warning(
                    property.key_span,
                    "a logical type on a field means nothing, and is ignored",
                    hint,
                );
            }
            let is_hidden =
                self.is_personal(&field.properties) || all_hidden || self.holds_personal(&field.ty);
            let name = format!("{}{}", type_ident.trim_start_matches("r#"), names::upper_camel(&field.name));
            let path = format!("{}.{}", named.short_name(), field.name);
            let place = Place { owner: &named.fullname, field: &path, name: &name };
            let Some(ty) = self.field_type(&field.ty, place) else { continue };
            let presence = self.presence(field, &ty);
            fields.push(FieldModel {
                name: field.name.clone(),
                ident,
                doc: field.doc.clone(),
                ty,
                presence,
                is_hidden,
            });
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
            None if matches!(ty, FieldType::Null) => Presence::Default(DefaultValue::Unit),
            None => Presence::Required,
            Some(json) => Presence::Default(self.default_value(&field.ty, ty, json)),
        }
    }

    /// The Rust type of a field, or of a part of it; None after an error.
    pub(super) fn field_type(&mut self, ty: &'a Type, place: Place<'_, 'a>) -> Option<FieldType> {
        self.check_logical(ty)?;
        self.refuse_role_on_type(&ty.properties);
        if let Some(scalar) = Scalar::of(self.schemas, ty) {
            return Some(FieldType::Scalar(scalar));
        }
        let inside = |suffix: &str| format!("{}{suffix}", place.name);
        Some(match &ty.kind {
            Kind::Null => FieldType::Null,
            Kind::Array(items) => {
                let name = inside("Item");
                FieldType::Array(Box::new(self.field_type(items, Place { name: &name, ..place })?))
            }
            Kind::Map(values) => {
                let name = inside("Value");
                FieldType::Map(Box::new(self.field_type(values, Place { name: &name, ..place })?))
            }
            Kind::Union(branches) => self.union_type(ty, branches, place)?,
            Kind::Named(fullname) => self.named_type(fullname)?,
            // A logical type that is known to the parser and not here stands on a scalar.
            _ => return None,
        })
    }

    fn union_type(&mut self, ty: &'a Type, branches: &'a [Type], place: Place<'_, 'a>) -> Option<FieldType> {
        match branches {
            [] => {
                let hint = "list the types that it may have, such as [\"null\", \"string\"]";
                self.error(ty.span, "a union without types has no values", hint);
                None
            }
            [one] => Some(FieldType::Single(Box::new(self.field_type(one, place)?))),
            [Type { kind: Kind::Null, .. }, inner] => self.optional(0, inner, place),
            [inner, Type { kind: Kind::Null, .. }] => self.optional(1, inner, place),
            _ => self.enum_of_union(ty, branches, place),
        }
    }

    fn optional(&mut self, null: usize, inner: &'a Type, place: Place<'_, 'a>) -> Option<FieldType> {
        let mut inner_type = self.field_type(inner, place)?;
        self.box_what_closes_a_cycle(inner, &mut inner_type, place);
        Some(FieldType::Optional { null, inner: Box::new(inner_type) })
    }

    /// Boxes a record that is a branch of a union and may contain the union's owner.
    pub(super) fn box_what_closes_a_cycle(&self, avro: &Type, ty: &mut FieldType, place: Place<'_, 'a>) {
        if let (Kind::Named(part), FieldType::Record { is_boxed, .. }) = (&avro.kind, ty)
            && self.facts.closes_a_cycle(place.owner, part)
        {
            *is_boxed = true;
        }
    }

    fn named_type(&self, fullname: &'a str) -> Option<FieldType> {
        let named = self.schemas.get(fullname)?;
        match &named.kind {
            NamedKind::Enum(_) => Some(FieldType::Enum(self.type_ref(fullname)?)),
            NamedKind::Record(_) => Some(FieldType::Record { ty: self.type_ref(fullname)?, is_boxed: false }),
            // A scalar.
            NamedKind::Fixed(_) => None,
        }
    }

    /// A record or enum, as others refer to it.
    pub(super) fn type_ref(&self, fullname: &str) -> Option<TypeRef> {
        let idents = self.idents.get(fullname)?;
        let parts = self.facts.of_named(fullname);
        let is_enum = matches!(self.schemas.get(fullname)?.kind, NamedKind::Enum(_));
        let view = if is_enum { &idents.ident } else { &idents.view };
        Some(TypeRef {
            module: idents.module.clone(),
            ident: idents.ident.clone(),
            view: view.clone(),
            parts,
        })
    }
}
