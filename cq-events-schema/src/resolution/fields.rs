//! The fields of a record, from the writer's order to the reader's.

use super::compile::{Compiler, push};
use super::pairs::{Pair, PairId, Pairs, Source, Way};
use super::program::{Reorder, Reordered, Scan, Step};
use super::scan;
use crate::schema::{Field, NamedKind, RecordType};

/// Fields of the writer that follow each other.
#[derive(Clone, Copy)]
struct Written<'a> {
    /// The index of the first.
    first: usize,
    fields: &'a [Field],
}

/// What a field of the writer is used for.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    None,
    /// It is copied, as the reader's field of this position.
    Copied(usize),
    /// It is changed, or used more than once.
    Other,
}

impl<'a> Compiler<'a> {
    /// What is done with a record's fields.
    pub(super) fn record(&mut self, id: PairId, depth: usize) -> Vec<Step> {
        let pairs = self.pairs;
        let Some(pair) = pairs.get(id) else { return Vec::new() };
        let (Way::Record(sources), Some((ours, theirs))) = (&pair.way, records(pairs, pair)) else {
            return Vec::new();
        };
        if sources.iter().any(|source| matches!(source, Source::Missing)) {
            return vec![Step::Fail(self.failure(id, pair))];
        }
        let fields: Vec<(&Field, Source)> = ours.fields.iter().zip(sources.iter().copied()).collect();
        let (mut out, mut next) = (Vec::new(), 0);
        for part in parts(&fields) {
            let indices = || part.iter().filter_map(|(_, source)| source.index());
            let end = indices().max().map_or(next, |last| last + 1);
            let written = Written { first: next, fields: theirs.fields.get(next..end).unwrap_or_default() };
            if indices().zip(indices().skip(1)).all(|(left, right)| left < right) {
                self.in_order(part, written, depth, &mut out);
            } else {
                let reorder = self.reorder(part, written, depth);
                push(&mut out, Step::Reorder(reorder));
            }
            next = end;
        }
        self.skip(theirs.fields.get(next..).unwrap_or_default(), &mut out);
        out
    }

    /// The reader's fields come in the order of the writer's.
    fn in_order(
        &mut self,
        fields: &[(&'a Field, Source)],
        writer: Written<'a>,
        depth: usize,
        out: &mut Vec<Step>,
    ) {
        let mut rest = writer.fields;
        for (field, source) in fields {
            match source {
                Source::Field(index, id) => {
                    let before = (index - writer.first).saturating_sub(writer.fields.len() - rest.len());
                    let (skipped, found) = rest.split_at_checked(before).unwrap_or_default();
                    self.skip(skipped, out);
                    self.pair(*id, depth, out);
                    rest = found.get(1..).unwrap_or_default();
                }
                Source::Default | Source::Missing => push(out, Step::Emit(self.default(field))),
            }
        }
    }

    fn skip(&mut self, fields: &'a [Field], out: &mut Vec<Step>) {
        for field in fields {
            push(out, Step::Skip(self.scanner.scan(&field.ty)));
        }
    }

    /// The reader's fields come in another order than the writer's, or one of the writer's comes more than once.
    fn reorder(&mut self, fields: &[(&'a Field, Source)], writer: Written<'a>, depth: usize) -> Reorder {
        let mut uses = vec![Use::None; writer.fields.len()];
        for (position, (_, source)) in fields.iter().enumerate() {
            let Source::Field(index, id) = source else { continue };
            if let Some(known) = uses.get_mut(index - writer.first) {
                let is_copied = *known == Use::None && self.verdicts.is_verbatim(*id);
                *known = if is_copied { Use::Copied(position) } else { Use::Other };
            }
        }
        // What stays together is one run.
        let mut runs: Vec<Vec<Scan>> = Vec::new();
        let mut run_of = Vec::new();
        let mut before = Use::Other;
        for (field, used) in writer.fields.iter().zip(uses) {
            let stays = match (before, used) {
                (Use::None, Use::None) => true,
                (Use::Copied(before), Use::Copied(position)) => position == before + 1,
                _ => false,
            };
            if !stays {
                runs.push(Vec::new());
            }
            run_of.push((runs.len() - 1, stays));
            before = used;
            let run = runs.last_mut();
            let scans = self.scanner.scan(&field.ty);
            run.into_iter().for_each(|run| scans.iter().for_each(|scan| scan::push(run, scan.clone())));
        }
        let mut parts: Vec<Reordered> = Vec::new();
        for (field, source) in fields {
            match source {
                Source::Field(index, id) => {
                    match run_of.get(index - writer.first).copied().unwrap_or_default() {
                        // Copied with the field before it.
                        (_, true) => {}
                        (run, false) if self.verdicts.is_verbatim(*id) => parts.push(Reordered::Run(run)),
                        (run, false) => {
                            let steps = self.steps(*id, depth);
                            parts.push(Reordered::Steps(run, steps));
                        }
                    }
                }
                Source::Default | Source::Missing => parts.push(Reordered::Emit(self.default(field))),
            }
        }
        Reorder { runs, parts }
    }

    fn default(&self, field: &Field) -> Vec<u8> {
        // That the default is a value of its type was checked when the schema was parsed.
        field
            .default
            .as_ref()
            .and_then(|default| self.pairs.reader.encode_default(&field.ty, default))
            .unwrap_or_default()
    }
}

/// The reader's fields in as many parts as can be read one after the other: what is behind a part comes from behind it.
fn parts<'f, 'a>(fields: &'f [(&'a Field, Source)]) -> Vec<&'f [(&'a Field, Source)]> {
    let mut least_from: Vec<usize> = fields
        .iter()
        .rev()
        .scan(usize::MAX, |least, (_, source)| {
            *least = source.index().map_or(*least, |index| index.min(*least));
            Some(*least)
        })
        .collect();
    least_from.reverse();
    let mut parts: Vec<&[(&Field, Source)]> = Vec::new();
    let (mut start, mut most) = (0, None);
    for (position, (_, source)) in fields.iter().enumerate() {
        most = most.max(source.index());
        let least = least_from.get(position + 1);
        let is_end = least.is_none_or(|least| most.is_some_and(|most| most < *least));
        if is_end {
            parts.extend(fields.get(start..=position));
            start = position + 1;
        }
    }
    parts
}

fn records<'a>(pairs: &Pairs<'a>, pair: &Pair<'a>) -> Option<(&'a RecordType, &'a RecordType)> {
    match pairs.named(pair).map(|(reader, writer)| (&reader.kind, &writer.kind)) {
        Some((NamedKind::Record(reader), NamedKind::Record(writer))) => Some((reader, writer)),
        _ => None,
    }
}
