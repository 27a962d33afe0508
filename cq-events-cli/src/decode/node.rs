use serde::ser::{Serialize, SerializeMap, Serializer};

/// JSON with the fields in the order of their schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number of single precision.
    Float(f32),
    /// A number of double precision.
    Double(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object.
    Object(Vec<(String, Node)>),
}

/// What stands for personal data.
pub(crate) const HIDDEN: &str = "[hidden]";

impl Node {
    pub(crate) fn hidden() -> Self {
        Self::Text(HIDDEN.to_owned())
    }

    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => out.serialize_unit(),
            Self::Bool(value) => out.serialize_bool(*value),
            Self::Int(value) => out.serialize_i64(*value),
            Self::Float(value) if value.is_finite() => out.serialize_f32(*value),
            Self::Double(value) if value.is_finite() => out.serialize_f64(*value),
            // JSON has no such numbers.
            Self::Float(value) => out.serialize_str(infinite(f64::from(*value))),
            Self::Double(value) => out.serialize_str(infinite(*value)),
            Self::Text(value) => out.serialize_str(value),
            Self::List(items) => items.serialize(out),
            Self::Object(members) => {
                let mut map = out.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

fn infinite(value: f64) -> &'static str {
    match (value.is_nan(), value.is_sign_positive()) {
        (true, _) => "NaN",
        (false, true) => "Infinity",
        (false, false) => "-Infinity",
    }
}
