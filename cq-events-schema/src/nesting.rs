//! How deep types lie in each other once they are assembled: each named type at its first use.

use std::collections::HashSet;

use crate::schema::{Field, Kind, NamedKind, Schemas, Type};
use crate::source::Diagnostic;

/// How deep types may nest: 32 records, each in an array in a union.
pub(crate) const MAX_DEPTH: usize = 96;

/// The first type of each root that lies too deep. The assembled form could not be parsed again.
pub(crate) fn check(schemas: &Schemas) -> Vec<Diagnostic> {
    let too_deep = |root| Walk { schemas, seen: HashSet::new() }.ty(root, 0);
    schemas.roots.iter().filter_map(too_deep).collect()
}

/// What is said of a type that lies too deep.
pub(crate) fn too_deep(ty: crate::source::Span) -> Diagnostic {
    Diagnostic::new(ty, format!("types nested more than {MAX_DEPTH} levels deep"))
        .hint("let fewer types lie in each other; named ones count where they are first used")
}

struct Walk<'a> {
    schemas: &'a Schemas,
    seen: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn ty(&mut self, ty: &'a Type, depth: usize) -> Option<Diagnostic> {
        if depth > MAX_DEPTH {
            return Some(too_deep(ty.span));
        }
        match &ty.kind {
            Kind::Array(inner) | Kind::Map(inner) => self.ty(inner, depth + 1),
            Kind::Union(branches) => branches.iter().find_map(|branch| self.ty(branch, depth + 1)),
            Kind::Named(fullname) if self.seen.insert(fullname) => {
                let fields: &[Field] = match self.schemas.get(fullname).map(|named| &named.kind) {
                    Some(NamedKind::Record(record)) => &record.fields,
                    _ => &[],
                };
                fields.iter().find_map(|field| self.ty(&field.ty, depth + 1))
            }
            _ => None,
        }
    }
}
