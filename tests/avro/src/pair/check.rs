//! Which schemas are schemas, and which defaults are still right.

use std::collections::BTreeSet;

use super::Side;
use crate::rng::Rng;
use crate::schema::{NamedKind, Ty};

impl Side {
    /// Whether the schema is one, and has values that come to an end.
    pub(super) fn is_valid(&self) -> bool {
        let ids = self.reachable();
        let fullnames: BTreeSet<String> = ids.iter().map(|id| self.named(*id).fullname()).collect();
        let mut holds = fullnames.len() == ids.len();
        for id in &ids {
            match &self.named(*id).kind {
                NamedKind::Record(fields) => {
                    let names: BTreeSet<&String> = fields.iter().map(|field| &field.name).collect();
                    holds &= names.len() == fields.len();
                }
                NamedKind::Enum { symbols, default } => {
                    let names: BTreeSet<&String> = symbols.iter().collect();
                    holds &= !names.is_empty() && names.len() == symbols.len();
                    holds &= default.as_ref().is_none_or(|default| names.contains(default));
                }
                NamedKind::Fixed { .. } => {}
            }
        }
        self.each_type(&mut |ty| {
            if let Ty::Union(branches) = ty {
                let labels: BTreeSet<String> = branches.iter().map(|ty| self.schema.label(ty)).collect();
                holds &= !labels.is_empty() && labels.len() == branches.len() && !labels.contains("union");
            }
        });
        holds && ids.iter().all(|id| !self.holds(*id, *id, &mut BTreeSet::new()))
    }

    /// Whether each value of a record has one of another in it.
    fn holds(&self, id: usize, other: usize, seen: &mut BTreeSet<usize>) -> bool {
        self.fields(id).iter().any(|field| self.type_holds(&field.ty, other, seen))
    }

    fn type_holds(&self, ty: &Ty, other: usize, seen: &mut BTreeSet<usize>) -> bool {
        match ty {
            Ty::Named(id) => *id == other || (seen.insert(*id) && self.holds(*id, other, seen)),
            Ty::Union(branches) if !branches.contains(&Ty::Null) => {
                branches.iter().any(|branch| self.type_holds(branch, other, seen))
            }
            _ => false,
        }
    }

    /// Draws the defaults anew of fields whose types are not what they were.
    pub(super) fn renew_defaults(&mut self, before: &Self, rng: &mut Rng) {
        let mut stale = Vec::new();
        for id in self.reachable() {
            let old = before.schema.types.get(id).map_or(&[][..], |named| named.fields());
            for (at, field) in self.fields(id).iter().enumerate() {
                let Some(default) = &field.default else { continue };
                let text = self.schema.text(&field.ty);
                let is_known = old.iter().any(|old| {
                    old.default.as_ref().is_some_and(|old| old.raw == default.raw)
                        && before.schema.text(&old.ty) == text
                });
                if !is_known {
                    stale.push((id, at));
                }
            }
        }
        for (id, at) in stale {
            let default = self.schema.default_of(&self.fields(id)[at].ty, rng);
            self.fields_mut(id).expect("it has fields")[at].default = Some(default);
        }
    }
}
