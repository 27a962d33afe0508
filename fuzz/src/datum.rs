//! Data of a schema, made of arbitrary bytes.

use arbitrary::{Result, Unstructured};
use cq_events_schema::{Kind, NamedKind, Schemas, Type};

/// How deep values lie in each other before the shortest are taken.
const DEPTH: usize = 6;

/// A datum of the root.
pub fn make(schemas: &Schemas, input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    if let Some(root) = schemas.roots().first() {
        value(schemas, root, 0, input, &mut out)?;
    }
    Ok(out)
}

fn value(
    schemas: &Schemas,
    ty: &Type,
    depth: usize,
    input: &mut Unstructured<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    if depth > DEPTH * 4 || out.len() > 1 << 16 {
        return Err(arbitrary::Error::IncorrectFormat);
    }
    match &ty.kind {
        Kind::Null => {}
        Kind::Boolean => out.push(u8::from(input.arbitrary::<bool>()?)),
        Kind::Int => long(i64::from(input.arbitrary::<i32>()?), out),
        Kind::Long if input.ratio(1, 2)? => long(i64::from(input.arbitrary::<i16>()?), out),
        Kind::Long => long(input.arbitrary()?, out),
        Kind::Float => out.extend(input.arbitrary::<f32>()?.to_le_bytes()),
        Kind::Double => out.extend(input.arbitrary::<f64>()?.to_le_bytes()),
        Kind::Bytes => prefixed(input.arbitrary::<&[u8]>()?, out),
        Kind::String => prefixed(input.arbitrary::<&str>()?.as_bytes(), out),
        Kind::Array(items) => {
            blocks(depth, input, out, |input, out| value(schemas, items, depth + 1, input, out))?
        }
        Kind::Map(values) => blocks(depth, input, out, |input, out| {
            prefixed(input.arbitrary::<&str>()?.as_bytes(), out);
            value(schemas, values, depth + 1, input, out)
        })?,
        Kind::Union(branches) => {
            let index =
                if branches.is_empty() || depth > DEPTH { 0 } else { input.choose_index(branches.len())? };
            long(index as i64, out);
            if let Some(branch) = branches.get(index) {
                value(schemas, branch, depth + 1, input, out)?;
            }
        }
        Kind::Named(fullname) => match schemas.get(fullname).map(|named| &named.kind) {
            Some(NamedKind::Record(record)) => {
                for field in &record.fields {
                    value(schemas, &field.ty, depth + 1, input, out)?;
                }
            }
            Some(NamedKind::Enum(symbols)) => long(input.choose_index(symbols.symbols.len())? as i64, out),
            Some(NamedKind::Fixed(fixed)) => {
                let from = out.len();
                out.resize(from + fixed.size, 0);
                input.fill_buffer(&mut out[from..])?;
            }
            None => {}
        },
        _ => {}
    }
    Ok(())
}

/// Elements in one block or several, with their sizes or without.
fn blocks(
    depth: usize,
    input: &mut Unstructured<'_>,
    out: &mut Vec<u8>,
    mut element: impl FnMut(&mut Unstructured<'_>, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    for _ in 0..if depth > DEPTH { 0 } else { input.int_in_range(0..=2)? } {
        let count = input.int_in_range(1..=3)?;
        let mut block = Vec::new();
        for _ in 0..count {
            element(input, &mut block)?;
        }
        if input.arbitrary()? {
            long(-count, out);
            long(block.len() as i64, out);
        } else {
            long(count, out);
        }
        out.extend(block);
    }
    out.push(0);
    Ok(())
}

fn prefixed(bytes: &[u8], out: &mut Vec<u8>) {
    long(bytes.len() as i64, out);
    out.extend(bytes);
}

fn long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
