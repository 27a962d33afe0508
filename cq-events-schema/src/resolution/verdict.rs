//! What can be read of each pair: all values, some, or the very bytes.

use super::finding::Rule;
use super::pairs::{Pair, PairId, Pairs, Source, Way};
use super::program::Promotion;
use crate::schema::{EnumType, Kind, NamedKind};

/// The verdicts on all pairs.
#[derive(Debug)]
pub(super) struct Verdicts {
    readable: Vec<bool>,
    readable_but_for_logical: Vec<bool>,
    possible: Vec<bool>,
    verbatim: Vec<bool>,
}

impl Verdicts {
    pub(super) fn new(pairs: &Pairs<'_>) -> Self {
        let users = users(pairs);
        // A type that holds itself is taken to be readable until something else in it is not; but that there is a value
        // that can be read has to be shown by one that comes to an end.
        let readable = settle(pairs, &users, true, is_readable);
        let readable_but_for_logical = settle(pairs, &users, true, |pair, known| {
            matches!(pair.way, Way::Never(Rule::Logical)) || is_readable(pair, known)
        });
        let possible = settle(pairs, &users, false, is_possible);
        let mut verdicts = Self { readable, readable_but_for_logical, possible, verbatim: Vec::new() };
        verdicts.verbatim =
            settle(pairs, &users, true, |pair, known| verdicts.same_bytes(pairs, pair, known));
        verdicts
    }

    /// Whether every value of the writer's type can be read.
    pub(super) fn is_readable(&self, id: PairId) -> bool {
        self.readable.get(id).copied().unwrap_or_default()
    }

    /// Whether every value of the writer's type could be read if no type had a logical one.
    pub(super) fn is_readable_but_for_logical(&self, id: PairId) -> bool {
        self.readable_but_for_logical.get(id).copied().unwrap_or_default()
    }

    /// Whether there is a value of the writer's type that can be read.
    pub(super) fn is_possible(&self, id: PairId) -> bool {
        self.possible.get(id).copied().unwrap_or_default()
    }

    /// Whether the writer's bytes are the reader's.
    pub(super) fn is_verbatim(&self, id: PairId) -> bool {
        self.verbatim.get(id).copied().unwrap_or_default()
    }

    /// The branch of a reader's union that a type of the writer is read as: of those that match the first that takes
    /// every value, else the first that takes any.
    pub(super) fn choose(&self, candidates: &[(usize, PairId)]) -> Option<(usize, PairId)> {
        let of = |verdict: fn(&Self, PairId) -> bool| candidates.iter().find(|(_, id)| verdict(self, *id));
        of(Self::is_readable).or_else(|| of(Self::is_possible)).or(candidates.first()).copied()
    }

    fn same_bytes(&self, pairs: &Pairs<'_>, pair: &Pair<'_>, known: &dyn Fn(PairId) -> bool) -> bool {
        let named = pairs.named(pair).map(|(reader, writer)| (&reader.kind, &writer.kind));
        match &pair.way {
            // An int is a long of few bytes; whether bytes are a string is for the one who reads them.
            Way::Same | Way::Promote(Promotion::SameBytes) => true,
            Way::Items(id) | Way::Values(id) => known(*id),
            Way::Symbols(_) => match named {
                Some((NamedKind::Enum(reader), NamedKind::Enum(writer))) => {
                    let names = |symbols: &EnumType| -> Vec<String> {
                        symbols.symbols.iter().map(|(name, _)| name.clone()).collect()
                    };
                    names(reader) == names(writer)
                }
                _ => false,
            },
            Way::Record(sources) => {
                let as_many = match named {
                    Some((_, NamedKind::Record(writer))) => writer.fields.len() == sources.len(),
                    _ => false,
                };
                let is_same = |(index, source): (usize, &Source)| match source {
                    Source::Field(theirs, id) => *theirs == index && known(*id),
                    Source::Default | Source::Missing => false,
                };
                as_many && sources.iter().enumerate().all(is_same)
            }
            Way::FromUnion(branches) => {
                let as_many = match &pair.reader.kind {
                    Kind::Union(ours) => ours.len() == branches.len(),
                    _ => false,
                };
                let is_same = |(index, id): (usize, &PairId)| match pairs.get(*id).map(|pair| &pair.way) {
                    Some(Way::IntoUnion(candidates)) => {
                        self.choose(candidates).is_some_and(|(branch, id)| branch == index && known(id))
                    }
                    _ => false,
                };
                as_many && branches.iter().enumerate().all(is_same)
            }
            Way::Promote(_) | Way::IntoUnion(_) | Way::Never(_) => false,
        }
    }
}

fn is_readable(pair: &Pair<'_>, known: &dyn Fn(PairId) -> bool) -> bool {
    match &pair.way {
        Way::Same | Way::Promote(_) => true,
        Way::Symbols(symbols) => symbols.iter().all(Option::is_some),
        Way::Items(id) | Way::Values(id) => known(*id),
        Way::Record(sources) => are_there(sources, known),
        Way::FromUnion(branches) => branches.iter().all(|id| known(*id)),
        Way::IntoUnion(candidates) => candidates.iter().any(|(_, id)| known(*id)),
        Way::Never(_) => false,
    }
}

fn is_possible(pair: &Pair<'_>, known: &dyn Fn(PairId) -> bool) -> bool {
    match &pair.way {
        Way::Same | Way::Promote(_) => true,
        Way::Symbols(symbols) => symbols.iter().any(Option::is_some),
        // An empty one can always be read.
        Way::Items(_) | Way::Values(_) => true,
        Way::Record(sources) => are_there(sources, known),
        Way::FromUnion(branches) => branches.iter().any(|id| known(*id)),
        Way::IntoUnion(candidates) => candidates.iter().any(|(_, id)| known(*id)),
        Way::Never(_) => false,
    }
}

fn are_there(sources: &[Source], known: &dyn Fn(PairId) -> bool) -> bool {
    sources.iter().all(|source| match source {
        Source::Field(_, id) => known(*id),
        Source::Default => true,
        Source::Missing => false,
    })
}

/// Judges all pairs until no verdict changes any more. All begin with `start`, and a verdict only ever changes from
/// that to the other.
fn settle(
    pairs: &Pairs<'_>,
    users: &[Vec<PairId>],
    start: bool,
    judge: impl Fn(&Pair<'_>, &dyn Fn(PairId) -> bool) -> bool,
) -> Vec<bool> {
    let mut verdicts = vec![start; pairs.len()];
    let mut todo: Vec<PairId> = (0..pairs.len()).collect();
    while let Some(id) = todo.pop() {
        let Some(pair) = pairs.get(id) else { continue };
        let verdict = judge(pair, &|id| verdicts.get(id).copied().unwrap_or_default());
        if verdict != start && verdicts.get(id) == Some(&start) {
            if let Some(known) = verdicts.get_mut(id) {
                *known = verdict;
            }
            todo.extend(users.get(id).into_iter().flatten());
        }
    }
    verdicts
}

/// For each pair, those whose verdict rests on its own. Whether a union's bytes stay the same rests on what is below
/// its branches.
fn users(pairs: &Pairs<'_>) -> Vec<Vec<PairId>> {
    let mut users: Vec<Vec<PairId>> = vec![Vec::new(); pairs.len()];
    for (id, pair) in pairs.iter().enumerate() {
        for part in pair.way.parts() {
            let below = match pairs.get(part).map(|pair| &pair.way) {
                Some(way @ Way::IntoUnion(_)) => way.parts(),
                _ => Vec::new(),
            };
            for part in below.into_iter().chain([part]) {
                if let Some(users) = users.get_mut(part) {
                    users.push(id);
                }
            }
        }
    }
    users
}
