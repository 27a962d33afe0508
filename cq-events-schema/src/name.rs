//! Names: Avro 1.12, "Names".

/// Whether `name` may be the name of a field or symbol, or one part of a fullname: letters, digits and underscores,
/// not beginning with a digit.
pub(crate) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether `name` is a name, or names joined by dots.
pub(crate) fn is_dotted(name: &str) -> bool {
    name.split('.').all(is_name)
}

/// The fullname that `name` means within `namespace` (which may be empty).
pub(crate) fn fullname(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

/// The namespace of a fullname; empty where it has none.
pub(crate) fn namespace(fullname: &str) -> &str {
    fullname.rsplit_once('.').map_or("", |(namespace, _)| namespace)
}

/// The last part of a fullname.
pub(crate) fn short(fullname: &str) -> &str {
    fullname.rsplit_once('.').map_or(fullname, |(_, short)| short)
}
