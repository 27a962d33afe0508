//! What can be checked once all types are known: references, endless records, defaults.

use crate::defaults::Checker;
use crate::endless;
use crate::filled;
use crate::name;
use crate::nesting;
use crate::schema::{Kind, NamedKind, PRIMITIVES, Schemas, Type};
use crate::source::Diagnostic;
use crate::suggest::{MOST_SUGGESTIONS, did_you_mean};

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
    errors.extend(nesting::check(schemas));
    errors.extend(endless::records(schemas));
    if !errors.is_empty() {
        return errors;
    }
    let mut checker = Checker::new(schemas);
    for named in schemas.named.values() {
        if let NamedKind::Record(record) = &named.kind {
            for field in &record.fields {
                if let Some(default) = &field.default {
                    errors.extend(checker.check(&field.ty, default));
                }
            }
        }
    }
    // What defaults fill in can be followed only where they are values.
    if errors.is_empty() {
        errors.extend(filled::check(schemas));
    }
    errors
}

fn references(schemas: &Schemas, ty: &Type, errors: &mut Vec<Diagnostic>) {
    match &ty.kind {
        Kind::Array(inner) | Kind::Map(inner) => references(schemas, inner, errors),
        Kind::Union(branches) => branches.iter().for_each(|branch| references(schemas, branch, errors)),
        Kind::Named(fullname) if schemas.get(fullname).is_none() => {
            errors.push(unknown_type(schemas, fullname, ty, errors.len() < MOST_SUGGESTIONS));
        }
        _ => {}
    }
}

fn unknown_type(schemas: &Schemas, fullname: &str, ty: &Type, suggests: bool) -> Diagnostic {
    let near = if suggests { near(schemas, fullname) } else { None };
    let message = format!("unknown type `{fullname}`");
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "define it in this file, or in a file that `shared` in streams.toml names".to_owned(),
    };
    Diagnostic::new(ty.span, message).hint(hint)
}

fn near<'a>(schemas: &'a Schemas, fullname: &str) -> Option<&'a str> {
    let short = name::short(fullname);
    let same_name = schemas.named.keys().find(|known| name::short(known) == short);
    same_name.map(String::as_str).or_else(|| {
        of_other_languages(short)
            .or_else(|| did_you_mean(short, PRIMITIVES))
            .or_else(|| did_you_mean(fullname, schemas.named.keys().map(String::as_str)))
    })
}

/// What Avro calls a type that has this name in other languages.
fn of_other_languages(name: &str) -> Option<&'static str> {
    Some(match name {
        "integer" | "int32" | "i32" | "short" | "byte" => "int",
        "int64" | "i64" | "bigint" => "long",
        "number" | "float64" | "f64" => "double",
        "float32" | "f32" => "float",
        "bool" => "boolean",
        "str" | "text" | "varchar" => "string",
        "binary" | "blob" => "bytes",
        "datetime" | "timestamp" => "{\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}",
        "date" => "{\"type\": \"int\", \"logicalType\": \"date\"}",
        "uuid" => "{\"type\": \"string\", \"logicalType\": \"uuid\"}",
        _ => return None,
    })
}
