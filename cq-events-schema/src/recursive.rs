//! Records that may hold values of themselves, at whatever depth.

use std::collections::{HashMap, HashSet};

use crate::schema::{Kind, NamedKind, Schemas, Type};

/// Their fullnames.
pub(crate) fn records(schemas: &Schemas) -> HashSet<&str> {
    let parts: HashMap<&str, HashSet<&str>> = schemas
        .named
        .values()
        .filter_map(|named| match &named.kind {
            NamedKind::Record(record) => {
                let mut parts = HashSet::new();
                record.fields.iter().for_each(|field| collect(&field.ty, &mut parts));
                Some((named.fullname.as_str(), parts))
            }
            NamedKind::Enum(_) | NamedKind::Fixed(_) => None,
        })
        .collect();
    parts.keys().copied().filter(|fullname| reaches_itself(&parts, fullname)).collect()
}

fn reaches_itself<'a>(parts: &HashMap<&'a str, HashSet<&'a str>>, fullname: &'a str) -> bool {
    let mut seen = HashSet::new();
    let mut todo = vec![fullname];
    while let Some(next) = todo.pop() {
        for part in parts.get(next).into_iter().flatten() {
            if *part == fullname {
                return true;
            }
            if parts.contains_key(part) && seen.insert(*part) {
                todo.push(part);
            }
        }
    }
    false
}

fn collect<'a>(ty: &'a Type, parts: &mut HashSet<&'a str>) {
    match &ty.kind {
        Kind::Array(inner) | Kind::Map(inner) => collect(inner, parts),
        Kind::Union(branches) => branches.iter().for_each(|branch| collect(branch, parts)),
        Kind::Named(fullname) => drop(parts.insert(fullname)),
        _ => {}
    }
}
