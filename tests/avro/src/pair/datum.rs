//! Random data of a writer, in bytes.

use std::collections::HashMap;

use super::Side;
use crate::rng::Rng;
use crate::schema::{NamedKind, Ty};

/// How deep data go where they need not.
const DEPTH: usize = 14;

/// Draws data. Each union takes its branches in turn, and each enum its symbols, so that soon all have been there.
pub struct Data<'a> {
    side: &'a Side,
    rng: Rng,
    /// By the address of a type: how often it was used, and how often to see all of it.
    turns: HashMap<*const Ty, (usize, usize)>,
    /// How many more values there may be within a datum, where it need not have them.
    room: usize,
}

impl<'a> Data<'a> {
    pub fn new(side: &'a Side, rng: Rng) -> Self {
        Self { side, rng, turns: HashMap::new(), room: 0 }
    }

    /// At least `least` data, and more until each branch and symbol was there, but no more than `most`.
    pub fn some(&mut self, least: usize, most: usize) -> Vec<Vec<u8>> {
        let mut data = Vec::new();
        while data.len() < least || (data.len() < most && !self.has_seen_all()) {
            data.push(self.datum());
        }
        data
    }

    /// The next.
    pub fn datum(&mut self) -> Vec<u8> {
        self.room = 60;
        let mut out = Vec::new();
        let side = self.side;
        self.ty(&side.root, 0, &mut out);
        out
    }

    fn has_seen_all(&self) -> bool {
        self.turns.values().all(|(seen, all)| seen >= all)
    }

    fn ty(&mut self, ty: &'a Ty, depth: usize, out: &mut Vec<u8>) {
        self.room = self.room.saturating_sub(1);
        let side = self.side;
        match ty {
            Ty::Null => {}
            Ty::Boolean => out.push(u8::from(self.rng.chance(50))),
            Ty::Int => long(self.whole(i64::from(i32::MIN), i64::from(i32::MAX)), out),
            Ty::Long => long(self.whole(i64::MIN, i64::MAX), out),
            Ty::Float => {
                let value = self.rng.number() as u32;
                let value = if self.rng.chance(50) { 1.5_f32.to_bits() } else { value };
                out.extend(value.to_le_bytes());
            }
            Ty::Double => {
                let value = self.rng.number();
                let value = if self.rng.chance(50) { (-0.1_f64).to_bits() } else { value };
                out.extend(value.to_le_bytes());
            }
            // Mostly text, so that it can be read as a string.
            Ty::Bytes if self.rng.chance(15) => {
                let bytes: Vec<u8> = (0..1 + self.rng.below(4)).map(|_| self.rng.number() as u8).collect();
                prefixed(&bytes, out);
            }
            Ty::Bytes | Ty::String => {
                let text = self.text();
                prefixed(text.as_bytes(), out);
            }
            Ty::Array(items) => self.blocks(ty, depth, out, |this, out| this.ty(items, depth + 1, out)),
            Ty::Map(values) => {
                let mut key = 0;
                self.blocks(ty, depth, out, |this, out| {
                    key += 1;
                    prefixed(format!("k{key}").as_bytes(), out);
                    this.ty(values, depth + 1, out);
                });
            }
            Ty::Union(branches) => {
                let null = branches.iter().position(|branch| *branch == Ty::Null);
                let index = match null {
                    Some(null) if !self.goes_on(depth) => null,
                    _ => self.turn(ty, branches.len()),
                };
                long(index as i64, out);
                self.ty(&branches[index], depth + 1, out);
            }
            Ty::Named(id) => match &side.named(*id).kind {
                NamedKind::Record(fields) => {
                    fields.iter().for_each(|field| self.ty(&field.ty, depth + 1, out));
                }
                NamedKind::Enum { symbols, .. } => long(self.turn(ty, symbols.len()) as i64, out),
                NamedKind::Fixed { size, .. } => {
                    out.extend((0..*size).map(|_| self.rng.number() as u8));
                }
            },
            // What a logical type makes of the numbers and bytes is not looked at.
            Ty::Logical(logical) => match logical.base() {
                Ty::Int => long(self.whole(0, 86_399_999), out),
                Ty::Long => long(self.whole(0, 86_399_999_999), out),
                Ty::Bytes => prefixed(&[self.rng.below(100) as u8], out),
                _ => prefixed(b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", out),
            },
            Ty::Unknown(base) => self.ty(base, depth, out),
        }
    }

    fn goes_on(&self, depth: usize) -> bool {
        depth <= DEPTH && self.room > 0
    }

    /// Mostly one after the other: if all did so, two that are used in step would never meet in all ways.
    fn turn(&mut self, ty: &'a Ty, count: usize) -> usize {
        let (seen, _) = *self.turns.entry(ty).and_modify(|(seen, _)| *seen += 1).or_insert((1, count));
        if self.rng.chance(70) { (seen - 1) % count } else { self.rng.below(count) }
    }

    /// Blocks of elements, with or without their size in bytes.
    fn blocks(
        &mut self,
        ty: &'a Ty,
        depth: usize,
        out: &mut Vec<u8>,
        mut element: impl FnMut(&mut Self, &mut Vec<u8>),
    ) {
        let most = if self.goes_on(depth) { 1 + self.turn(ty, 3) } else { 0 };
        let mut left = most % 3;
        while left > 0 {
            let count = 1 + self.rng.below(left);
            left -= count;
            let mut bytes = Vec::new();
            (0..count).for_each(|_| element(self, &mut bytes));
            if self.rng.chance(25) {
                long(-(count as i64), out);
                long(bytes.len() as i64, out);
            } else {
                long(count as i64, out);
            }
            out.extend(bytes);
        }
        out.push(0);
    }

    fn whole(&mut self, low: i64, high: i64) -> i64 {
        match self.rng.below(8) {
            0 => low,
            1 => high,
            // About between two floats, where it matters how a number is rounded.
            2 if high > 1 << 40 => {
                let (float, shift) = (self.rng.between(1 << 23, (1 << 24) - 1), self.rng.between(30, 36));
                (float << shift) + (1 << (shift - 1)) + self.rng.between(-1, 1)
            }
            2..5 => self.rng.between(0, 100),
            _ => self.rng.between(low, high),
        }
    }

    fn text(&mut self) -> String {
        const CHARACTERS: [char; 6] = ['a', 'Z', '0', ' ', 'é', '🦀'];
        (0..self.rng.below(5)).map(|_| *self.rng.pick(&CHARACTERS)).collect()
    }
}

fn prefixed(bytes: &[u8], out: &mut Vec<u8>) {
    long(bytes.len() as i64, out);
    out.extend(bytes);
}

fn long(value: i64, out: &mut Vec<u8>) {
    let mut left = ((value << 1) ^ (value >> 63)) as u64;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}
