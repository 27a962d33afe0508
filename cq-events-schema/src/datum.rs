//! Defaults as Avro binary data (Avro 1.12, "Binary Encoding"): what a writer would have written.

use crate::defaults::Checker;
use crate::json::{Json, Value};
use crate::schema::{Kind, Named, NamedKind, Schemas, Type};

impl Schemas {
    /// The binary form of a default that is valid for its type, as [`Schemas::parse`] has checked: None where it is
    /// not. Of a union, the first branch that the value fits; of a record, a field that is left out takes its own
    /// default; maps are in the order of their keys.
    pub fn encode_default(&self, ty: &Type, default: &Json) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.write_default(ty, default, &mut out)?;
        Some(out)
    }

    /// The branch of a union that a default is a value of: its index and type.
    pub fn branch_of_default<'a>(&self, branches: &'a [Type], default: &Json) -> Option<(usize, &'a Type)> {
        let mut checker = Checker::new(self);
        branches.iter().enumerate().find(|(_, branch)| checker.fits(branch, default))
    }

    fn write_default(&self, ty: &Type, default: &Json, out: &mut Vec<u8>) -> Option<()> {
        match (&ty.kind, &default.value) {
            (Kind::Null, Value::Null) => {}
            (Kind::Boolean, Value::Bool(value)) => out.push(u8::from(*value)),
            (Kind::Int | Kind::Long, _) => long(default.as_i64()?, out),
            (Kind::Float, Value::Number(text)) => {
                out.extend_from_slice(&text.parse::<f32>().ok()?.to_le_bytes());
            }
            (Kind::Double, Value::Number(text)) => {
                out.extend_from_slice(&text.parse::<f64>().ok()?.to_le_bytes());
            }
            (Kind::Bytes, Value::String(text)) => bytes(&one_byte_each(text)?, out),
            (Kind::String, Value::String(text)) => bytes(text.as_bytes(), out),
            (Kind::Array(items), Value::Array(values)) => {
                block(values.len(), out);
                for value in values {
                    self.write_default(items, value, out)?;
                }
                end_of_blocks(values.len(), out);
            }
            (Kind::Map(values), Value::Object(members)) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by(|left, right| left.key.cmp(&right.key));
                block(sorted.len(), out);
                for member in &sorted {
                    bytes(member.key.as_bytes(), out);
                    self.write_default(values, &member.value, out)?;
                }
                end_of_blocks(sorted.len(), out);
            }
            (Kind::Union(branches), _) => {
                let (index, branch) = self.branch_of_default(branches, default)?;
                long(i64::try_from(index).ok()?, out);
                self.write_default(branch, default, out)?;
            }
            (Kind::Named(fullname), _) => self.write_named_default(self.get(fullname)?, default, out)?,
            _ => return None,
        }
        Some(())
    }

    fn write_named_default(&self, named: &Named, default: &Json, out: &mut Vec<u8>) -> Option<()> {
        match &named.kind {
            NamedKind::Enum(symbols) => {
                let index = symbols.index_of(default.as_str()?)?;
                long(i64::try_from(index).ok()?, out);
            }
            NamedKind::Fixed(_) => out.extend_from_slice(&one_byte_each(default.as_str()?)?),
            NamedKind::Record(record) => {
                let members = default.members()?;
                for field in &record.fields {
                    let value = members.get(field.name.as_str()).copied().or(field.default.as_ref())?;
                    self.write_default(&field.ty, value, out)?;
                }
            }
        }
        Some(())
    }
}

/// The bytes that a string of a JSON default stands for: one for each character up to U+00FF.
pub fn one_byte_each(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect()
}

pub(crate) fn long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn bytes(value: &[u8], out: &mut Vec<u8>) {
    long(value.len() as i64, out);
    out.extend_from_slice(value);
}

fn block(count: usize, out: &mut Vec<u8>) {
    long(count as i64, out);
}

/// The empty block that ends an array or map; without elements, the first block is it already.
fn end_of_blocks(count: usize, out: &mut Vec<u8>) {
    if count > 0 {
        out.push(0);
    }
}
