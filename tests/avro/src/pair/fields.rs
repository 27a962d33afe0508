//! Changes of fields.

use super::Side;
use crate::rng::Rng;
use crate::schema::Field;

impl Side {
    /// A record with at least so many fields.
    fn some_record(&self, least: usize, rng: &mut Rng) -> Option<usize> {
        let ids: Vec<usize> =
            self.reachable().into_iter().filter(|id| self.fields(*id).len() >= least).collect();
        (!ids.is_empty()).then(|| *rng.pick(&ids))
    }

    /// A field, to be changed.
    fn some_field(&mut self, rng: &mut Rng) -> Option<&mut Field> {
        let id = self.some_record(1, rng)?;
        let at = rng.below(self.fields(id).len());
        self.fields_mut(id)?.get_mut(at)
    }

    pub(super) fn add_field(&mut self, rng: &mut Rng) -> Option<()> {
        self.insert_field(false, rng)
    }

    pub(super) fn add_field_with_default(&mut self, rng: &mut Rng) -> Option<()> {
        self.insert_field(true, rng)
    }

    fn insert_field(&mut self, has_default: bool, rng: &mut Rng) -> Option<()> {
        let id = self.some_record(0, rng)?;
        let ty = self.draw(Some(id), false, 0, rng);
        let default = has_default.then(|| self.schema.default_of(&ty, rng));
        let at = rng.below(self.fields(id).len() + 1);
        let name = format!("added{}", rng.below(10));
        self.fields_mut(id)?.insert(
            at,
            Field { name, ty, default, aliases: Vec::new(), order: None, property: false, logical: None },
        );
        Some(())
    }

    pub(super) fn remove_field(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_record(1, rng)?;
        let at = rng.below(self.fields(id).len());
        self.fields_mut(id)?.remove(at);
        Some(())
    }

    pub(super) fn reorder_fields(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_record(2, rng)?;
        let count = self.fields(id).len();
        let (from, to) = (rng.below(count), rng.below(count));
        let fields = self.fields_mut(id)?;
        let field = fields.remove(from);
        fields.insert(to, field);
        Some(())
    }

    pub(super) fn rename_field(&mut self, rng: &mut Rng) -> Option<()> {
        let field = self.some_field(rng)?;
        field.name = format!("renamed_{}", field.name);
        Some(())
    }

    pub(super) fn rename_field_with_alias(&mut self, rng: &mut Rng) -> Option<()> {
        let field = self.some_field(rng)?;
        let new = format!("new_{}", field.name);
        field.aliases.insert(0, std::mem::replace(&mut field.name, new));
        Some(())
    }

    pub(super) fn rename_field_twice(&mut self, rng: &mut Rng) -> Option<()> {
        let field = self.some_field(rng)?;
        let (middle, new) = (format!("new_{}", field.name), format!("newer_{}", field.name));
        let old = std::mem::replace(&mut field.name, new);
        field.aliases.splice(0..0, [middle, old]);
        Some(())
    }

    /// What was read from two fields of the writer may now be read from either.
    pub(super) fn merge_fields(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_record(2, rng)?;
        let at = rng.below(self.fields(id).len());
        let fields = self.fields_mut(id)?;
        let gone = fields.remove(at);
        let last = fields.len() - 1;
        let kept = &mut fields[at.min(last)];
        kept.aliases.push(gone.name);
        // Of two aliases that the writer has, the first counts.
        if rng.chance(50) {
            let new = format!("new_{}", kept.name);
            let old = std::mem::replace(&mut kept.name, new);
            let place = rng.below(kept.aliases.len() + 1);
            kept.aliases.insert(place, old);
        }
        Some(())
    }

    /// Two fields of the reader are read from one of the writer's.
    pub(super) fn share_alias(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_record(1, rng)?;
        let at = rng.below(self.fields(id).len());
        let fields = self.fields_mut(id)?;
        let mut twin = fields[at].clone();
        twin.aliases.push(twin.name.clone());
        twin.name = format!("twin_{}", twin.name);
        if rng.chance(50) {
            let old = fields[at].name.clone();
            fields[at].aliases.push(old);
            fields[at].name = format!("first_{}", fields[at].name);
        }
        let place = rng.below(fields.len() + 1);
        fields.insert(place, twin);
        Some(())
    }

    pub(super) fn set_default(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.some_record(1, rng)?;
        let at = rng.below(self.fields(id).len());
        let default = self.schema.default_of(&self.fields(id)[at].ty, rng);
        self.fields_mut(id)?[at].default = Some(default);
        Some(())
    }

    pub(super) fn drop_default(&mut self, rng: &mut Rng) -> Option<()> {
        self.some_field(rng)?.default.take().map(drop)
    }

    /// The first use of a type is its definition; here two uses change places.
    pub(super) fn move_definition(&mut self, rng: &mut Rng) -> Option<()> {
        let mut places = Vec::new();
        for id in self.reachable() {
            let uses = |field: &Field| {
                let mut ids = Vec::new();
                field.ty.each_named(&mut |id| ids.push(id));
                ids
            };
            for (second, field) in self.fields(id).iter().enumerate() {
                let first = self.fields(id)[..second]
                    .iter()
                    .position(|other| uses(other).iter().any(|id| uses(field).contains(id)));
                places.extend(first.map(|first| (id, first, second)));
            }
        }
        let (id, first, second) = *places.get(rng.below(places.len().max(1)))?;
        self.fields_mut(id)?.swap(first, second);
        Some(())
    }
}
