//! Random schemas for pairs: small ones, whose types meet each other often.

use super::Side;
use crate::rng::Rng;
use crate::schema::{Field, Logical, Named, NamedKind, Schema, Ty};

const NAMESPACES: [&str; 2] = ["plant", "plant.line"];
const NAMES: [&str; 8] = ["Order", "Part", "Place", "Node", "Colour", "State", "Digest", "Mark"];
const FIELDS: [&str; 10] =
    ["id", "count", "name", "place", "amount", "colour", "note", "next", "parts", "mark"];
pub(super) const SYMBOLS: [&str; 7] = ["RED", "GREEN", "BLUE", "OPEN", "CLOSED", "LOST", "UNKNOWN"];

impl Side {
    pub(super) fn random(rng: &mut Rng) -> Self {
        let mut side = Self { schema: empty(), root: Ty::Null };
        for (id, own) in NAMES.iter().enumerate().take(3 + rng.below(3)) {
            let kind = match rng.below(10) {
                _ if id == 0 => NamedKind::Record(Vec::new()),
                0..4 => NamedKind::Record(Vec::new()),
                4..7 => draw_enum(rng),
                _ => draw_fixed(rng),
            };
            // A short name may be there in two namespaces, and is there often enough.
            let name = if rng.chance(75) { *own } else { *rng.pick(&NAMES) };
            let namespace = (*rng.pick(&NAMESPACES)).to_owned();
            let is_taken = side
                .schema
                .types
                .iter()
                .any(|other| other.name == name && (other.namespace == namespace || id % 2 == 0));
            let name = if is_taken { format!("{name}{id}") } else { name.to_owned() };
            side.schema.types.push(Named {
                namespace,
                name,
                aliases: Vec::new(),
                property: false,
                shared: false,
                kind,
            });
        }
        for id in 0..side.schema.types.len() {
            let names = field_names(rng);
            let fields = names.into_iter().map(|name| {
                let ty = side.draw(Some(id), false, 0, rng);
                Field {
                    name,
                    ty,
                    default: None,
                    aliases: Vec::new(),
                    order: None,
                    property: false,
                    logical: None,
                }
            });
            let fields = fields.collect();
            if let Some(old) = side.fields_mut(id) {
                *old = fields;
            }
        }
        side.root = side.draw_root(rng);
        side.set_defaults(rng);
        side
    }

    /// A record mostly, or a union of records, as streams are; now and then anything else.
    fn draw_root(&mut self, rng: &mut Rng) -> Ty {
        let is_record = |id: &usize| matches!(self.named(*id).kind, NamedKind::Record(_));
        let records: Vec<Ty> = (0..self.schema.types.len()).filter(is_record).map(Ty::Named).collect();
        match rng.below(10) {
            0..3 if records.len() > 1 => Ty::Union(records),
            0..8 => Ty::Named(0),
            8 => self.draw(None, true, 0, rng),
            _ => match rng.below(3) {
                0 => Ty::Array(Box::new(Ty::Named(0))),
                1 => Ty::Map(Box::new(Ty::Named(0))),
                _ => Ty::Union(vec![Ty::Null, Ty::Named(0)]),
            },
        }
    }

    fn set_defaults(&mut self, rng: &mut Rng) {
        for id in (0..self.schema.types.len()).rev() {
            for at in 0..self.fields(id).len() {
                if rng.chance(20) {
                    let default = self.schema.default_of(&self.fields(id)[at].ty, rng);
                    self.fields_mut(id).expect("it has fields")[at].default = Some(default);
                }
            }
        }
    }

    /// A type for a field of a record. A record may hold itself, or one that holds it, where it is `guarded`: where a
    /// value can do without.
    pub(super) fn draw(&self, owner: Option<usize>, guarded: bool, depth: usize, rng: &mut Rng) -> Ty {
        let deeper = depth + 1;
        match rng.below(100) {
            0..30 => primitive(rng),
            30..42 => Ty::Logical(logical(rng)),
            42..44 => Ty::Unknown(Box::new(rng.pick(&[Ty::Int, Ty::Long, Ty::String]).clone())),
            44..66 => self.draw_named(owner, guarded, rng).unwrap_or(Ty::Long),
            _ if depth > 2 => primitive(rng),
            66..78 => {
                let inner = self.draw(owner, true, deeper, rng);
                let mut branches = vec![Ty::Null, inner];
                if rng.chance(30) {
                    branches.reverse();
                }
                one_of_a_kind(&self.schema, branches)
            }
            78..88 => {
                let count = 2 + rng.below(3);
                let has_null = rng.chance(40);
                let mut branches: Vec<Ty> =
                    (0..count).map(|_| self.draw(owner, guarded || has_null, deeper, rng)).collect();
                if has_null {
                    branches.insert(rng.below(branches.len()), Ty::Null);
                }
                one_of_a_kind(&self.schema, branches)
            }
            88..94 => Ty::Array(Box::new(self.draw(owner, true, deeper, rng))),
            _ => Ty::Map(Box::new(self.draw(owner, true, deeper, rng))),
        }
    }

    fn draw_named(&self, owner: Option<usize>, guarded: bool, rng: &mut Rng) -> Option<Ty> {
        let may = |id: &usize| {
            let is_later = owner.is_none_or(|owner| *id > owner);
            guarded || is_later || !matches!(self.named(*id).kind, NamedKind::Record(_))
        };
        let ids: Vec<usize> = (0..self.schema.types.len()).filter(may).collect();
        (!ids.is_empty()).then(|| Ty::Named(*rng.pick(&ids)))
    }
}

fn empty() -> Schema {
    Schema {
        name: String::new(),
        types: Vec::new(),
        events: 0,
        all_defaults: None,
        reversed: false,
        repeats: false,
    }
}

/// A union of some of these, or what they have in common with one.
fn one_of_a_kind(schema: &Schema, branches: Vec<Ty>) -> Ty {
    let mut kept: Vec<Ty> = Vec::new();
    for branch in branches {
        let is_new = kept.iter().all(|other| schema.label(other) != schema.label(&branch));
        if is_new && !matches!(branch, Ty::Union(_)) {
            kept.push(branch);
        }
    }
    if kept.is_empty() { Ty::Boolean } else { Ty::Union(kept) }
}

fn field_names(rng: &mut Rng) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for _ in 0..1 + rng.below(4) {
        let name = *rng.pick(&FIELDS);
        if !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names
}

pub(super) fn primitive(rng: &mut Rng) -> Ty {
    let types = [
        Ty::Null,
        Ty::Boolean,
        Ty::Int,
        Ty::Int,
        Ty::Long,
        Ty::Long,
        Ty::Float,
        Ty::Double,
        Ty::Bytes,
        Ty::String,
        Ty::String,
    ];
    rng.pick(&types).clone()
}

pub(super) fn logical(rng: &mut Rng) -> Logical {
    let precision = 2 + rng.below(20);
    let scale = rng.below(precision);
    *rng.pick(&[
        Logical::Uuid,
        Logical::Decimal { precision, scale },
        Logical::Decimal { precision, scale: 2 },
        Logical::Date,
        Logical::TimeMillis,
        Logical::TimeMicros,
        Logical::TimestampMillis,
        Logical::TimestampMicros,
        Logical::TimestampNanos,
        Logical::LocalTimestampMillis,
        Logical::LocalTimestampMicros,
        Logical::LocalTimestampNanos,
    ])
}

pub(super) fn draw_enum(rng: &mut Rng) -> NamedKind {
    let mut symbols: Vec<String> = Vec::new();
    for _ in 0..2 + rng.below(4) {
        let symbol = *rng.pick(&SYMBOLS);
        if !symbols.iter().any(|other| other == symbol) {
            symbols.push(symbol.to_owned());
        }
    }
    let default = rng.chance(25).then(|| rng.pick(&symbols).clone());
    NamedKind::Enum { symbols, default }
}

pub(super) fn draw_fixed(rng: &mut Rng) -> NamedKind {
    let (size, logical) = match rng.below(6) {
        0 => (16, Some(Logical::Uuid)),
        1 => (12, Some(Logical::Duration)),
        2 => (12, Some(Logical::Decimal { precision: 4 + rng.below(16), scale: 2 })),
        _ => (*rng.pick(&[0, 1, 2, 12, 16]), None),
    };
    NamedKind::Fixed { size, logical }
}
