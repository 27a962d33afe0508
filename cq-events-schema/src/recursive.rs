//! Records that may hold values of themselves, at whatever depth.

use std::collections::{HashMap, HashSet};

use crate::least;
use crate::schema::{NamedKind, Schemas};

/// Their fullnames.
pub(crate) fn records(schemas: &Schemas) -> HashSet<&str> {
    let records: Vec<_> =
        schemas.named.values().filter(|named| matches!(named.kind, NamedKind::Record(_))).collect();
    let numbers: HashMap<&str, usize> =
        records.iter().enumerate().map(|(number, named)| (named.fullname.as_str(), number)).collect();
    // For each record, the numbers of those that it may hold: few enough to have a bit each.
    let mut held: Vec<Bits> = records
        .iter()
        .map(|named| {
            let mut bits = Bits(vec![0; records.len().div_ceil(64)]);
            least::parts(named).iter().filter_map(|part| numbers.get(part)).for_each(|part| bits.set(*part));
            bits
        })
        .collect();
    // Who holds a record holds what that one holds (Warshall's algorithm).
    for number in 0..records.len() {
        let Some(more) = held.get(number).cloned() else { continue };
        held.iter_mut().filter(|bits| bits.get(number)).for_each(|bits| bits.add(&more));
    }
    let both = records.iter().zip(&held).enumerate();
    both.filter(|(number, (_, held))| held.get(*number))
        .map(|(_, (named, _))| named.fullname.as_str())
        .collect()
}

#[derive(Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, bit: usize) {
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    fn get(&self, bit: usize) -> bool {
        self.0.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }
}
