//! What can be checked once all types are known: references, endless records, defaults.

use std::collections::HashSet;

use crate::defaults;
use crate::name;
use crate::schema::{Kind, NamedKind, PRIMITIVES, Schemas, Type};
use crate::source::Diagnostic;
use crate::suggest::did_you_mean;

pub(crate) fn check(schemas: &Schemas) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    for root in &schemas.roots {
        references(schemas, root, &mut errors);
    }
    for named in schemas.named.values() {
        if let NamedKind::Record(record) = &named.kind {
            for field in &record.fields {
                references(schemas, &field.ty, &mut errors);
            }
        }
    }
    // Endless records and defaults can be judged only where every reference leads somewhere.
    if !errors.is_empty() {
        return errors;
    }
    for named in schemas.named.values() {
        if let NamedKind::Record(record) = &named.kind {
            if contains(schemas, &named.fullname, &named.fullname, &mut HashSet::new()) {
                let message =
                    format!("`{}` always contains itself, so it has no finite value", named.fullname);
                let hint = "let the recursion pass through a union with null, an array or a map";
                errors.push(Diagnostic::new(named.name_span, message).hint(hint));
                continue;
            }
            for field in &record.fields {
                if let Some(default) = &field.default {
                    errors.extend(defaults::check(schemas, &field.ty, default));
                }
            }
        }
    }
    errors
}

fn references(schemas: &Schemas, ty: &Type, errors: &mut Vec<Diagnostic>) {
    match &ty.kind {
        Kind::Array(inner) | Kind::Map(inner) => references(schemas, inner, errors),
        Kind::Union(branches) => branches.iter().for_each(|branch| references(schemas, branch, errors)),
        Kind::Named(fullname) if schemas.get(fullname).is_none() => {
            errors.push(unknown_type(schemas, fullname, ty));
        }
        _ => {}
    }
}

fn unknown_type(schemas: &Schemas, fullname: &str, ty: &Type) -> Diagnostic {
    let short = name::short(fullname);
    let same_name = schemas.named.keys().find(|known| name::short(known) == short);
    let near = same_name.map(String::as_str).or_else(|| {
        did_you_mean(short, PRIMITIVES)
            .or_else(|| did_you_mean(fullname, schemas.named.keys().map(String::as_str)))
    });
    let message = format!("unknown type `{fullname}`");
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "define it in this file, or in a file that `shared` in streams.toml names".to_owned(),
    };
    Diagnostic::new(ty.span, message).hint(hint)
}

/// Whether each value of the record `from` contains a value of the record `target`.
fn contains<'a>(schemas: &'a Schemas, from: &'a str, target: &str, seen: &mut HashSet<&'a str>) -> bool {
    let Some(NamedKind::Record(record)) = schemas.get(from).map(|named| &named.kind) else { return false };
    record.fields.iter().any(|field| match &field.ty.kind {
        Kind::Named(next) => next == target || (seen.insert(next) && contains(schemas, next, target, seen)),
        // A union of one branch offers no other way.
        Kind::Union(branches) => match branches.as_slice() {
            [Type { kind: Kind::Named(next), .. }] => {
                next == target || (seen.insert(next) && contains(schemas, next, target, seen))
            }
            _ => false,
        },
        _ => false,
    })
}
