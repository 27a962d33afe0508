//! How to pass over values of the writer's types.

use std::collections::{HashMap, HashSet};

use super::program::{Procedure, Scan};
use crate::empty::Empty;
use crate::recursive;
use crate::schema::{Kind, NamedKind, Schemas, Type};

/// How much of a record's body is repeated where the record is used, rather than called.
const MOST_INLINE: usize = 16;
/// How deep bodies are repeated in each other.
const MOST_INLINE_DEPTH: usize = 8;

/// Makes scans.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    schemas: &'a Schemas,
    recursive: HashSet<&'a str>,
    empty: Empty<'a>,
    known: HashMap<&'a str, Vec<Scan>>,
    procedures: Vec<Procedure<Scan>>,
    todo: Vec<(usize, &'a str)>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(schemas: &'a Schemas) -> Self {
        Self {
            schemas,
            recursive: recursive::records(schemas),
            empty: Empty::new(schemas),
            known: HashMap::new(),
            procedures: Vec::new(),
            todo: Vec::new(),
        }
    }

    /// Whether a record may hold values of itself.
    pub(super) fn is_recursive(&self, fullname: &str) -> bool {
        self.recursive.contains(fullname)
    }

    /// How to pass over a value.
    pub(super) fn scan(&mut self, ty: &'a Type) -> Vec<Scan> {
        let mut out = Vec::new();
        self.ty(ty, 0, &mut out);
        out
    }

    pub(super) fn finish(mut self) -> Vec<Procedure<Scan>> {
        while let Some((id, fullname)) = self.todo.pop() {
            let body = self.fields(fullname, 0);
            if let Some(procedure) = self.procedures.get_mut(id) {
                procedure.body = body;
            }
        }
        self.procedures
    }

    fn ty(&mut self, ty: &'a Type, depth: usize, out: &mut Vec<Scan>) {
        // A record of two records, each of two records, and so on: no bytes would bound how many there are.
        if self.empty.has(ty) {
            return;
        }
        let mut inner = |ty, key: Option<Scan>| {
            let mut scans = Vec::from_iter(key);
            self.ty(ty, depth, &mut scans);
            scans
        };
        match &ty.kind {
            Kind::Null => {}
            Kind::Boolean => push(out, Scan::Bytes(1)),
            Kind::Float => push(out, Scan::Bytes(4)),
            Kind::Double => push(out, Scan::Bytes(8)),
            Kind::Int | Kind::Long => push(out, Scan::Varint),
            Kind::Bytes | Kind::String => push(out, Scan::Prefixed),
            Kind::Array(items) => {
                let items = inner(items, None);
                push(out, Scan::Blocks(items));
            }
            Kind::Map(values) => {
                let entries = inner(values, Some(Scan::Prefixed));
                push(out, Scan::Blocks(entries));
            }
            Kind::Union(branches) => {
                let branches = branches.iter().map(|branch| inner(branch, None)).collect();
                push(out, Scan::Union(branches));
            }
            Kind::Named(fullname) => match self.schemas.get(fullname).map(|named| &named.kind) {
                Some(NamedKind::Fixed(fixed)) => push(out, Scan::Bytes(fixed.size)),
                Some(NamedKind::Enum(_)) => push(out, Scan::Varint),
                Some(NamedKind::Record(_)) => {
                    self.record(fullname, depth).into_iter().for_each(|scan| push(out, scan));
                }
                None => {}
            },
        }
    }

    fn record(&mut self, fullname: &'a str, depth: usize) -> Vec<Scan> {
        if let Some(known) = self.known.get(fullname) {
            return known.clone();
        }
        let is_recursive = self.is_recursive(fullname);
        let id = self.procedures.len();
        let scan = if is_recursive || depth > MOST_INLINE_DEPTH {
            self.procedures.push(Procedure { body: Vec::new(), is_recursive });
            self.todo.push((id, fullname));
            vec![Scan::Call(id)]
        } else {
            let body = self.fields(fullname, depth + 1);
            if weight(&body) <= MOST_INLINE {
                body
            } else {
                let id = self.procedures.len();
                self.procedures.push(Procedure { body, is_recursive });
                vec![Scan::Call(id)]
            }
        };
        self.known.insert(fullname, scan.clone());
        scan
    }

    fn fields(&mut self, fullname: &str, depth: usize) -> Vec<Scan> {
        let mut out = Vec::new();
        if let Some(NamedKind::Record(record)) = self.schemas.get(fullname).map(|named| &named.kind) {
            record.fields.iter().for_each(|field| self.ty(&field.ty, depth, &mut out));
        }
        out
    }
}

/// Adds a scan; neighbours of a fixed size are one.
pub(super) fn push(out: &mut Vec<Scan>, scan: Scan) {
    match (out.last_mut(), scan) {
        (Some(Scan::Bytes(bytes)), Scan::Bytes(more)) => *bytes = bytes.saturating_add(more),
        (_, scan) => out.push(scan),
    }
}

/// How many scans there are, those within others included.
pub(super) fn weight(scans: &[Scan]) -> usize {
    let of = |scan: &Scan| match scan {
        Scan::Union(branches) => branches.iter().map(|branch| 1 + weight(branch)).sum(),
        Scan::Blocks(element) => weight(element),
        Scan::Bytes(_) | Scan::Varint | Scan::Prefixed | Scan::Call(_) => 0,
    };
    scans.iter().map(|scan| 1 + of(scan)).sum()
}
