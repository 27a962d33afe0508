//! Changes of types where they are used.

use super::{Side, draw};
use crate::rng::Rng;
use crate::schema::{Logical, NamedKind, Ty};

impl Side {
    /// Changes one of the types for which there is a change.
    fn change(&mut self, rng: &mut Rng, change: impl Fn(&Self, &Ty, &mut Rng) -> Option<Ty>) -> Option<()> {
        let mut places = Vec::new();
        let mut number = 0;
        let this = &*self;
        this.each_type(&mut |ty| {
            places.extend(change(this, ty, rng).map(|new| (number, new)));
            number += 1;
        });
        let (number, new) = places.get(rng.below(places.len().max(1)))?.clone();
        self.replace(number, new);
        Some(())
    }

    pub(super) fn widen(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |_, ty, rng| {
            Some(match ty {
                Ty::Int => rng.pick(&[Ty::Long, Ty::Float, Ty::Double]).clone(),
                Ty::Long => rng.pick(&[Ty::Float, Ty::Double]).clone(),
                Ty::Float => Ty::Double,
                _ => return None,
            })
        })
    }

    pub(super) fn narrow(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |_, ty, rng| {
            Some(match ty {
                Ty::Long => Ty::Int,
                Ty::Float => rng.pick(&[Ty::Int, Ty::Long]).clone(),
                Ty::Double => rng.pick(&[Ty::Int, Ty::Long, Ty::Float]).clone(),
                _ => return None,
            })
        })
    }

    pub(super) fn swap_text_and_bytes(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |_, ty, _| match ty {
            Ty::String => Some(Ty::Bytes),
            Ty::Bytes => Some(Ty::String),
            _ => None,
        })
    }

    pub(super) fn change_primitive(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |_, ty, rng| {
            let is_primitive = !matches!(ty, Ty::Array(_) | Ty::Map(_) | Ty::Union(_) | Ty::Named(_));
            is_primitive.then(|| draw::primitive(rng))
        })
    }

    pub(super) fn change_collection(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |_, ty, _| match ty {
            Ty::Array(inner) => Some(Ty::Map(inner.clone())),
            Ty::Map(inner) => Some(Ty::Array(inner.clone())),
            _ => None,
        })
    }

    pub(super) fn change_items(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |side, ty, rng| {
            let mut new = |inner: &Ty| {
                Box::new(match inner {
                    Ty::Int if rng.chance(60) => Ty::Long,
                    Ty::Long if rng.chance(60) => Ty::Double,
                    _ => side.draw(None, true, 2, rng),
                })
            };
            match ty {
                Ty::Array(inner) => Some(Ty::Array(new(inner))),
                Ty::Map(inner) => Some(Ty::Map(new(inner))),
                _ => None,
            }
        })
    }

    pub(super) fn wrap(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |_, ty, rng| {
            let inner = Box::new(ty.clone());
            Some(if rng.chance(50) { Ty::Array(inner) } else { Ty::Map(inner) })
        })
    }

    pub(super) fn make_union(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |side, ty, rng| {
            let mut branches = vec![ty.clone()];
            if rng.chance(70) {
                branches.push(Ty::Null);
            }
            if rng.chance(50) {
                branches.push(side.draw(None, true, 2, rng));
            }
            let turn = rng.below(branches.len());
            branches.rotate_left(turn);
            (!matches!(ty, Ty::Union(_))).then_some(Ty::Union(branches))
        })
    }

    pub(super) fn leave_union(&mut self, rng: &mut Rng) -> Option<()> {
        self.change_union(rng, |_, branches, rng| Some(rng.pick(branches).clone()))
    }

    pub(super) fn add_branch(&mut self, rng: &mut Rng) -> Option<()> {
        self.change_union(rng, |side, branches, rng| {
            let mut branches = branches.to_vec();
            let new = side.draw(None, true, 2, rng);
            branches.insert(rng.below(branches.len() + 1), new);
            Some(Ty::Union(branches))
        })
    }

    pub(super) fn remove_branch(&mut self, rng: &mut Rng) -> Option<()> {
        self.change_union(rng, |_, branches, rng| {
            let mut branches = branches.to_vec();
            branches.remove(rng.below(branches.len()));
            Some(Ty::Union(branches))
        })
    }

    pub(super) fn reorder_branches(&mut self, rng: &mut Rng) -> Option<()> {
        self.change_union(rng, |_, branches, rng| {
            let mut branches = branches.to_vec();
            let turn = rng.below(branches.len());
            branches.rotate_left(turn);
            Some(Ty::Union(branches))
        })
    }

    fn change_union(
        &mut self,
        rng: &mut Rng,
        change: impl Fn(&Self, &[Ty], &mut Rng) -> Option<Ty>,
    ) -> Option<()> {
        self.change(rng, |side, ty, rng| match ty {
            Ty::Union(branches) => change(side, branches, rng),
            _ => None,
        })
    }

    pub(super) fn add_logical(&mut self, rng: &mut Rng) -> Option<()> {
        self.change(rng, |side, ty, rng| {
            let logical = draw::logical(rng);
            (side.schema.label(ty) == side.schema.label(&logical.base()) && !matches!(ty, Ty::Logical(_)))
                .then_some(Ty::Logical(logical))
        })
    }

    pub(super) fn remove_logical(&mut self, rng: &mut Rng) -> Option<()> {
        if rng.chance(30) {
            return self.change_fixed(rng, |logical, _| logical.take().map(drop));
        }
        self.change(rng, |_, ty, _| match ty {
            Ty::Logical(logical) => Some(logical.base()),
            Ty::Unknown(base) => Some((**base).clone()),
            _ => None,
        })
    }

    pub(super) fn change_logical(&mut self, rng: &mut Rng) -> Option<()> {
        if rng.chance(20) {
            return self.change_fixed(rng, |logical, size| {
                *logical = match (*logical, size) {
                    (Some(Logical::Duration), _) => Some(Logical::Decimal { precision: 9, scale: 2 }),
                    (Some(Logical::Decimal { .. }), 12) => Some(Logical::Duration),
                    (Some(Logical::Uuid), _) => Some(Logical::Decimal { precision: 9, scale: 2 }),
                    _ => return None,
                };
                Some(())
            });
        }
        self.change(rng, |side, ty, rng| {
            let logical = draw::logical(rng);
            let is_other = matches!(ty, Ty::Logical(old) if old.name() != logical.name());
            let base = side.schema.label(&logical.base());
            // An int may become a long at that.
            let fits = side.schema.label(ty) == base
                || (side.schema.label(ty), base.as_str()) == ("int".into(), "long");
            (is_other && fits).then_some(Ty::Logical(logical))
        })
    }

    pub(super) fn change_precision(&mut self, rng: &mut Rng) -> Option<()> {
        self.change_decimal(rng, |precision, scale, rng| {
            let new = scale.max(1) + rng.below(25 - scale);
            (new != precision).then_some((new, scale))
        })
    }

    pub(super) fn change_scale(&mut self, rng: &mut Rng) -> Option<()> {
        self.change_decimal(rng, |precision, scale, rng| {
            let new = rng.below(precision);
            (new != scale).then_some((precision, new))
        })
    }

    fn change_decimal(
        &mut self,
        rng: &mut Rng,
        change: impl Fn(usize, usize, &mut Rng) -> Option<(usize, usize)>,
    ) -> Option<()> {
        let new = |old: Logical, rng: &mut Rng| match old {
            Logical::Decimal { precision, scale } => {
                change(precision, scale, rng).map(|(precision, scale)| Logical::Decimal { precision, scale })
            }
            _ => None,
        };
        if rng.chance(30) {
            let mut draws = rng.clone();
            return self.change_fixed(rng, |logical, _| {
                *logical = Some(new((*logical)?, &mut draws)?);
                Some(())
            });
        }
        self.change(rng, |_, ty, rng| match ty {
            Ty::Logical(logical) => new(*logical, rng).map(Ty::Logical),
            _ => None,
        })
    }

    /// Changes the logical type of a fixed of some size.
    fn change_fixed(
        &mut self,
        rng: &mut Rng,
        mut change: impl FnMut(&mut Option<Logical>, usize) -> Option<()>,
    ) -> Option<()> {
        let has_logical =
            |id: &usize| matches!(self.named(*id).kind, NamedKind::Fixed { logical: Some(_), .. });
        let ids: Vec<usize> = self.reachable().into_iter().filter(has_logical).collect();
        let id = *ids.get(rng.below(ids.len().max(1)))?;
        match &mut self.schema.types[id].kind {
            NamedKind::Fixed { size, logical } => change(logical, *size),
            _ => None,
        }
    }
}
