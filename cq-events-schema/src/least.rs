//! Sets of named types that rest on each other.

use std::collections::{HashMap, HashSet};

use crate::schema::{Kind, Named, NamedKind, Schemas, Type};

/// The smallest set that has each named type of which `belongs` holds, given the set itself. A type that belongs to a
/// set belongs to every larger one, too. Each is judged again only after one that it is made of: schemas from outside
/// may have chains of hundreds.
pub(crate) fn set<'a>(
    schemas: &'a Schemas,
    belongs: impl Fn(&'a Named, &HashSet<&'a str>) -> bool,
) -> HashSet<&'a str> {
    let mut users: HashMap<&str, Vec<&Named>> = HashMap::new();
    for named in schemas.named.values() {
        parts(named).into_iter().for_each(|part| users.entry(part).or_default().push(named));
    }
    let mut set = HashSet::new();
    let mut todo: Vec<&Named> = schemas.named.values().collect();
    while let Some(named) = todo.pop() {
        if !set.contains(named.fullname.as_str()) && belongs(named, &set) {
            set.insert(named.fullname.as_str());
            todo.extend(users.get(named.fullname.as_str()).into_iter().flatten());
        }
    }
    set
}

/// The named types in a named type's fields.
pub(crate) fn parts(named: &Named) -> HashSet<&str> {
    let mut parts = HashSet::new();
    if let NamedKind::Record(record) = &named.kind {
        record.fields.iter().for_each(|field| collect(&field.ty, &mut parts));
    }
    parts
}

fn collect<'a>(ty: &'a Type, parts: &mut HashSet<&'a str>) {
    match &ty.kind {
        Kind::Array(inner) | Kind::Map(inner) => collect(inner, parts),
        Kind::Union(branches) => branches.iter().for_each(|branch| collect(branch, parts)),
        Kind::Named(fullname) => drop(parts.insert(fullname)),
        _ => {}
    }
}
