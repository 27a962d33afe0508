//! Changes of named types.

use super::{Side, draw};
use crate::rng::Rng;
use crate::schema::{Field, Named, NamedKind, Ty};

impl Side {
    fn some_named(&self, is_wanted: impl Fn(&Named) -> bool, rng: &mut Rng) -> Option<usize> {
        let ids: Vec<usize> = self.reachable().into_iter().filter(|id| is_wanted(self.named(*id))).collect();
        (!ids.is_empty()).then(|| *rng.pick(&ids))
    }

    pub(super) fn rename_type(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_named(|_| true, rng)?;
        let named = &mut self.schema.types[id];
        named.name = format!("Renamed{}", named.name);
        Some(())
    }

    pub(super) fn rename_type_with_alias(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_named(|_| true, rng)?;
        let named = &mut self.schema.types[id];
        named.aliases.insert(0, named.fullname());
        named.name = format!("New{}", named.name);
        if rng.chance(30) {
            named.namespace = "plant.former".to_owned();
        }
        Some(())
    }

    pub(super) fn rename_type_twice(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_named(|_| true, rng)?;
        let named = &mut self.schema.types[id];
        let old = named.fullname();
        named.name = format!("New{}", named.name);
        let middle = named.fullname();
        named.name = format!("Newer{}", named.name);
        named.aliases.splice(0..0, [middle, old]);
        Some(())
    }

    pub(super) fn change_namespace(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_named(|_| true, rng)?;
        self.schema.types[id].namespace = "plant.moved".to_owned();
        Some(())
    }

    pub(super) fn change_kind(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_named(|_| true, rng)?;
        let ty = draw::primitive(rng);
        let record = NamedKind::Record(vec![Field {
            name: "id".to_owned(),
            ty,
            default: None,
            aliases: Vec::new(),
            order: None,
            property: false,
            logical: None,
        }]);
        let others = match self.named(id).kind {
            NamedKind::Record(_) => [draw::draw_enum(rng), draw::draw_fixed(rng)],
            NamedKind::Enum { .. } => [record, draw::draw_fixed(rng)],
            NamedKind::Fixed { .. } => [record, draw::draw_enum(rng)],
        };
        self.schema.types[id].kind = rng.pick(&others).clone();
        Some(())
    }

    /// The symbols of an enum, and its default.
    fn some_enum(&mut self, rng: &mut Rng) -> Option<(&mut Vec<String>, &mut Option<String>)> {
        let id = self.some_named(|named| matches!(named.kind, NamedKind::Enum { .. }), rng)?;
        match &mut self.schema.types[id].kind {
            NamedKind::Enum { symbols, default } => Some((symbols, default)),
            _ => None,
        }
    }

    pub(super) fn add_symbol(&mut self, rng: &mut Rng) -> Option<()> {
        let symbol = *rng.pick(&draw::SYMBOLS);
        let turn = rng.number() as usize;
        let (symbols, _) = self.some_enum(rng)?;
        symbols.insert(turn % (symbols.len() + 1), symbol.to_owned());
        Some(())
    }

    pub(super) fn remove_symbol(&mut self, rng: &mut Rng) -> Option<()> {
        let turn = rng.number() as usize;
        let (symbols, default) = self.some_enum(rng)?;
        let gone = symbols.remove(turn % symbols.len());
        if default.as_ref() == Some(&gone) {
            *default = symbols.first().cloned();
        }
        Some(())
    }

    pub(super) fn reorder_symbols(&mut self, rng: &mut Rng) -> Option<()> {
        let turn = rng.number() as usize;
        let (symbols, _) = self.some_enum(rng)?;
        let turn = turn % symbols.len();
        symbols.rotate_left(turn);
        Some(())
    }

    pub(super) fn set_enum_default(&mut self, rng: &mut Rng) -> Option<()> {
        let turn = rng.number() as usize;
        let (symbols, default) = self.some_enum(rng)?;
        *default = Some(symbols[turn % symbols.len()].clone());
        Some(())
    }

    pub(super) fn drop_enum_default(&mut self, rng: &mut Rng) -> Option<()> {
        self.some_enum(rng)?.1.take().map(drop)
    }

    pub(super) fn resize_fixed(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_named(|named| matches!(named.kind, NamedKind::Fixed { .. }), rng)?;
        let bytes = *rng.pick(&[1, 4, 8, 16]);
        if let NamedKind::Fixed { size, logical } = &mut self.schema.types[id].kind {
            *size = bytes;
            *logical = None;
        }
        Some(())
    }

    /// Beside a record of a union, another of the same short name.
    pub(super) fn add_twin(&mut self, rng: &mut Rng) -> Option<()> {
        let (number, mut branches, id) = self.some_branch(rng)?;
        let mut twin = self.named(id).clone();
        twin.namespace = "plant.twin".to_owned();
        let twin_id = self.schema.types.len();
        self.schema.types.push(twin);
        let count = self.fields(twin_id).len();
        let ty = draw::primitive(rng);
        let fields = self.fields_mut(twin_id)?;
        match rng.below(10) {
            0..3 => {}
            // One that may not hold itself any more.
            3..5 => _ = fields.pop(),
            _ => fields.get_mut(count / 2)?.ty = ty,
        }
        // Now an alias leads to the one, and the short name to the other.
        if rng.chance(30) {
            let named = &mut self.schema.types[id];
            named.aliases.insert(0, named.fullname());
            named.name = format!("New{}", named.name);
        }
        let at = rng.below(branches.len() + 1);
        branches.insert(at, Ty::Named(twin_id));
        self.replace(number, Ty::Union(branches));
        Some(())
    }

    /// What was another branch of a union may now be read as this one.
    pub(super) fn merge_branches(&mut self, rng: &mut Rng) -> Option<()> {
        let (number, mut branches, other) = self.alias_branch(rng)?;
        branches.retain(|branch| *branch != Ty::Named(other));
        self.replace(number, Ty::Union(branches));
        Some(())
    }

    /// The other branch is still there, and its own name comes before the alias.
    pub(super) fn share_name(&mut self, rng: &mut Rng) -> Option<()> {
        self.alias_branch(rng).map(drop)
    }

    /// Gives a record of a union the name of another as an alias: the union's number and branches, and the other.
    fn alias_branch(&mut self, rng: &mut Rng) -> Option<(usize, Vec<Ty>, usize)> {
        let (number, branches, id) = self.some_branch(rng)?;
        let others: Vec<usize> = self.records(&branches).into_iter().filter(|other| *other != id).collect();
        let other = *others.get(rng.below(others.len().max(1)))?;
        let alias = self.named(other).fullname();
        self.schema.types[id].aliases.push(alias);
        Some((number, branches, other))
    }

    /// A record among the branches of a union: the union's number and branches, and the record.
    fn some_branch(&self, rng: &mut Rng) -> Option<(usize, Vec<Ty>, usize)> {
        let mut places = Vec::new();
        let mut number = 0;
        self.each_type(&mut |ty| {
            if let Ty::Union(branches) = ty {
                places.extend(self.records(branches).into_iter().map(|id| (number, branches.clone(), id)));
            }
            number += 1;
        });
        places.get(rng.below(places.len().max(1))).cloned()
    }

    /// The records among a union's branches.
    pub(super) fn records(&self, branches: &[Ty]) -> Vec<usize> {
        let record = |branch: &Ty| match branch {
            Ty::Named(id) if matches!(self.named(*id).kind, NamedKind::Record(_)) => Some(*id),
            _ => None,
        };
        branches.iter().filter_map(record).collect()
    }
}
