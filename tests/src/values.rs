//! Random data of a schema, by a seed.

use cq_events_schema::{Kind, Logical, NamedKind, Schemas, Type};

use crate::faults::random::Random;

/// How deep values lie in each other before the shortest are taken.
const DEPTH: usize = 5;
/// From the year 1, where the calendar of python begins, to the last hours of 9999, where that of jiff ends, in milliseconds.
const TIMES: [i64; 4] = [-62_135_596_800_000, 0, 1_764_000_000_123, 253_402_207_200_999];
/// Milliseconds.
const DAY: i64 = 86_400_000;
const TEXTS: [&str; 6] =
    ["", "a", "sensor-17", "µm \u{1F321}", "null", "a text that is longer than the others, with \" in it"];

/// Makes data of a schema.
#[derive(Debug)]
pub struct Values {
    schemas: Schemas,
    random: Random,
}

impl Values {
    /// Data of a schema.
    pub fn new(schema: &str, seed: u64) -> Self {
        Self { schemas: Schemas::parse_text("schema", schema).expect("a schema"), random: Random::new(seed) }
    }

    /// A datum of a branch of the root.
    pub fn event(&mut self, branch: usize) -> Vec<u8> {
        let schemas = self.schemas.clone();
        let ty = &schemas.branches(&schemas.roots()[0])[branch];
        let mut out = Vec::new();
        long(branch as i64, &mut out);
        self.value(&schemas, ty, 0, &mut out);
        out
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.random.of(0..limit as u64)).expect("a small number")
    }

    fn value(&mut self, schemas: &Schemas, ty: &Type, depth: usize, out: &mut Vec<u8>) {
        match (&ty.kind, ty.logical) {
            (Kind::Null, _) => {}
            (Kind::Boolean, _) => out.push(u8::from(self.below(2) == 1)),
            (Kind::Int, Some(Logical::TimeMillis)) => long([0, 1, 43_200_120, DAY - 1][self.below(4)], out),
            (Kind::Int, Some(Logical::Date)) => long([0, -719_162, 20_000, 2_932_896][self.below(4)], out),
            (Kind::Int, _) => {
                let any = self.random.any() as i32;
                long([0, -1, i64::from(i32::MIN), i64::from(i32::MAX), i64::from(any)][self.below(5)], out);
            }
            (Kind::Long, Some(Logical::TimeMicros)) => {
                long([0, 1, 43_200_123_450, DAY * 1_000 - 1][self.below(4)], out);
            }
            (Kind::Long, Some(Logical::TimestampMillis | Logical::LocalTimestampMillis)) => {
                long(TIMES[self.below(TIMES.len())], out);
            }
            (Kind::Long, Some(Logical::TimestampMicros | Logical::LocalTimestampMicros)) => {
                long(TIMES[self.below(TIMES.len())] * 1_000 + [0, 456][self.below(2)], out);
            }
            // All numbers are times that jiff has.
            (Kind::Long, Some(Logical::TimestampNanos | Logical::LocalTimestampNanos)) => {
                long([0, i64::MIN, i64::MAX, 1_764_000_000_123_456_789][self.below(4)], out);
            }
            (Kind::Long, _) => {
                let any = self.random.any() as i64;
                long([0, 64, i64::MIN, i64::MAX, any][self.below(5)], out);
            }
            (Kind::Float, _) => {
                let any = f32::from_bits(self.random.any() as u32);
                out.extend([0.0, -0.0, f32::MAX, f32::NEG_INFINITY, any][self.below(5)].to_le_bytes());
            }
            (Kind::Double, _) => {
                let any = f64::from_bits(self.random.any());
                out.extend([0.0, -0.0, f64::MIN_POSITIVE, f64::INFINITY, any][self.below(5)].to_le_bytes());
            }
            (Kind::Bytes, Some(Logical::Decimal { precision, .. })) => {
                let unscaled = self.unscaled(precision);
                // As short as it can be, which is what is written again.
                let bytes = unscaled.to_be_bytes();
                let redundant = if unscaled < 0 { unscaled.leading_ones() } else { unscaled.leading_zeros() };
                prefixed(&bytes[(redundant as usize - 1) / 8..], out);
            }
            (Kind::String, Some(Logical::Uuid)) => {
                let bits = u128::from(self.random.any()) << 64 | u128::from(self.random.any());
                prefixed(uuid::Uuid::from_u128(bits).to_string().as_bytes(), out);
            }
            // As text, since a reader may have made a string of it.
            (Kind::Bytes | Kind::String, _) => prefixed(TEXTS[self.below(TEXTS.len())].as_bytes(), out),
            (Kind::Array(items), _) => {
                self.block(depth, out, |values, _, out| values.value(schemas, items, depth + 1, out))
            }
            (Kind::Map(inner), _) => self.block(depth, out, |values, index, out| {
                prefixed(format!("key-{index}").as_bytes(), out);
                values.value(schemas, inner, depth + 1, out);
            }),
            (Kind::Union(branches), _) => {
                let index = if depth > DEPTH { 0 } else { self.below(branches.len()) };
                long(index as i64, out);
                self.value(schemas, &branches[index], depth + 1, out);
            }
            (Kind::Named(fullname), _) => match &schemas.get(fullname).expect("it is defined").kind {
                NamedKind::Record(record) => {
                    record.fields.iter().for_each(|field| self.value(schemas, &field.ty, depth + 1, out));
                }
                NamedKind::Enum(symbols) => long(self.below(symbols.symbols.len()) as i64, out),
                NamedKind::Fixed(fixed) => match fixed.logical {
                    Some(Logical::Decimal { precision, .. }) => {
                        out.extend(&self.unscaled(precision).to_be_bytes()[16 - fixed.size..]);
                    }
                    _ => out.extend((0..fixed.size).map(|_| self.random.any() as u8)),
                },
            },
            (other, _) => panic!("no values of {other:?}"),
        }
    }

    /// A decimal's digits, of which this has at most 38.
    fn unscaled(&mut self, precision: u32) -> i128 {
        let most = 10_i128.pow(precision.min(38)) - 1;
        [0, -1, 12_345.min(most), most, -most][self.below(5)]
    }

    fn block(
        &mut self,
        depth: usize,
        out: &mut Vec<u8>,
        mut element: impl FnMut(&mut Self, usize, &mut Vec<u8>),
    ) {
        let count = if depth > DEPTH { 0 } else { self.below(4) };
        if count > 0 {
            long(count as i64, out);
            (0..count).for_each(|index| element(self, index, out));
        }
        out.push(0);
    }
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
