//! Types whose data have no bytes, so that each has one value only.

use std::collections::HashSet;

use crate::least;
use crate::schema::{Kind, NamedKind, Schemas, Type};

/// The types of a schema that are empty.
#[derive(Debug)]
pub(crate) struct Empty<'a>(HashSet<&'a str>);

impl<'a> Empty<'a> {
    pub(crate) fn new(schemas: &'a Schemas) -> Self {
        Self(least::set(schemas, |named, set| match &named.kind {
            NamedKind::Record(record) => record.fields.iter().all(|field| is_empty(set, &field.ty)),
            NamedKind::Fixed(fixed) => fixed.size == 0,
            NamedKind::Enum(_) => false,
        }))
    }

    /// Whether its data have no bytes.
    pub(crate) fn has(&self, ty: &Type) -> bool {
        is_empty(&self.0, ty)
    }
}

fn is_empty(set: &HashSet<&str>, ty: &Type) -> bool {
    match &ty.kind {
        Kind::Null => true,
        Kind::Named(fullname) => set.contains(fullname.as_str()),
        _ => false,
    }
}
