//! Whether bytes are what their schema says: the library's own decoder goes through all of them.
//!
//! The dynamic decoder alone would not do: it takes some truncated data for whole, and a stack overflow for an answer.

use cq_events::codec::{DecodeLimits, Decoder};
use cq_events_schema::{Kind, NamedKind, Schemas, Type};

/// How deep values may lie in each other: what is deeper could fill the dynamic decoder's stack.
const DEEPEST: usize = 200;

/// Whether `datum` is exactly one value of `root`.
///
/// # Errors
/// Where it is not, and why.
pub(super) fn check(schemas: &Schemas, root: &Type, datum: &[u8]) -> Result<(), String> {
    let mut input = Decoder::new(datum, DecodeLimits::DEFAULT);
    let mut check = Check { schemas, depth: 0, records: Vec::new(), is_too_deep: false };
    check.value(&mut input, root);
    if check.is_too_deep {
        return Err(format!("values lie in each other more than {DEEPEST} deep"));
    }
    input.finish().map_err(|mut error| {
        error.path = schemas.locate(root, datum, error.offset).unwrap_or_default();
        error.to_string()
    })
}

struct Check<'s> {
    schemas: &'s Schemas,
    depth: usize,
    /// The records that are being read, the outermost first.
    records: Vec<&'s str>,
    is_too_deep: bool,
}

impl<'s> Check<'s> {
    fn value(&mut self, input: &mut Decoder<'_>, ty: &'s Type) {
        if self.depth == DEEPEST {
            self.is_too_deep = true;
        }
        if self.is_too_deep || input.failed() {
            return;
        }
        self.depth += 1;
        match &ty.kind {
            Kind::Boolean => _ = input.boolean(),
            Kind::Int => _ = input.int(),
            Kind::Long => _ = input.long(),
            Kind::Float => _ = input.float(),
            Kind::Double => _ = input.double(),
            Kind::Bytes => _ = input.bytes_ref(),
            Kind::String => _ = input.string_ref(),
            Kind::Array(items) => _ = input.array(self.least(items), |input| self.value(input, items)),
            Kind::Map(values) => _ = input.entries(self.least(values), |input| self.value(input, values)),
            Kind::Union(branches) => {
                if let Some(branch) = branches.get(input.branch(branches.len())) {
                    self.value(input, branch);
                }
            }
            Kind::Named(fullname) => self.named(input, fullname),
            // A null has no bytes.
            _ => {}
        }
        self.depth -= 1;
    }

    fn named(&mut self, input: &mut Decoder<'_>, fullname: &'s str) {
        match self.schemas.get(fullname).map(|named| &named.kind) {
            Some(NamedKind::Enum(symbols)) => _ = input.symbol(symbols.symbols.len()),
            Some(NamedKind::Fixed(fixed)) => {
                for _ in 0..fixed.size {
                    if input.failed() {
                        break;
                    }
                    input.fixed_ref::<1>();
                }
            }
            Some(NamedKind::Record(record)) => {
                let is_within_itself = self.records.contains(&fullname);
                self.records.push(fullname);
                if is_within_itself {
                    input.enter();
                }
                record.fields.iter().for_each(|field| self.value(input, &field.ty));
                if is_within_itself {
                    input.leave();
                }
                self.records.pop();
            }
            None => {}
        }
    }

    /// The least bytes of a value, so that a count can be held against those that are left: none, or one.
    fn least(&self, ty: &Type) -> usize {
        usize::from(!self.is_nothing(ty))
    }

    /// Only a record without fields, or of such, ends here: one in itself is behind a union, an array or a map.
    fn is_nothing(&self, ty: &Type) -> bool {
        match &ty.kind {
            Kind::Null => true,
            Kind::Named(fullname) => match self.schemas.get(fullname).map(|named| &named.kind) {
                Some(NamedKind::Record(record)) => {
                    record.fields.iter().all(|field| self.is_nothing(&field.ty))
                }
                Some(NamedKind::Fixed(fixed)) => fixed.size == 0,
                _ => false,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"[
        {"type": "record", "name": "a.List", "fields": [
            {"name": "text", "type": "string"},
            {"name": "flags", "type": {"type": "array", "items": "boolean"}},
            {"name": "next", "type": ["null", "List"]}]},
        {"type": "record", "name": "a.Other", "fields": [
            {"name": "fixed", "type": {"type": "fixed", "name": "F", "size": 3}},
            {"name": "nulls", "type": {"type": "array", "items": "null"}}]}]"#;

    fn outcome(datum: &[u8]) -> String {
        let schemas = Schemas::parse_text("schema", SCHEMA).unwrap();
        check(&schemas, &schemas.roots()[0], datum).err().unwrap_or_default()
    }

    #[test]
    fn whole_values_pass_and_all_others_do_not() {
        let whole = [0, 2, b'x', 4, 1, 0, 0, 2, 2, b'y', 3, 4, 1, 0, 0, 0];
        assert_eq!(outcome(&whole), "");
        for end in 0..whole.len() {
            assert!(outcome(&whole[..end]).contains("at byte"), "{end}: {}", outcome(&whole[..end]));
        }
        for (datum, part) in [
            (&[0, 2, 0xff, 0, 0][..], "List.text: a string is not UTF-8"),
            (&[0, 2, b'x', 2, 7, 0, 0], "flags[0]"),
            (&[0, 2, b'x', 0, 0, 9], "1 bytes are left over"),
            // A block that claims another size than it has.
            (&[0, 2, b'x', 1, 8, 1, 0, 0], "block"),
            (&[4], "branch 2 of a union with 2"),
            (&[2, 1, 2], "fixed"),
            (&[2, 1, 2, 3, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0], "nulls"),
        ] {
            assert!(outcome(datum).contains(part), "{part}: {}", outcome(datum));
        }
        assert_eq!(outcome(&[2, 1, 2, 3, 4, 0]), "");
    }

    #[test]
    fn a_record_in_itself_ends_where_it_is_too_deep() {
        let mut datum = vec![0];
        datum.extend([0, 0, 2].repeat(100_000));
        assert!(outcome(&datum).contains("deep"), "{}", outcome(&datum));
    }
}
