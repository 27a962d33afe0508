//! Random schemas, the odd ones above all.

use super::sample::Sampler;
use super::{Field, Logical, Named, NamedKind, Schema, Ty, names};
use crate::rng::Rng;

/// How far apart the schemas stand that have something large, such as a union of more than 64 branches.
const LARGE_EVERY: usize = 36;

impl Schema {
    /// The schema of a number. No two have a type of one fullname, so that many can go into one crate.
    pub fn random(seed: u64, number: usize) -> Self {
        let mut rng = Rng::new(seed, number as u64);
        let mut maker = Maker { number, schema: Self::empty(number, &mut rng), rng, kinds: Vec::new() };
        maker.choose_types();
        maker.fill_records();
        maker.set_defaults();
        maker.schema
    }

    fn empty(number: usize, rng: &mut Rng) -> Self {
        Self {
            name: format!("s{number:04}"),
            types: Vec::new(),
            events: 0,
            all_defaults: None,
            reversed: rng.chance(50),
            repeats: rng.chance(25),
        }
    }
}

struct Maker {
    number: usize,
    schema: Schema,
    rng: Rng,
    /// What each type is to become: the fields of records come last.
    kinds: Vec<Kind>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Record,
    Enum,
    Fixed,
}

impl Maker {
    fn is_large(&self, phase: usize) -> bool {
        self.number % LARGE_EVERY == phase
    }

    fn choose_types(&mut self) {
        let events = 1 + self.rng.below(3);
        let own = self.rng.below(5);
        let shared = if self.rng.chance(25) { 1 + self.rng.below(2) } else { 0 };
        let branches = if self.is_large(0) { 58 } else { 0 };
        let no_namespace = self.rng.chance(5);
        let has_defaults = self.rng.chance(50);
        self.schema.events = events;
        self.schema.all_defaults = has_defaults.then_some(events - 1);
        for id in 0..events + own + branches + shared {
            let is_event = id < events;
            let is_branch = (events + own..events + own + branches).contains(&id);
            let kind = match self.rng.below(10) {
                _ if is_event => Kind::Record,
                _ if is_branch => *self.rng.pick(&[Kind::Enum, Kind::Fixed]),
                0..5 => Kind::Record,
                5..8 => Kind::Enum,
                _ => Kind::Fixed,
            };
            self.kinds.push(kind);
            let is_shared = id >= events + own + branches;
            let namespace = match self.rng.below(4) {
                _ if no_namespace => String::new(),
                _ if is_shared => format!("t{:04}.shared", self.number),
                0..2 => format!("t{:04}", self.number),
                2 => format!("t{:04}.a", self.number),
                _ => format!("t{:04}.b", self.number),
            };
            let name = match () {
                () if self.schema.all_defaults == Some(id) => "AllDefaults".to_owned(),
                () if is_event => self.event_name(id),
                () if is_branch => format!("Branch{id}"),
                () => self.type_name(&namespace, id),
            };
            // What has no namespace would meet the types of other schemas.
            let name = if no_namespace { format!("{name}{:04}", self.number) } else { name };
            let aliases = if self.rng.chance(10) {
                vec![format!("Old{id}"), format!("former.t{:04}.Name{id}", self.number)]
            } else {
                Vec::new()
            };
            let property = self.rng.chance(10);
            let kind = self.kind(kind);
            self.schema.types.push(Named { namespace, name, aliases, property, shared: is_shared, kind });
        }
    }

    fn event_name(&mut self, id: usize) -> String {
        if self.rng.chance(10) {
            let taken = |name: &str| self.schema.types.iter().any(|named| named.name.starts_with(name));
            let free: Vec<_> = names::SHADOWS.into_iter().filter(|name| !taken(name)).collect();
            return (*self.rng.pick(&free)).to_owned();
        }
        let words = ["Created", "HTTPFailed", "batch_started", "Lot_Split"];
        format!("{}{}", self.rng.pick(&words), ["A", "B", "C"][id])
    }

    /// A name that is new in its namespace. The same in another namespace is welcome, apart from the names of events.
    fn type_name(&mut self, namespace: &str, id: usize) -> String {
        let others = &self.schema.types[self.schema.events..];
        if let Some(other) =
            others.iter().find(|other| other.namespace != namespace && self.number.is_multiple_of(4))
        {
            let name = other.name.clone();
            let is_free = |named: &Named| named.name != name || named.namespace != namespace;
            if !namespace.is_empty() && self.schema.types.iter().all(is_free) {
                return name;
            }
        }
        let pool = match self.rng.below(10) {
            0 => &names::SHADOWS[..],
            1 => &names::ODD_TYPES,
            _ => &names::TYPES,
        };
        let name = (*self.rng.pick(pool)).to_owned();
        // Without a namespace, a number follows the name.
        let is_taken = self.schema.types.iter().any(|named| named.name.starts_with(&name));
        if is_taken { format!("{name}{id}") } else { name }
    }

    fn kind(&mut self, kind: Kind) -> NamedKind {
        match kind {
            Kind::Record => NamedKind::Record(Vec::new()),
            Kind::Enum => {
                let mut symbols: Vec<&str> = Vec::new();
                let mut add = |more: &[&'static str]| {
                    more.iter().for_each(|symbol| {
                        if !symbols.contains(symbol) {
                            symbols.push(symbol);
                        }
                    });
                };
                for _ in 0..1 + self.rng.below(4) {
                    add(&[*self.rng.pick(&names::SYMBOLS)]);
                }
                if self.rng.chance(25) {
                    add(&[*self.rng.pick(&names::ODD_SYMBOLS), *self.rng.pick(&names::ODD_SYMBOLS)]);
                }
                if self.rng.chance(20) {
                    let collision = names::SYMBOL_COLLISIONS[self.rng.below(names::SYMBOL_COLLISIONS.len())];
                    add(collision);
                }
                let default = self.rng.chance(30).then(|| (*self.rng.pick(&symbols)).to_owned());
                NamedKind::Enum { symbols: symbols.into_iter().map(str::to_owned).collect(), default }
            }
            Kind::Fixed => {
                let (size, logical) = match self.rng.below(10) {
                    0..2 => (16, Some(Logical::Uuid)),
                    2..4 => (12, Some(Logical::Duration)),
                    // 2.4 decimal digits fit into a byte.
                    4..6 => {
                        let precision = 1 + self.rng.below(28);
                        (13 + self.rng.below(3), Some(self.decimal(precision)))
                    }
                    6..8 => {
                        let precision = 29 + self.rng.below(12);
                        (18 + self.rng.below(4), Some(self.decimal(precision)))
                    }
                    _ => (*self.rng.pick(&[0, 1, 2, 7, 16, 33]), None),
                };
                // Defaults of 0 bytes are nothing to write home about, but they are allowed.
                NamedKind::Fixed { size, logical }
            }
        }
    }

    fn decimal(&mut self, precision: usize) -> Logical {
        let scale = match self.rng.below(4) {
            0 => 0,
            1 => precision,
            _ => self.rng.below(precision + 1),
        };
        // What rust_decimal holds has at most 28 digits after the point, which all up to here keep.
        Logical::Decimal { precision, scale }
    }

    fn fill_records(&mut self) {
        for id in 0..self.schema.types.len() {
            if self.kinds[id] != Kind::Record {
                continue;
            }
            let is_event = id < self.schema.events;
            let count = match self.rng.below(8) {
                _ if id == 0 && self.is_large(LARGE_EVERY / 2) => 65 + self.rng.below(3),
                0 if !is_event => 0,
                1 => 12,
                _ => 1 + self.rng.below(6),
            };
            let names = self.field_names(count);
            let mut fields = Vec::new();
            for name in names {
                let ty = self.field_type(id, count > 64);
                fields.push(self.field(name, ty));
            }
            // Each type is used by somebody: by the event before all others.
            if id == 0 {
                self.use_all(&mut fields);
            }
            self.schema.types[id].kind = NamedKind::Record(fields);
        }
    }

    fn field(&mut self, name: String, ty: Ty) -> Field {
        Field {
            aliases: if self.rng.chance(8) { vec![format!("former_{name}")] } else { Vec::new() },
            order: self.rng.chance(8).then(|| *self.rng.pick(&["ascending", "descending", "ignore"])),
            property: self.rng.chance(8),
            logical: match ty {
                Ty::Long if self.rng.chance(20) => Some("timestamp-millis"),
                Ty::String if self.rng.chance(20) => Some("uuid"),
                _ => None,
            },
            name,
            ty,
            default: None,
        }
    }

    fn field_names(&mut self, count: usize) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let pools: [(u64, &[&str]); 4] =
            [(25, &names::KEYWORDS), (12, &names::NOT_RAW), (15, &names::UNDERSCORES), (20, &names::INNER)];
        if self.rng.chance(15) {
            names.extend(self.rng.pick(&names::COLLISIONS).iter().map(|name| (*name).to_owned()));
        }
        while names.len() < count {
            let pool = pools.iter().find(|(percent, _)| self.rng.chance(*percent / 2));
            let name = (*self.rng.pick(pool.map_or(&names::PLAIN[..], |(_, pool)| pool))).to_owned();
            let name = if names.contains(&name) { format!("{name}{}", names.len()) } else { name };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if count == 0 { Vec::new() } else { names }
    }

    fn field_type(&mut self, owner: usize, cheap: bool) -> Ty {
        if cheap { self.primitive() } else { self.ty(owner, false, 0) }
    }

    fn primitive(&mut self) -> Ty {
        self.rng
            .pick(&[
                Ty::Null,
                Ty::Boolean,
                Ty::Int,
                Ty::Long,
                Ty::Float,
                Ty::Double,
                Ty::Bytes,
                Ty::String,
                Ty::Int,
                Ty::Long,
                Ty::String,
            ])
            .clone()
    }

    /// A type of a field of `owner`. A record may hold itself, or one that holds it, where it is `guarded`: where a
    /// value can do without.
    fn ty(&mut self, owner: usize, guarded: bool, depth: usize) -> Ty {
        let deeper = depth + 1;
        match self.rng.below(100) {
            0..38 => self.primitive(),
            38..54 => self.logical(),
            54..56 => Ty::Unknown(Box::new(self.primitive_with_digits())),
            56..70 => self.named(owner, guarded).unwrap_or(Ty::String),
            _ if depth > 2 => self.primitive(),
            70..80 => self.optional(owner, deeper),
            80..90 => self.union(owner, guarded, deeper),
            90..95 => Ty::Array(Box::new(self.ty(owner, true, deeper))),
            _ => Ty::Map(Box::new(self.ty(owner, true, deeper))),
        }
    }

    fn primitive_with_digits(&mut self) -> Ty {
        self.rng.pick(&[Ty::Int, Ty::Long, Ty::Bytes, Ty::String, Ty::Double]).clone()
    }

    fn logical(&mut self) -> Ty {
        Ty::Logical(match self.rng.below(12) {
            0 => Logical::Uuid,
            1 => {
                let precision = 1 + self.rng.below(28);
                self.decimal(precision)
            }
            2 => {
                let precision = 29 + self.rng.below(30);
                self.decimal(precision)
            }
            3 => Logical::Date,
            4 => Logical::TimeMillis,
            5 => Logical::TimeMicros,
            6 => Logical::TimestampMillis,
            7 => Logical::TimestampMicros,
            8 => Logical::TimestampNanos,
            9 => Logical::LocalTimestampMillis,
            10 => Logical::LocalTimestampMicros,
            _ => Logical::LocalTimestampNanos,
        })
    }

    fn named(&mut self, owner: usize, guarded: bool) -> Option<Ty> {
        let types = &self.schema.types;
        // Shared files know nothing of the streams.
        let may = |id: &usize| {
            (!types[owner].shared || types[*id].shared)
                && (guarded || *id > owner || self.kinds[*id] != Kind::Record)
        };
        let candidates: Vec<usize> = (0..types.len()).filter(may).collect();
        (!candidates.is_empty()).then(|| Ty::Named(*self.rng.pick(&candidates)))
    }

    fn optional(&mut self, owner: usize, depth: usize) -> Ty {
        let inner = match self.ty(owner, true, depth) {
            _ if self.rng.chance(6) => {
                let inner = Box::new(Ty::Union(vec![Ty::Null, self.logical()]));
                if self.rng.chance(50) { Ty::Array(inner) } else { Ty::Map(inner) }
            }
            Ty::Union(_) | Ty::Null => self.named(owner, true).unwrap_or(Ty::Long),
            other => other,
        };
        let mut branches = vec![Ty::Null, inner];
        if self.rng.chance(40) {
            branches.reverse();
        }
        Ty::Union(branches)
    }

    fn union(&mut self, owner: usize, guarded: bool, depth: usize) -> Ty {
        let count = match self.rng.below(6) {
            0 => 1,
            1 => 2,
            more => more + 1,
        };
        let has_null = count > 1 && self.rng.chance(50);
        if count == 1 && self.rng.chance(40) {
            return Ty::Union(vec![Ty::Null]);
        }
        let mut branches = Vec::new();
        if has_null {
            branches.push(Ty::Null);
        }
        // A union of one type offers no way out.
        for _ in 0..count * 2 {
            if branches.len() >= count {
                break;
            }
            let ty = if self.rng.chance(40) {
                self.named(owner, guarded || has_null).unwrap_or(Ty::String)
            } else {
                self.ty(owner, guarded || has_null, depth)
            };
            let is_new = |ty: &Ty| branches.iter().all(|b| self.schema.label(b) != self.schema.label(ty));
            if !matches!(ty, Ty::Union(_) | Ty::Null) && is_new(&ty) {
                branches.push(ty);
            }
        }
        if branches.is_empty() {
            branches.push(Ty::Boolean);
        }
        let turn = self.rng.below(branches.len());
        branches.rotate_left(turn);
        Ty::Union(branches)
    }

    /// Adds what else the first event must mention.
    fn use_all(&mut self, fields: &mut Vec<Field>) {
        if self.is_large(0) {
            let mut branches = vec![
                Ty::Int,
                Ty::String,
                Ty::Double,
                Ty::Boolean,
                Ty::Bytes,
                Ty::Null,
                Ty::Logical(Logical::Date),
            ];
            branches.truncate(6);
            branches.push(Ty::Array(Box::new(Ty::Long)));
            branches.extend(
                (0..self.schema.types.len())
                    .filter(|id| self.schema.types[*id].name.starts_with("Branch"))
                    .map(Ty::Named),
            );
            let field = self.field("many_branches".to_owned(), Ty::Union(branches));
            fields.push(field);
        }
        if self.rng.chance(50) {
            for id in self.schema.events..self.schema.types.len() {
                if !self.schema.types[id].name.starts_with("Branch") {
                    let field = self.field(format!("of_type_{id}"), Ty::Named(id));
                    fields.push(field);
                }
            }
        }
    }

    /// Chooses defaults once all types are there. A default chosen earlier may be left out of a later one.
    fn set_defaults(&mut self) {
        for id in (0..self.schema.types.len()).rev() {
            for at in 0..self.schema.types[id].fields().len() {
                if self.schema.all_defaults != Some(id) && !self.rng.chance(30) {
                    continue;
                }
                let ty = self.schema.types[id].fields()[at].ty.clone();
                let mut sampler = Sampler::new(&self.schema, &mut self.rng, true);
                let default = sampler.sample(&ty, 2);
                if let NamedKind::Record(fields) = &mut self.schema.types[id].kind {
                    fields[at].default = Some(default);
                }
            }
        }
    }
}
