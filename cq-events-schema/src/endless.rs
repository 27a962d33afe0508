//! Records that have no finite value, since each of their values would contain another.

use std::collections::{BTreeSet, HashSet};

use crate::least;
use crate::name;
use crate::schema::{Kind, Named, NamedKind, RecordType, Schemas, Type};
use crate::source::Diagnostic;

/// One mistake for each cycle, at the record of it that comes first.
pub(crate) fn records(schemas: &Schemas) -> Vec<Diagnostic> {
    let finite = finite(schemas);
    let mut endless: Vec<_> =
        schemas.named.values().filter(|named| !finite.contains(named.fullname.as_str())).collect();
    endless.sort_by_key(|named| named.name_span);
    let mut reported: BTreeSet<&str> = BTreeSet::new();
    let mut errors = Vec::new();
    for named in endless {
        if reported.contains(named.fullname.as_str()) {
            continue;
        }
        // A record that only leads to a cycle is mended with it.
        let Some(cycle) = cycle(schemas, &finite, named) else { continue };
        if cycle.iter().any(|fullname| reported.contains(fullname)) {
            continue;
        }
        let first = named.short_name();
        let way = cycle.iter().skip(1).map(|fullname| format!("{} -> ", name::short(fullname)));
        let way: String = std::iter::once(format!("{first} -> ")).chain(way).collect();
        let message =
            format!("`{}` always contains itself, so it has no finite value: {way}{first}", named.fullname);
        let hint = "let the recursion pass through a union with null, an array or a map";
        errors.push(Diagnostic::new(named.name_span, message).hint(hint));
        reported.extend(cycle);
    }
    errors
}

/// The named types that have a finite value: those of which every part has one.
fn finite(schemas: &Schemas) -> HashSet<&str> {
    least::set(schemas, |named, finite| match &named.kind {
        NamedKind::Record(record) => record.fields.iter().all(|field| ends(finite, &field.ty)),
        NamedKind::Enum(_) | NamedKind::Fixed(_) => true,
    })
}

fn ends(finite: &HashSet<&str>, ty: &Type) -> bool {
    match &ty.kind {
        Kind::Named(fullname) => finite.contains(fullname.as_str()),
        // A union without branches has no value at all, which is another mistake.
        Kind::Union(branches) => branches.is_empty() || branches.iter().any(|branch| ends(finite, branch)),
        _ => true,
    }
}

/// The shortest way through endless records from `named` back to it.
fn cycle<'a>(schemas: &'a Schemas, finite: &HashSet<&str>, named: &'a Named) -> Option<Vec<&'a str>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![&named.fullname]];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let Some(NamedKind::Record(record)) =
                way.last().and_then(|last| schemas.get(last)).map(|named| &named.kind)
            else {
                continue;
            };
            for next in endless_parts(record, finite) {
                if next == named.fullname {
                    return Some(way);
                }
                if seen.insert(next) {
                    longer.push([way.as_slice(), &[next]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

fn endless_parts<'a>(record: &'a RecordType, finite: &HashSet<&str>) -> Vec<&'a str> {
    let mut parts = Vec::new();
    for field in record.fields.iter().filter(|field| !ends(finite, &field.ty)) {
        let branches = match &field.ty.kind {
            Kind::Union(branches) => branches.as_slice(),
            _ => std::slice::from_ref(&field.ty),
        };
        parts.extend(branches.iter().filter_map(|branch| match &branch.kind {
            Kind::Named(fullname) => Some(fullname.as_str()),
            _ => None,
        }));
    }
    parts
}
