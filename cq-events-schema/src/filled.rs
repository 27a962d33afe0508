//! Defaults that fill in others: a record in a default takes the defaults of the fields that it leaves out, and these
//! may leave out fields in turn.

use std::collections::HashMap;
use std::ptr;

use crate::defaults::Checker;
use crate::json::{Json, Value};
use crate::schema::{Field, Kind, NamedKind, Schemas, Type};
use crate::source::Diagnostic;

/// How deep defaults may fill in each other.
const MAX_DEPTH: usize = 32;
/// How deep their values may lie in each other, all in all.
const MAX_NESTED: usize = 512;
/// How many bytes of JSON a default may become.
const MAX_BYTES: usize = 1 << 20;

/// The first mistake of the schemas' defaults, which are values of their types: others are mostly the same one, met
/// from another field.
pub(crate) fn check(schemas: &Schemas) -> Option<Diagnostic> {
    let mut filler = Filler { schemas, checker: Checker::new(schemas), known: HashMap::new(), nested: 0 };
    let records = schemas.named.values().filter_map(|named| match &named.kind {
        NamedKind::Record(record) => Some(record),
        NamedKind::Enum(_) | NamedKind::Fixed(_) => None,
    });
    let fields = records.flat_map(|record| &record.fields);
    fields
        .filter_map(|field| {
            let default = field.default.as_ref()?;
            let message = match filler.field(field, default, 0) {
                Ok(bytes) if bytes <= MAX_BYTES => return None,
                Ok(_) => format!("with what it fills in, the default has more than {MAX_BYTES} bytes"),
                Err(Endless) => "the default fills in itself, or defaults very deep in each other".to_owned(),
            };
            let hint = "it leaves out a field that has a default with records in it: give that field here";
            Some(Diagnostic::new(default.span, message).hint(hint))
        })
        .min_by_key(|mistake| mistake.span)
}

struct Filler<'a> {
    schemas: &'a Schemas,
    checker: Checker<'a>,
    /// What each field's default becomes, by the field's address. A field that is being looked at is endless.
    known: HashMap<*const Field, Result<usize, Endless>>,
    nested: usize,
}

#[derive(Clone, Copy)]
struct Endless;

impl<'a> Filler<'a> {
    /// How many bytes of JSON the default of a field becomes.
    fn field(&mut self, field: &'a Field, default: &'a Json, depth: usize) -> Result<usize, Endless> {
        let at = ptr::from_ref(field);
        if let Some(known) = self.known.get(&at) {
            return *known;
        }
        if depth > MAX_DEPTH {
            return Err(Endless);
        }
        self.known.insert(at, Err(Endless));
        let bytes = self.value(&field.ty, default, depth);
        self.known.insert(at, bytes);
        bytes
    }

    fn value(&mut self, ty: &'a Type, value: &'a Json, depth: usize) -> Result<usize, Endless> {
        self.nested += 1;
        let bytes = if self.nested > MAX_NESTED { Err(Endless) } else { self.value_within(ty, value, depth) };
        self.nested -= 1;
        bytes
    }

    fn value_within(&mut self, ty: &'a Type, value: &'a Json, depth: usize) -> Result<usize, Endless> {
        let own = value.span.end.saturating_sub(value.span.start);
        let sum = |bytes: usize, more: Result<usize, Endless>| Ok(bytes.saturating_add(more?));
        match (&ty.kind, &value.value) {
            (Kind::Array(items), Value::Array(values)) => {
                values.iter().try_fold(own, |bytes, value| sum(bytes, self.value(items, value, depth)))
            }
            (Kind::Map(values), Value::Object(members)) => members
                .iter()
                .try_fold(own, |bytes, member| sum(bytes, self.value(values, &member.value, depth))),
            (Kind::Union(branches), _) => {
                match branches.iter().find(|branch| self.checker.fits(branch, value)) {
                    Some(branch) => self.value(branch, value, depth),
                    None => Ok(own),
                }
            }
            (Kind::Named(fullname), Value::Object(_)) => {
                let members = value.members().unwrap_or_default();
                let Some(NamedKind::Record(record)) = self.schemas.get(fullname).map(|named| &named.kind)
                else {
                    return Ok(own);
                };
                record.fields.iter().try_fold(own, |bytes, field| {
                    let more = match (members.get(field.name.as_str()), &field.default) {
                        (Some(value), _) => self.value(&field.ty, value, depth),
                        (None, Some(default)) => self.field(field, default, depth + 1),
                        (None, None) => Ok(0),
                    };
                    sum(bytes, more)
                })
            }
            _ => Ok(own),
        }
    }
}
