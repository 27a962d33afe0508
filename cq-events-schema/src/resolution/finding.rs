//! Why data of a writer cannot all be read: for people.

use std::collections::HashSet;

use super::pairs::{Pair, PairId, Pairs, Source, Way};
use super::verdict::Verdicts;
use crate::name;
use crate::schema::{Field, Kind, Logical, NamedKind, Schemas, Type};
use crate::source::{Position, Span};

/// One reason why data of a writer's schema cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: Rule,
    /// Where, in the reader's names: `InspectionCompleted.results[].value`, with `[]` for the elements of an array and
    /// `{}` for the values of a map.
    pub path: String,
    /// The place in the reader's schema.
    pub reader: Span,
    /// The place in the writer's schema.
    pub writer: Span,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Finding {
    /// The finding with both places, as people read it.
    pub fn render(&self, reader: &Schemas, writer: &Schemas) -> String {
        let place = |schemas: &Schemas, span: Span| {
            let Position { line, column } = schemas.sources.position(span);
            format!("{}:{line}:{column}", schemas.sources.name(span.source))
        };
        format!(
            "{}: {}: {} [{}]\n  the writer's schema: {}",
            place(reader, self.reader),
            self.path,
            self.message,
            self.rule.name(),
            place(writer, self.writer)
        )
    }
}

/// The rules of schema resolution that a pair of types can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The types are of different kinds, and the writer's is not promoted to the reader's.
    Type,
    /// A record, enum or fixed has another name, and the reader's no alias for it.
    Name,
    /// A fixed has another size.
    FixedSize,
    /// The reader's enum lacks a symbol, and has no default.
    Symbol,
    /// The writer lacks a field, and the reader's has no default.
    Field,
    /// The reader's union has no branch for a type of the writer's.
    Branch,
    /// The logical types are different.
    Logical,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 7] =
        [Self::Type, Self::Name, Self::FixedSize, Self::Symbol, Self::Field, Self::Branch, Self::Logical];

    /// The rule's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Type => "type-mismatch",
            Self::Name => "name-mismatch",
            Self::FixedSize => "fixed-size-mismatch",
            Self::Symbol => "missing-enum-symbol",
            Self::Field => "missing-field-without-default",
            Self::Branch => "missing-union-branch",
            Self::Logical => "logical-type-mismatch",
        }
    }
}

/// The findings below a pair, each pair of types once, in the order of the reader's schema.
pub(super) fn of(pairs: &Pairs<'_>, verdicts: &Verdicts, root: PairId) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    let mut todo = vec![(root, String::new())];
    while let Some((id, path)) = todo.pop() {
        let Some(pair) = pairs.get(id).filter(|_| !verdicts.is_readable(id) && seen.insert(id)) else {
            continue;
        };
        let path = if path.is_empty() { root_name(pair) } else { path };
        findings.extend(own(pairs, pair).into_iter().map(|finding| {
            let path =
                if finding.path.is_empty() { path.clone() } else { format!("{path}.{}", finding.path) };
            Finding { path, ..finding }
        }));
        let parts: Vec<(PairId, String)> = match &pair.way {
            Way::Items(id) => vec![(*id, format!("{path}[]"))],
            Way::Values(id) => vec![(*id, format!("{path}{{}}"))],
            Way::Record(sources) => fields(pairs, pair)
                .zip(sources)
                .filter_map(|(field, source)| match source {
                    Source::Field(_, id) => Some((*id, format!("{path}.{}", field.name))),
                    Source::Default | Source::Missing => None,
                })
                .collect(),
            Way::FromUnion(branches) => branches.iter().map(|id| (*id, path.clone())).collect(),
            // The branch of its name is the one that was meant, unless another would do but for logical types.
            Way::IntoUnion(candidates) => {
                let nearly = candidates.iter().find(|(_, id)| verdicts.is_readable_but_for_logical(*id));
                nearly.or(candidates.first()).map(|(_, id)| (*id, path.clone())).into_iter().collect()
            }
            _ => Vec::new(),
        };
        todo.extend(parts.into_iter().rev());
    }
    findings
}

/// What is wrong with a pair itself, its parts aside. The path of a finding is that below the pair.
pub(super) fn own(pairs: &Pairs<'_>, pair: &Pair<'_>) -> Vec<Finding> {
    let (reader, writer) = (pair.reader, pair.writer);
    let finding = |rule, message| Finding {
        rule,
        path: String::new(),
        reader: reader.span,
        writer: writer.span,
        message,
    };
    match &pair.way {
        Way::Never(rule) => vec![finding(*rule, mismatch(pairs, pair, *rule))],
        Way::IntoUnion(candidates) if candidates.is_empty() => {
            let message = format!("the union has no branch for the writer's {}: add one", label(writer));
            vec![finding(Rule::Branch, message)]
        }
        Way::Symbols(symbols) if symbols.iter().any(Option::is_none) => {
            vec![finding(Rule::Symbol, missing_symbols(pairs, pair, symbols))]
        }
        Way::Record(sources) => {
            let missing =
                fields(pairs, pair).zip(sources).filter(|(_, source)| matches!(source, Source::Missing));
            missing.map(|(field, _)| missing_field(writer, field)).collect()
        }
        _ => Vec::new(),
    }
}

fn fields<'a>(pairs: &Pairs<'a>, pair: &Pair<'a>) -> std::slice::Iter<'a, Field> {
    match pairs.named(pair).map(|(reader, _)| &reader.kind) {
        Some(NamedKind::Record(record)) => record.fields.iter(),
        _ => [].iter(),
    }
}

fn missing_field(writer: &Type, field: &Field) -> Finding {
    let message = format!(
        "the writer's {} has no field `{}`, and it has no default here: give it one, or name the writer's field in its \
         \"aliases\"",
        label(writer),
        field.name
    );
    Finding {
        rule: Rule::Field,
        path: field.name.clone(),
        reader: field.name_span,
        writer: writer.span,
        message,
    }
}

fn missing_symbols(pairs: &Pairs<'_>, pair: &Pair<'_>, symbols: &[Option<usize>]) -> String {
    let Some((_, NamedKind::Enum(theirs))) =
        pairs.named(pair).map(|(reader, writer)| (&reader.kind, &writer.kind))
    else {
        return String::new();
    };
    let missing = theirs.symbols.iter().zip(symbols).filter(|(_, ours)| ours.is_none());
    let names: Vec<&str> = missing.map(|((name, _), _)| name.as_str()).collect();
    format!(
        "the enum {} lacks {} of the writer's, and has no default: add what is missing, or a \"default\"",
        label(pair.reader),
        names.join(", ")
    )
}

fn mismatch(pairs: &Pairs<'_>, pair: &Pair<'_>, rule: Rule) -> String {
    let (reader, writer) = (label(pair.reader), label(pair.writer));
    let named = pairs.named(pair);
    match (rule, named.map(|(reader, writer)| (&reader.kind, &writer.kind))) {
        (Rule::Name, _) => format!(
            "the writer has {writer} where the reader has {reader}: if it was renamed, add its old fullname to \
             \"aliases\""
        ),
        (Rule::FixedSize, Some((NamedKind::Fixed(ours), NamedKind::Fixed(theirs)))) => format!(
            "{reader} has {} bytes, and the writer's {}: give what has another size another name",
            ours.size, theirs.size
        ),
        (Rule::Logical, Some((NamedKind::Fixed(ours), NamedKind::Fixed(theirs)))) => {
            conflict(ours.logical, theirs.logical)
        }
        (Rule::Logical, _) => conflict(pair.reader.logical, pair.writer.logical),
        _ => format!("the writer's {writer} cannot be read as {reader}: add a field instead"),
    }
}

fn conflict(reader: Option<Logical>, writer: Option<Logical>) -> String {
    let words = |logical: Option<Logical>| match logical {
        Some(Logical::Decimal { precision, scale }) => format!("decimal({precision}, {scale})"),
        Some(logical) => logical.name().to_owned(),
        None => String::from("no logical type"),
    };
    format!(
        "the writer has {} where the reader has {}: a number of the one is none of the other; add a field instead",
        words(writer),
        words(reader)
    )
}

/// A type, as it is called.
fn label(ty: &Type) -> String {
    match &ty.kind {
        Kind::Union(branches) => {
            let names: Vec<&str> = branches.iter().map(|branch| branch.kind.name()).collect();
            format!("union of {}", names.join(", "))
        }
        kind => format!("`{}`", kind.name()),
    }
}

/// What the path of a root begins with.
fn root_name(pair: &Pair<'_>) -> String {
    let of = |ty: &Type| match &ty.kind {
        Kind::Named(fullname) => Some(name::short(fullname).to_owned()),
        Kind::Union(_) => None,
        kind => Some(kind.name().to_owned()),
    };
    // A union is named by the branch that is looked at.
    of(pair.reader).or_else(|| of(pair.writer)).unwrap_or_default()
}
