//! The walk: which types of the reader meet which types of the writer, and in what way the one is read as the other.

use std::collections::HashMap;
use std::ptr;

use super::finding::Rule;
use super::program::Promotion;
use super::rules;
use crate::schema::{EnumType, Kind, Logical, Named, NamedKind, RecordType, Schemas, Type};

/// The number of a pair.
pub(super) type PairId = usize;

/// A type of the reader, and the type of the writer that is read as it.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub(super) reader: &'a Type,
    pub(super) writer: &'a Type,
    pub(super) way: Way,
}

/// How the writer's type is read as the reader's. What of it is impossible is for the verdicts to say.
#[derive(Debug)]
pub(super) enum Way {
    /// The same primitive type, or a fixed of the same size.
    Same,
    /// A primitive type becomes another.
    Promote(Promotion),
    /// For each of the writer's symbols, the reader's.
    Symbols(Vec<Option<usize>>),
    /// Arrays.
    Items(PairId),
    /// Maps.
    Values(PairId),
    /// For each of the reader's fields, where it comes from.
    Record(Vec<Source>),
    /// Each of the writer's branches is read as the reader's type, which may be a union, too.
    FromUnion(Vec<PairId>),
    /// The reader's branches that the writer's type may be read as, the best match first.
    IntoUnion(Vec<(usize, PairId)>),
    /// Not at all.
    Never(Rule),
}

impl Way {
    /// The pairs that this one is made of.
    pub(super) fn parts(&self) -> Vec<PairId> {
        match self {
            Self::Items(id) | Self::Values(id) => vec![*id],
            Self::Record(sources) => sources
                .iter()
                .filter_map(|source| match source {
                    Source::Field(_, id) => Some(*id),
                    Source::Default | Source::Missing => None,
                })
                .collect(),
            Self::FromUnion(branches) => branches.clone(),
            Self::IntoUnion(candidates) => candidates.iter().map(|(_, id)| *id).collect(),
            Self::Same | Self::Promote(_) | Self::Symbols(_) | Self::Never(_) => Vec::new(),
        }
    }
}

/// Where a field of the reader comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// The writer's field of this index.
    Field(usize, PairId),
    /// Its own default.
    Default,
    /// Nowhere.
    Missing,
}

impl Source {
    /// The index of the writer's field.
    pub(super) fn index(self) -> Option<usize> {
        match self {
            Self::Field(index, _) => Some(index),
            Self::Default | Self::Missing => None,
        }
    }
}

/// All pairs that are met from some first ones.
#[derive(Debug)]
pub(super) struct Pairs<'a> {
    pub(super) reader: &'a Schemas,
    pub(super) writer: &'a Schemas,
    list: Vec<Pair<'a>>,
    /// By the addresses of the types; a named type is one type wherever it is used.
    known: HashMap<(*const (), *const ()), PairId>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(reader: &'a Schemas, writer: &'a Schemas) -> Self {
        Self { reader, writer, list: Vec::new(), known: HashMap::new() }
    }

    /// The pairs that are met from one, and its number.
    pub(super) fn of(
        reader: &'a Schemas,
        writer: &'a Schemas,
        reader_root: &'a Type,
        writer_root: &'a Type,
    ) -> (Self, PairId) {
        let mut pairs = Self::new(reader, writer);
        let root = pairs.walk(reader_root, writer_root);
        (pairs, root)
    }

    /// Adds a pair, and all that are met from it.
    pub(super) fn walk(&mut self, reader: &'a Type, writer: &'a Type) -> PairId {
        let mut next = self.list.len();
        let first = self.meet(reader, writer);
        // Pairs that are met are added to the end, so that types may nest as deep as they like.
        while let Some(Pair { reader, writer, .. }) = self.list.get(next) {
            let way = self.way(reader, writer);
            if let Some(pair) = self.list.get_mut(next) {
                pair.way = way;
            }
            next += 1;
        }
        first
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Pair<'a>> {
        self.list.iter()
    }

    pub(super) fn get(&self, id: PairId) -> Option<&Pair<'a>> {
        self.list.get(id)
    }

    /// The reader's and the writer's definition, where both are named.
    pub(super) fn named(&self, pair: &Pair<'a>) -> Option<(&'a Named, &'a Named)> {
        match (&pair.reader.kind, &pair.writer.kind) {
            (Kind::Named(reader), Kind::Named(writer)) => {
                Some((self.reader.get(reader)?, self.writer.get(writer)?))
            }
            _ => None,
        }
    }

    fn meet(&mut self, reader: &'a Type, writer: &'a Type) -> PairId {
        let key = (identity(self.reader, reader), identity(self.writer, writer));
        let list = &mut self.list;
        *self.known.entry(key).or_insert_with(|| {
            list.push(Pair { reader, writer, way: Way::Never(Rule::Type) });
            list.len() - 1
        })
    }

    fn way(&mut self, reader: &'a Type, writer: &'a Type) -> Way {
        match (&reader.kind, &writer.kind) {
            (_, Kind::Union(branches)) => {
                Way::FromUnion(branches.iter().map(|branch| self.meet(reader, branch)).collect())
            }
            (Kind::Union(branches), _) => self.union_way(branches, writer),
            (Kind::Array(reader), Kind::Array(writer)) => Way::Items(self.meet(reader, writer)),
            (Kind::Map(reader), Kind::Map(writer)) => Way::Values(self.meet(reader, writer)),
            (Kind::Named(ours), Kind::Named(theirs)) => {
                match (self.reader.get(ours), self.writer.get(theirs)) {
                    (Some(ours), Some(theirs)) => self.named_way(ours, theirs),
                    _ => Way::Never(Rule::Type),
                }
            }
            (ours, theirs) if is_same_primitive(ours, theirs) => {
                unless_conflict(reader.logical, writer.logical, Way::Same)
            }
            (ours, theirs) => match rules::promotion(ours, theirs) {
                Some(promotion) => unless_conflict(reader.logical, writer.logical, Way::Promote(promotion)),
                None => Way::Never(Rule::Type),
            },
        }
    }

    fn named_way(&mut self, reader: &'a Named, writer: &'a Named) -> Way {
        match (&reader.kind, &writer.kind) {
            _ if !rules::same_kind(reader, writer) => Way::Never(Rule::Type),
            _ if !rules::names_match(reader, writer) => Way::Never(Rule::Name),
            (NamedKind::Fixed(ours), NamedKind::Fixed(theirs)) if ours.size == theirs.size => {
                unless_conflict(ours.logical, theirs.logical, Way::Same)
            }
            (NamedKind::Fixed(_), _) => Way::Never(Rule::FixedSize),
            (NamedKind::Enum(ours), NamedKind::Enum(theirs)) => Way::Symbols(symbols(ours, theirs)),
            (NamedKind::Record(ours), NamedKind::Record(theirs)) => Way::Record(self.sources(ours, theirs)),
            _ => Way::Never(Rule::Type),
        }
    }

    fn sources(&mut self, reader: &'a RecordType, writer: &'a RecordType) -> Vec<Source> {
        let source = |field| {
            let index = rules::writer_field(field, writer);
            match index.and_then(|index| Some((index, writer.fields.get(index)?))) {
                Some((index, theirs)) => Source::Field(index, self.meet(&field.ty, &theirs.ty)),
                None if field.default.is_some() => Source::Default,
                None => Source::Missing,
            }
        };
        reader.fields.iter().map(source).collect()
    }

    fn union_way(&mut self, branches: &'a [Type], writer: &'a Type) -> Way {
        let mut ranked: Vec<(usize, usize, &Type)> = branches
            .iter()
            .enumerate()
            .filter_map(|(index, branch)| Some((self.rank(branch, writer)?, index, branch)))
            .collect();
        ranked.sort_by_key(|(rank, index, _)| (*rank, *index));
        Way::IntoUnion(
            ranked.into_iter().map(|(_, index, branch)| (index, self.meet(branch, writer))).collect(),
        )
    }

    /// How well a branch of the reader's union matches a type of the writer: the same type before one that it must be
    /// promoted to.
    fn rank(&self, branch: &Type, writer: &Type) -> Option<usize> {
        match (&branch.kind, &writer.kind) {
            (Kind::Named(ours), Kind::Named(theirs)) => {
                let (ours, theirs) = (self.reader.get(ours)?, self.writer.get(theirs)?);
                rules::name_rank(ours, theirs).filter(|_| rules::same_kind(ours, theirs))
            }
            (Kind::Array(_), Kind::Array(_)) | (Kind::Map(_), Kind::Map(_)) => Some(0),
            (ours, theirs) if is_same_primitive(ours, theirs) => Some(0),
            (ours, theirs) => rules::promotion(ours, theirs).map(|_| 3),
        }
    }
}

/// What tells a type from others: a named one by its definition.
fn identity(schemas: &Schemas, ty: &Type) -> *const () {
    match &ty.kind {
        Kind::Named(fullname) => {
            schemas.get(fullname).map_or(ptr::null(), |named| ptr::from_ref(named).cast())
        }
        _ => ptr::from_ref(ty).cast(),
    }
}

fn is_same_primitive(reader: &Kind, writer: &Kind) -> bool {
    let is_primitive = |kind: &Kind| Kind::of_primitive(kind.name()).is_some();
    is_primitive(reader) && is_primitive(writer) && reader.name() == writer.name()
}

fn unless_conflict(reader: Option<Logical>, writer: Option<Logical>, way: Way) -> Way {
    if rules::logicals_conflict(reader, writer) { Way::Never(Rule::Logical) } else { way }
}

fn symbols(reader: &EnumType, writer: &EnumType) -> Vec<Option<usize>> {
    let of = |symbol: &String| reader.index_of(symbol);
    let default = reader.default.as_ref().and_then(of);
    writer.symbols.iter().map(|(symbol, _)| of(symbol).or(default)).collect()
}
