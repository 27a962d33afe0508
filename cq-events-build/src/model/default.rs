//! Defaults: what a builder fills in for a field that was left out.

use cq_events_schema::json::{Json, Value};
use cq_events_schema::{Kind, NamedKind, Type, one_byte_each};

use super::module::enum_model;
use super::scalar::{Base, Scalar};
use super::{Builder, FieldType};

/// A default, already known to fit its type.
#[derive(Debug)]
pub(crate) enum DefaultValue {
    /// Of a field that is always null.
    Unit,
    /// Of a union with null.
    Null,
    Boolean(bool),
    /// The digits of a number, for the type of the field.
    Number(String),
    String(String),
    /// The variant of an enum.
    Variant(String),
    /// No elements, in an array or map.
    Empty,
    /// Any other value, as Avro binary data.
    Encoded(Vec<u8>),
}

/// Days from 1970-01-01 to the first and last date that Rust's type holds, -9999-01-01 and 9999-12-31.
const DAYS: (i64, i64) = (-4_371_587, 2_932_896);
/// Seconds from the epoch to the first and last second that Rust's type holds.
const SECONDS: (i64, i64) = (-377_705_023_201, 253_402_207_200);
const DAY_SECONDS: i64 = 86_400;

impl<'a> Builder<'a> {
    pub(super) fn default_value(&mut self, avro: &'a Type, ty: &FieldType, json: &'a Json) -> DefaultValue {
        if self.check_default(avro, json).is_none() {
            // Reported; what is generated does not matter.
            return DefaultValue::Encoded(Vec::new());
        }
        match (ty, &json.value) {
            (FieldType::Null, _) => DefaultValue::Unit,
            (FieldType::Optional { .. } | FieldType::Union { null: Some(_), .. }, Value::Null) => {
                DefaultValue::Null
            }
            (FieldType::Scalar(Scalar::Boolean), Value::Bool(value)) => DefaultValue::Boolean(*value),
            (
                FieldType::Scalar(Scalar::Int | Scalar::Long | Scalar::Float | Scalar::Double),
                Value::Number(text),
            ) => DefaultValue::Number(text.clone()),
            (FieldType::Scalar(Scalar::String), Value::String(text)) => DefaultValue::String(text.clone()),
            (FieldType::Enum(_), Value::String(symbol)) => self.variant(avro, symbol),
            (FieldType::Array(_), Value::Array(items)) if items.is_empty() => DefaultValue::Empty,
            (FieldType::Map(_), Value::Object(members)) if members.is_empty() => DefaultValue::Empty,
            _ => DefaultValue::Encoded(self.schemas.encode_default(avro, json).unwrap_or_default()),
        }
    }

    fn variant(&self, avro: &Type, symbol: &str) -> DefaultValue {
        let named = self.schemas.get(avro.kind.name()).map(|named| &named.kind);
        let model = match named {
            Some(NamedKind::Enum(symbols)) => enum_model(symbols),
            _ => return DefaultValue::Empty,
        };
        let variant = model.symbols.into_iter().find(|(name, _)| name == symbol);
        DefaultValue::Variant(variant.map(|(_, ident)| ident).unwrap_or_default())
    }

    /// Refuses a default that its base type holds and its logical type does not: None after an error.
    fn check_default(&mut self, ty: &'a Type, json: &'a Json) -> Option<()> {
        if let Some(scalar) = Scalar::of(self.schemas, ty) {
            let wrong = wrong_for(scalar, json)?;
            if let Some(expected) = wrong {
                self.error(json.span, "the default is no value of its logical type", expected);
                return None;
            }
            return Some(());
        }
        match (&ty.kind, &json.value) {
            (Kind::Array(items), Value::Array(values)) => {
                values.iter().try_for_each(|value| self.check_default(items, value))
            }
            (Kind::Map(values), Value::Object(members)) => {
                members.iter().try_for_each(|member| self.check_default(values, &member.value))
            }
            (Kind::Union(branches), _) => {
                let (_, branch) = self.schemas.branch_of_default(branches, json)?;
                self.check_default(branch, json)
            }
            (Kind::Named(fullname), Value::Object(members)) => {
                let Some(NamedKind::Record(record)) = self.schemas.get(fullname).map(|named| &named.kind)
                else {
                    return Some(());
                };
                record.fields.iter().try_for_each(|field| {
                    match members.iter().find(|member| member.key == field.name) {
                        Some(member) => self.check_default(&field.ty, &member.value),
                        // Checked where the field is.
                        None => Some(()),
                    }
                })
            }
            _ => Some(()),
        }
    }
}

/// What would be right, where a default is no value of a logical type. (None where it is not even one of the base.)
fn wrong_for(scalar: Scalar, json: &Json) -> Option<Option<&'static str>> {
    let within =
        |(first, last): (i64, i64)| json.as_i64().is_some_and(|value| (first..=last).contains(&value));
    let seconds = |units: i64| (SECONDS.0.saturating_mul(units), SECONDS.1.saturating_mul(units));
    let (is_right, expected) = match scalar {
        Scalar::Uuid(Base::Sized) => (
            json.as_str().is_some_and(is_uuid),
            "it must be a UUID, such as \"00000000-0000-0000-0000-000000000000\"",
        ),
        Scalar::Decimal(_, digits) => (
            has_at_most(digits.precision, &one_byte_each(json.as_str()?)?),
            "it must be a two's complement of at most `precision` decimal digits, such as \"\\u0000\"",
        ),
        Scalar::Date => (within(DAYS), "it must be a number of days within the years -9999 to 9999"),
        Scalar::TimeMillis => (within((0, DAY_SECONDS * 1_000 - 1)), "it must be within a day"),
        Scalar::TimeMicros => (within((0, DAY_SECONDS * 1_000_000 - 1)), "it must be within a day"),
        Scalar::TimestampMillis | Scalar::LocalTimestampMillis => {
            (within(seconds(1_000)), "it must be within the years -9999 to 9999")
        }
        Scalar::TimestampMicros | Scalar::LocalTimestampMicros => {
            (within(seconds(1_000_000)), "it must be within the years -9999 to 9999")
        }
        _ => (true, ""),
    };
    Some((!is_right).then_some(expected))
}

fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a two's complement, big-endian, has at most so many decimal digits.
fn has_at_most(precision: u32, bytes: &[u8]) -> bool {
    let is_negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let fill = if is_negative { 0xFF } else { 0 };
    // Its magnitude, digit by digit: 9 decimal digits at a time, the lowest first.
    let mut groups: Vec<u64> = Vec::new();
    for byte in bytes.iter().map(|byte| byte ^ fill) {
        let mut carry = u64::from(byte);
        for group in &mut groups {
            carry += *group * 256;
            *group = carry % 1_000_000_000;
            carry /= 1_000_000_000;
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let mut carry = u64::from(is_negative);
    for group in &mut groups {
        carry += *group;
        *group = carry % 1_000_000_000;
        carry /= 1_000_000_000;
    }
    if carry > 0 {
        groups.push(carry);
    }
    let top = groups.last().copied().filter(|top| *top > 0).map_or(0, |top| top.ilog10() as usize + 1);
    top + groups.len().saturating_sub(1) * 9 <= precision as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_a_twos_complement_are_counted() {
        for (value, digits) in
            [(0_i128, 0), (9, 1), (10, 2), (-9, 1), (-10, 2), (999_999_999, 9), (1_000_000_000, 10)]
        {
            let bytes = value.to_be_bytes();
            assert!(has_at_most(digits, &bytes), "{value}");
            assert!(digits == 0 || !has_at_most(digits - 1, &bytes), "{value}");
        }
        assert!(has_at_most(39, &i128::MIN.to_be_bytes()));
        assert!(!has_at_most(38, &i128::MIN.to_be_bytes()));
    }
}
