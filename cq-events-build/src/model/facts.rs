//! What follows from a record's parts, and from theirs, however deep: sizes, borrowing, recursion.

use std::collections::{BTreeMap, BTreeSet};

use cq_events_schema::{Kind, NamedKind, RecordType, Schemas, Type};

use super::scalar::Scalar;

/// More bytes than any message has: of what has no value that is known yet.
const ENDLESS: usize = 1 << 40;
/// A record of more bytes than this is boxed where it is one of several types, so that it does not make all large.
const LARGE: usize = 256;

/// What is known of every record, by fullname.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    schemas: &'a Schemas,
    records: BTreeMap<&'a str, Parts>,
    /// For each record, the records that a value of it may hold, at whatever depth.
    reachable: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The same, without what lies behind an array or a map, which are pointers already.
    inline: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// About how many bytes each record's Rust struct has.
    inline_bytes: BTreeMap<&'a str, usize>,
}

/// What is known of a type with parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The fewest bytes that a value has in Avro's binary form.
    pub(crate) min_bytes: usize,
    /// Whether a view of it points into the message.
    pub(crate) borrows: bool,
    /// Whether equality is not total, since there is a float or a double in it.
    pub(crate) has_floats: bool,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(schemas: &'a Schemas) -> Self {
        let records =
            || schemas.named().filter_map(|named| Some((named.fullname.as_str(), record(&named.kind)?)));
        let start = Parts { min_bytes: ENDLESS, borrows: false, has_floats: false };
        let mut facts = Self {
            schemas,
            records: records().map(|(fullname, _)| (fullname, start)).collect(),
            reachable: records().map(|(name, record)| (name, closure(schemas, record, true))).collect(),
            inline: records().map(|(name, record)| (name, closure(schemas, record, false))).collect(),
            inline_bytes: BTreeMap::new(),
        };
        for (fullname, _) in records() {
            facts.measure(fullname);
        }
        // Until nothing changes: sizes only fall, and the rest only becomes true.
        loop {
            let next: BTreeMap<_, _> =
                records().map(|(fullname, record)| (fullname, facts.of_record_parts(record))).collect();
            if next == facts.records {
                return facts;
            }
            facts.records = next;
        }
    }

    /// What is known of a type.
    pub(crate) fn of(&self, ty: &Type) -> Parts {
        let plain = |min_bytes| Parts { min_bytes, borrows: false, has_floats: false };
        if let Some(scalar) = Scalar::of(self.schemas, ty) {
            return Parts {
                min_bytes: scalar.min_bytes(),
                borrows: scalar.borrows(),
                has_floats: scalar.is_float(),
            };
        }
        match &ty.kind {
            Kind::Null => plain(0),
            Kind::Array(items) => Parts { min_bytes: 1, ..self.of(items) },
            Kind::Map(values) => Parts { min_bytes: 1, borrows: true, ..self.of(values) },
            Kind::Union(branches) => {
                let parts = || branches.iter().map(|branch| self.of(branch));
                Parts {
                    min_bytes: parts()
                        .map(|parts| parts.min_bytes)
                        .min()
                        .unwrap_or(ENDLESS)
                        .saturating_add(1),
                    borrows: parts().any(|parts| parts.borrows),
                    has_floats: parts().any(|parts| parts.has_floats),
                }
            }
            Kind::Named(fullname) => self.of_named(fullname),
            _ => plain(1),
        }
    }

    /// What is known of a record or enum.
    pub(crate) fn of_named(&self, fullname: &str) -> Parts {
        let symbols = Parts { min_bytes: 1, borrows: false, has_floats: false };
        self.records.get(fullname).copied().unwrap_or(symbols)
    }

    fn of_record_parts(&self, record: &RecordType) -> Parts {
        let parts = || record.fields.iter().map(|field| self.of(&field.ty));
        Parts {
            min_bytes: parts().map(|parts| parts.min_bytes).sum::<usize>().min(ENDLESS),
            borrows: parts().any(|parts| parts.borrows),
            has_floats: parts().any(|parts| parts.has_floats),
        }
    }

    /// Whether a record can hold a value of itself, through whatever types.
    pub(crate) fn is_recursive(&self, fullname: &str) -> bool {
        self.reachable.get(fullname).is_some_and(|reachable| reachable.contains(fullname))
    }

    /// Whether the record `part`, as a branch of a union in the record `owner`, must be boxed for `owner` to have a
    /// size at all. No cycle is without a union, an array or a map, so boxing in unions breaks every one.
    pub(crate) fn closes_a_cycle(&self, owner: &str, part: &str) -> bool {
        part == owner || self.inline.get(part).is_some_and(|inline| inline.contains(owner))
    }

    /// Whether the record `part` makes a union of several types large.
    pub(crate) fn is_large(&self, part: &str) -> bool {
        self.inline_bytes.get(part).is_some_and(|bytes| *bytes > LARGE)
    }

    /// About how many bytes the Rust struct has, not counting what it points to. Each record is measured once.
    fn measure(&mut self, fullname: &'a str) -> usize {
        if let Some(bytes) = self.inline_bytes.get(fullname) {
            return *bytes;
        }
        let record = self.schemas.get(fullname).and_then(|named| record(&named.kind));
        let fields = record.map(|record| record.fields.as_slice()).unwrap_or_default();
        let bytes = fields
            .iter()
            .fold(0_usize, |bytes, field| bytes.saturating_add(self.measure_type(fullname, &field.ty)));
        self.inline_bytes.insert(fullname, bytes);
        bytes
    }

    fn measure_type(&mut self, owner: &'a str, ty: &'a Type) -> usize {
        if let Some(scalar) = Scalar::of(self.schemas, ty) {
            return scalar.inline_bytes();
        }
        match &ty.kind {
            Kind::Union(branches) => {
                let sizes = branches.iter().map(|branch| match &branch.kind {
                    Kind::Named(part) if self.closes_a_cycle(owner, part) => 8,
                    _ => self.measure_type(owner, branch),
                });
                sizes.max().unwrap_or_default().saturating_add(8)
            }
            Kind::Array(_) | Kind::Map(_) => 24,
            Kind::Named(part) => self.measure(part),
            _ => 0,
        }
    }
}

fn record(kind: &NamedKind) -> Option<&RecordType> {
    match kind {
        NamedKind::Record(record) => Some(record),
        _ => None,
    }
}

/// The records that a record's values may hold.
fn closure<'a>(schemas: &'a Schemas, from: &'a RecordType, behind_pointers: bool) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Type> = from.fields.iter().map(|field| &field.ty).collect();
    while let Some(ty) = open.pop() {
        match &ty.kind {
            Kind::Array(inner) | Kind::Map(inner) if behind_pointers => open.push(inner),
            Kind::Union(branches) => open.extend(branches),
            Kind::Named(fullname) => {
                if let Some(record) = schemas.get(fullname).and_then(|named| record(&named.kind))
                    && found.insert(fullname.as_str())
                {
                    open.extend(record.fields.iter().map(|field| &field.ty));
                }
            }
            _ => {}
        }
    }
    found
}
