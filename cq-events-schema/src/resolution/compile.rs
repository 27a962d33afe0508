//! Pairs -> programs.

use std::collections::HashMap;
use std::sync::Arc;

use super::finding;
use super::pairs::{Pair, PairId, Pairs, Way};
use super::program::{Failure, Procedure, Program, Promotion, Reordered, Scan, Step, SymbolTable};
use super::scan::{self, Scanner};
use super::verdict::Verdicts;
use crate::datum;
use crate::empty::Empty;
use crate::schema::Kind;

/// How much of a record's body is repeated where the record is used, rather than called.
const MOST_INLINE: usize = 32;
/// How deep bodies are repeated in each other.
const MOST_INLINE_DEPTH: usize = 8;

/// Compiles the programs of pairs, which share what they call.
pub(super) struct Compiler<'a> {
    pub(super) pairs: &'a Pairs<'a>,
    pub(super) verdicts: &'a Verdicts,
    pub(super) scanner: Scanner<'a>,
    /// Of the reader's types.
    empty: Empty<'a>,
    /// The steps of pairs of records.
    known: HashMap<PairId, Vec<Step>>,
    /// The tables of pairs of enums, which may be long, and be used in many records.
    symbols: HashMap<PairId, SymbolTable>,
    failures: HashMap<PairId, usize>,
    program: Program,
    todo: Vec<(usize, PairId)>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(pairs: &'a Pairs<'a>, verdicts: &'a Verdicts) -> Self {
        Self {
            pairs,
            verdicts,
            scanner: Scanner::new(pairs.writer),
            empty: Empty::new(pairs.reader),
            known: HashMap::new(),
            symbols: HashMap::new(),
            failures: HashMap::new(),
            program: Program::default(),
            todo: Vec::new(),
        }
    }

    /// Compiles the program of a pair, and returns the number of its entry.
    pub(super) fn entry(&mut self, id: PairId) -> usize {
        let body = self.steps(id, 0);
        let procedure = self.program.steps.len();
        self.program.steps.push(Procedure { body, is_recursive: false });
        self.program.entries.push(procedure);
        self.program.entries.len() - 1
    }

    pub(super) fn finish(mut self) -> Program {
        while let Some((procedure, id)) = self.todo.pop() {
            let body = self.record(id, 0);
            if let Some(procedure) = self.program.steps.get_mut(procedure) {
                procedure.body = body;
            }
        }
        self.program.scans = self.scanner.finish();
        self.program
    }

    pub(super) fn steps(&mut self, id: PairId, depth: usize) -> Vec<Step> {
        let mut out = Vec::new();
        self.pair(id, depth, &mut out);
        out
    }

    pub(super) fn pair(&mut self, id: PairId, depth: usize, out: &mut Vec<Step>) {
        let pairs = self.pairs;
        let Some(pair) = pairs.get(id) else { return };
        // What makes no bytes is only passed over: nothing would bound how often it is done.
        if self.empty.has(pair.reader) && self.verdicts.is_readable(id) {
            return push(out, Step::Skip(self.scanner.scan(pair.writer)));
        }
        if self.verdicts.is_verbatim(id) {
            return push(out, Step::Copy(self.scanner.scan(pair.writer)));
        }
        let step = match &pair.way {
            Way::Same | Way::Promote(Promotion::SameBytes) => Step::Copy(self.scanner.scan(pair.writer)),
            Way::Promote(promotion) => Step::Promote(*promotion),
            Way::Symbols(symbols) => {
                if let Some(table) = self.symbols.get(&id) {
                    return push(out, Step::Symbol(Arc::clone(table)));
                }
                let failure = symbols.iter().any(Option::is_none).then(|| self.failure(id, pair));
                let of = |ours: &Option<usize>| ours.map(index).ok_or(failure.unwrap_or_default());
                let table: SymbolTable = Arc::new(symbols.iter().map(of).collect());
                self.symbols.insert(id, Arc::clone(&table));
                Step::Symbol(table)
            }
            Way::Items(items) => Step::Blocks(self.steps(*items, depth)),
            Way::Values(values) => {
                let mut entry = vec![Step::Copy(vec![Scan::Prefixed])];
                self.pair(*values, depth, &mut entry);
                Step::Blocks(entry)
            }
            Way::Record(_) => return self.use_record(id, pair, depth, out),
            Way::FromUnion(branches) => {
                Step::Branch(branches.iter().map(|branch| self.steps(*branch, depth)).collect())
            }
            Way::IntoUnion(candidates) => match self.verdicts.choose(candidates) {
                Some((branch, id)) => {
                    push(out, Step::Emit(index(branch)));
                    return self.pair(id, depth, out);
                }
                None => Step::Fail(self.failure(id, pair)),
            },
            Way::Never(_) => Step::Fail(self.failure(id, pair)),
        };
        push(out, step);
    }

    /// Repeats what is done with a record, or calls it where it is long or may hold itself.
    fn use_record(&mut self, id: PairId, pair: &Pair<'a>, depth: usize, out: &mut Vec<Step>) {
        let is_recursive =
            matches!(&pair.writer.kind, Kind::Named(fullname) if self.scanner.is_recursive(fullname));
        if !self.known.contains_key(&id) {
            let steps = if is_recursive || depth > MOST_INLINE_DEPTH {
                let procedure = self.program.steps.len();
                self.program.steps.push(Procedure { body: Vec::new(), is_recursive });
                self.todo.push((procedure, id));
                vec![Step::Call(procedure)]
            } else {
                let body = self.record(id, depth + 1);
                if weight(&body) <= MOST_INLINE {
                    body
                } else {
                    let procedure = self.program.steps.len();
                    self.program.steps.push(Procedure { body, is_recursive });
                    vec![Step::Call(procedure)]
                }
            };
            self.known.insert(id, steps);
        }
        for step in self.known.get(&id).into_iter().flatten() {
            push(out, step.clone());
        }
    }

    /// The number of what is wrong with a pair itself.
    pub(super) fn failure(&mut self, id: PairId, pair: &Pair<'_>) -> usize {
        if let Some(failure) = self.failures.get(&id) {
            return *failure;
        }
        let finding = finding::own(self.pairs, pair).into_iter().next();
        let failures = &mut self.program.failures;
        failures.extend(finding.map(|finding| Failure { rule: finding.rule, message: finding.message }));
        let failure = failures.len().saturating_sub(1);
        self.failures.insert(id, failure);
        failure
    }
}

fn index(index: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    datum::long(i64::try_from(index).unwrap_or(i64::MAX), &mut bytes);
    bytes
}

/// Adds a step; neighbours that do the same are one.
pub(super) fn push(out: &mut Vec<Step>, step: Step) {
    match (out.last_mut(), step) {
        (Some(Step::Copy(scans)), Step::Copy(more)) | (Some(Step::Skip(scans)), Step::Skip(more)) => {
            more.into_iter().for_each(|scan| scan::push(scans, scan));
        }
        (Some(Step::Emit(bytes)), Step::Emit(more)) => bytes.extend(more),
        (_, Step::Copy(scans) | Step::Skip(scans)) if scans.is_empty() => {}
        (_, Step::Emit(bytes)) if bytes.is_empty() => {}
        (_, step) => out.push(step),
    }
}

/// How many steps there are, those within others included.
fn weight(steps: &[Step]) -> usize {
    let of = |step: &Step| match step {
        Step::Copy(scans) | Step::Skip(scans) => scan::weight(scans),
        Step::Emit(bytes) => bytes.len() / 16,
        Step::Symbol(symbols) => symbols.len(),
        Step::Branch(branches) => branches.iter().map(|branch| 1 + weight(branch)).sum(),
        Step::Blocks(element) => weight(element),
        // Its runs are scanned, and its parts are steps.
        Step::Reorder(reorder) => {
            let parts = reorder.parts.iter().map(|part| match part {
                Reordered::Steps(_, steps) => 1 + weight(steps),
                Reordered::Emit(bytes) => 1 + bytes.len() / 16,
                Reordered::Run(_) => 1,
            });
            parts.sum::<usize>() + reorder.runs.iter().map(|run| scan::weight(run)).sum::<usize>()
        }
        Step::Promote(_) | Step::Call(_) | Step::Fail(_) => 0,
    };
    steps.iter().map(|step| 1 + of(step)).sum()
}
