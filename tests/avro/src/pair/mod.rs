//! Pairs of schemas, of which one evolved from the other: a reader's and a writer's.

mod check;
mod datum;
mod draw;
mod evolve;
mod fields;
mod judged;
mod named;
mod shape;
mod types;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::rng::Rng;
use crate::schema::{Field, Named, NamedKind, Schema, Ty};

pub use datum::Data;
pub use evolve::{Counts, Evolution};
pub use judged::{Judged, Transcoded};

/// A reader's and a writer's schema.
#[derive(Clone, Debug)]
pub struct Pair {
    pub reader: Side,
    pub writer: Side,
    /// What lies between them, in either direction.
    pub evolutions: BTreeSet<Evolution>,
}

/// A schema of any type, with the types that it mentions.
#[derive(Clone, Debug)]
pub struct Side {
    pub schema: Schema,
    pub root: Ty,
}

impl Pair {
    /// The pair of a number.
    pub fn random(seed: u64, number: usize) -> Self {
        let mut rng = Rng::new(seed, number as u64);
        // All changes are as frequent, also those for which only few schemas have a place.
        let first = *rng.pick(Evolution::ALL);
        let (mut old, mut new) = loop {
            let old = Side::random(&mut rng);
            let mut new = old.clone();
            if new.evolve(first, &mut rng) {
                break (old, new);
            }
        };
        let mut evolutions = BTreeSet::from([first]);
        for _ in 0..*rng.pick(&[0, 0, 0, 1, 1, 2]) {
            // Sometimes both have gone on from a common ancestor.
            let side = if rng.chance(20) { &mut old } else { &mut new };
            let next = *rng.pick(Evolution::ALL);
            if side.evolve(next, &mut rng) {
                evolutions.insert(next);
            }
        }
        let (reader, writer) = if rng.chance(50) { (new, old) } else { (old, new) };
        Self { reader, writer, evolutions }
    }
}

impl Side {
    /// The schema, each type defined at its first use.
    pub fn text(&self) -> Json {
        self.schema.text(&self.root)
    }

    /// The named types that the root mentions, in the order of their first use.
    fn reachable(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.mentions(&self.root, &mut found);
        found
    }

    /// Adds the named types that a type mentions, and those that they do.
    fn mentions(&self, ty: &Ty, found: &mut Vec<usize>) {
        let add = |ty: &Ty, found: &mut Vec<usize>| {
            ty.each_named(&mut |id| {
                if !found.contains(&id) {
                    found.push(id);
                }
            });
        };
        let mut at = found.len();
        add(ty, found);
        while let Some(id) = found.get(at).copied() {
            self.fields(id).iter().for_each(|field| add(&field.ty, found));
            at += 1;
        }
    }

    fn named(&self, id: usize) -> &Named {
        &self.schema.types[id]
    }

    fn fields(&self, id: usize) -> &[Field] {
        self.named(id).fields()
    }

    /// The fields of a record, to be changed.
    fn fields_mut(&mut self, id: usize) -> Option<&mut Vec<Field>> {
        match &mut self.schema.types[id].kind {
            NamedKind::Record(fields) => Some(fields),
            _ => None,
        }
    }

    /// All types that are written somewhere, from the outside in: the root, and those of fields.
    fn each_type(&self, see: &mut impl FnMut(&Ty)) {
        self.root.each(&mut |ty| see(ty));
        for id in self.reachable() {
            self.fields(id).iter().for_each(|field| field.ty.each(&mut |ty| see(ty)));
        }
    }

    /// Puts another type in the place of the one of this number, as [`Side::each_type`] counts.
    fn replace(&mut self, number: usize, new: Ty) {
        let reachable = self.reachable();
        let mut left = number;
        let mut new = Some(new);
        replace_in(&mut self.root, &mut left, &mut new);
        for id in reachable {
            for field in self.fields_mut(id).into_iter().flatten() {
                replace_in(&mut field.ty, &mut left, &mut new);
            }
        }
    }
}

fn replace_in(ty: &mut Ty, left: &mut usize, new: &mut Option<Ty>) {
    if new.is_none() {
        return;
    }
    if *left == 0 {
        *ty = new.take().expect("it is there");
        return;
    }
    *left -= 1;
    match ty {
        Ty::Array(inner) | Ty::Map(inner) => replace_in(inner, left, new),
        Ty::Union(branches) => branches.iter_mut().for_each(|branch| replace_in(branch, left, new)),
        _ => {}
    }
}
