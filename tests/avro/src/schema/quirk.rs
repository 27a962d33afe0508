//! Where PyPI's avro does not fill defaults as Avro 1.12 says.

use serde_json::Value as Json;

use super::{NamedKind, Schema, Ty};
use crate::known::{FIRST_BRANCH, LATIN1};

/// Why the library takes something for a value that a default leaves out.
const NULL_IS_MISSING: &str =
    "takes a null in a record's default for a field that is missing, and fills in its default";

impl Schema {
    /// Why PyPI's avro fills the defaults of an event in another way, if it does.
    pub fn avro_departs(&self, event: usize) -> Option<&'static str> {
        let fields = self.types[event].fields().iter();
        fields
            .filter_map(|field| Some((&field.ty, &field.default.as_ref()?.raw)))
            .find_map(|(ty, raw)| self.departs(ty, raw))
    }

    fn departs(&self, ty: &Ty, raw: &Json) -> Option<&'static str> {
        match ty {
            Ty::Union(branches) => {
                let first = branches.first()?;
                if self.accepts(first, raw) { self.departs(first, raw) } else { Some(FIRST_BRANCH) }
            }
            Ty::Array(items) => raw.as_array()?.iter().find_map(|item| self.departs(items, item)),
            Ty::Map(values) => raw.as_object()?.values().find_map(|value| self.departs(values, value)),
            Ty::Unknown(base) => self.departs(base, raw),
            Ty::Named(id) => match &self.types[*id].kind {
                NamedKind::Record(fields) => fields.iter().find_map(|field| {
                    let default = field.default.as_ref().map(|default| &default.raw);
                    match (raw.get(&field.name), default) {
                        (Some(Json::Null), Some(default)) if !default.is_null() => Some(NULL_IS_MISSING),
                        (Some(given), _) => self.departs(&field.ty, given),
                        (None, default) => self.departs(&field.ty, default?),
                    }
                }),
                NamedKind::Fixed { .. } => beyond_ascii(raw),
                NamedKind::Enum { .. } => None,
            },
            ty if self.label(ty) == "bytes" => beyond_ascii(raw),
            _ => None,
        }
    }
}

fn beyond_ascii(raw: &Json) -> Option<&'static str> {
    (!raw.as_str()?.is_ascii()).then_some(LATIN1)
}
