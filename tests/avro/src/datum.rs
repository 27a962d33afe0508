//! Random data of a schema, by a seed.

use cq_events_schema::{Kind, Logical, NamedKind, Schemas, Type};

use crate::rng::Rng;

/// How deep values lie in each other before the shortest are taken.
const DEPTH: usize = 6;
/// From the year 1, where the calendar of python begins, to the last hours of 9999, where that of jiff ends, in
/// milliseconds.
const MILLIS: [i64; 4] = [-62_135_596_800_000, 0, 1_764_000_000_123, 253_402_207_200_999];
const MICROS: [i64; 4] = [-62_135_596_800_000_000, -1, 1_764_000_000_123_456, 253_402_207_200_999_999];
const TEXTS: [&str; 6] =
    ["", "a", "sensor-17", "µm \u{1F321}", "null", "a text that is longer than the others, with \" in it"];

/// A datum of a branch of the root, which begins with its index where the root is a union.
pub fn of_branch(schemas: &Schemas, branch: usize, rng: &mut Rng) -> Vec<u8> {
    let root = &schemas.roots()[0];
    let mut out = Vec::new();
    if let Kind::Union(_) = root.kind {
        long(branch as i64, &mut out);
    }
    value(schemas, &schemas.branches(root)[branch], 0, rng, &mut out);
    out
}

/// A datum of the root.
pub fn of_root(schemas: &Schemas, rng: &mut Rng) -> Vec<u8> {
    let branches = schemas.branches(&schemas.roots()[0]).len();
    of_branch(schemas, rng.below(branches), rng)
}

fn value(schemas: &Schemas, ty: &Type, depth: usize, rng: &mut Rng, out: &mut Vec<u8>) {
    match (&ty.kind, ty.logical) {
        (Kind::Null, _) => {}
        (Kind::Boolean, _) => out.push(u8::from(rng.chance(50))),
        (Kind::Int, Some(Logical::Date)) => long(*rng.pick(&[0, -719_162, 20_000, 2_932_896]), out),
        (Kind::Int, Some(Logical::TimeMillis)) => long(rng.between(0, 86_399_999), out),
        (Kind::Int, _) => {
            let any = rng.number() as i32;
            long(*rng.pick(&[0, -1, i64::from(i32::MIN), i64::from(i32::MAX), i64::from(any)]), out);
        }
        (Kind::Long, Some(Logical::TimestampMillis | Logical::LocalTimestampMillis)) => {
            long(*rng.pick(&MILLIS), out);
        }
        (Kind::Long, Some(Logical::TimestampMicros | Logical::LocalTimestampMicros)) => {
            long(*rng.pick(&MICROS), out);
        }
        (Kind::Long, Some(Logical::TimeMicros)) => long(rng.between(0, 86_399_999_999), out),
        (Kind::Long, _) => {
            let any = rng.number() as i64;
            long(*rng.pick(&[0, 64, i64::MIN, i64::MAX, any]), out);
        }
        (Kind::Float, _) => {
            let any = f32::from_bits(rng.number() as u32);
            out.extend(rng.pick(&[0.0, -0.0, f32::MAX, f32::NEG_INFINITY, any]).to_le_bytes());
        }
        (Kind::Double, _) => {
            let any = f64::from_bits(rng.number());
            out.extend(rng.pick(&[0.0, -0.0, f64::MIN_POSITIVE, f64::INFINITY, any]).to_le_bytes());
        }
        (Kind::Bytes, Some(Logical::Decimal { precision, .. })) => {
            let most = 10_i64.pow(precision.min(18)) - 1;
            let unscaled = *rng.pick(&[0, -1, 12_345.min(most), most, -most]);
            // As short as it can be, which is what is written again.
            let bytes = unscaled.to_be_bytes();
            let redundant = if unscaled < 0 { unscaled.leading_ones() } else { unscaled.leading_zeros() };
            prefixed(&bytes[(redundant as usize - 1) / 8..], out);
        }
        (Kind::String, Some(Logical::Uuid)) => {
            let [a, b] = [rng.number(), rng.number()];
            let text = format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                a >> 32,
                a >> 16 & 0xFFFF,
                a & 0xFFF,
                b >> 52,
                b & 0xFFFF_FFFF_FFFF
            );
            prefixed(text.as_bytes(), out);
        }
        // Bytes are text as well, since a reader may make a string of them.
        (Kind::Bytes | Kind::String, _) => prefixed(rng.pick(&TEXTS).as_bytes(), out),
        (Kind::Array(items), _) => {
            block(depth, rng, out, |_, rng, out| value(schemas, items, depth + 1, rng, out));
        }
        (Kind::Map(values), _) => block(depth, rng, out, |index, rng, out| {
            prefixed(format!("key-{index}").as_bytes(), out);
            value(schemas, values, depth + 1, rng, out);
        }),
        (Kind::Union(branches), _) => {
            let index = if depth > DEPTH { 0 } else { rng.below(branches.len()) };
            long(index as i64, out);
            value(schemas, &branches[index], depth + 1, rng, out);
        }
        (Kind::Named(fullname), _) => match &schemas.get(fullname).expect("it is defined").kind {
            NamedKind::Record(record) => {
                record.fields.iter().for_each(|field| value(schemas, &field.ty, depth + 1, rng, out));
            }
            NamedKind::Enum(symbols) => long(rng.below(symbols.symbols.len()) as i64, out),
            NamedKind::Fixed(fixed) => out.extend((0..fixed.size).map(|_| rng.number() as u8)),
        },
        (other, _) => panic!("no values of {other:?}"),
    }
}

fn block(
    depth: usize,
    rng: &mut Rng,
    out: &mut Vec<u8>,
    mut element: impl FnMut(usize, &mut Rng, &mut Vec<u8>),
) {
    let count = if depth > DEPTH { 0 } else { rng.below(4) };
    if count > 0 {
        long(count as i64, out);
        (0..count).for_each(|index| element(index, rng, out));
    }
    out.push(0);
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
