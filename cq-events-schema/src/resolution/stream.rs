//! A writer's schema as a stream reads it: branch by branch of its root.

use super::compile::Compiler;
use super::finding::{self, Finding};
use super::pairs::Pairs;
use super::program::Program;
use super::verdict::Verdicts;
use crate::schema::{Kind, Named, Schemas, Type};

/// How a stream reads what was written with one schema. One bad branch does not condemn the others.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamResolution {
    /// Whether the writer's root is a union, so that a datum begins with the index of its branch.
    pub is_union: bool,
    /// The branches of the writer's root: the root itself where it is no union.
    pub branches: Vec<StreamBranch>,
    /// What [`StreamBranch::Program`] runs.
    pub program: Program,
}

/// What a root branch of the writer's schema is to a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamBranch {
    /// An event of the reader, byte for byte.
    Identical {
        /// The branch's index in the reader's schema.
        event: usize,
    },
    /// An event of the reader, when its bytes have gone through a program.
    Program {
        /// The branch's index in the reader's schema.
        event: usize,
        /// Which of [`Program::entries`].
        entry: usize,
    },
    /// An event of the reader by its name, of which no value can be read.
    Incompatible {
        /// The branch's index in the reader's schema.
        event: usize,
        /// The record's fullname.
        fullname: String,
        /// Why.
        findings: Vec<Finding>,
    },
    /// No event of the reader.
    Unknown {
        /// The record's fullname, or the name of a type that is no record.
        fullname: String,
    },
}

impl StreamResolution {
    /// How the stream whose schema is `reader` reads data of `writer`. Of each, the first root counts.
    ///
    /// A record of the writer is the event of its fullname, else the first that has the fullname among its aliases:
    /// never one that only has the same unqualified name.
    pub fn new(reader: &Schemas, writer: &Schemas) -> Self {
        let mut pairs = Pairs::new(reader, writer);
        let roots: Vec<(&Type, Option<(usize, usize)>)> = match (reader.roots.first(), writer.roots.first()) {
            (Some(ours), Some(theirs)) => {
                let ours = reader.branches(ours);
                let meet = |theirs| {
                    let event = event(reader, ours, theirs);
                    (theirs, event.map(|(index, ours)| (index, pairs.walk(ours, theirs))))
                };
                writer.branches(theirs).iter().map(meet).collect()
            }
            _ => Vec::new(),
        };
        let verdicts = Verdicts::new(&pairs);
        let mut compiler = Compiler::new(&pairs, &verdicts);
        let branch = |(theirs, event): (&Type, Option<(usize, usize)>)| match event {
            None => StreamBranch::Unknown { fullname: theirs.kind.name().to_owned() },
            Some((event, pair)) if verdicts.is_verbatim(pair) => StreamBranch::Identical { event },
            Some((event, pair)) if verdicts.is_possible(pair) => {
                StreamBranch::Program { event, entry: compiler.entry(pair) }
            }
            Some((event, pair)) => {
                let findings = finding::of(&pairs, &verdicts, pair);
                StreamBranch::Incompatible { event, fullname: theirs.kind.name().to_owned(), findings }
            }
        };
        let branches = roots.into_iter().map(branch).collect();
        let is_union = matches!(writer.roots.first(), Some(Type { kind: Kind::Union(_), .. }));
        Self { is_union, branches, program: compiler.finish() }
    }
}

/// The event of the reader that a root branch of the writer is: its index and type.
fn event<'a>(reader: &Schemas, events: &'a [Type], writer: &Type) -> Option<(usize, &'a Type)> {
    let Kind::Named(fullname) = &writer.kind else { return None };
    let find = |is_it: &dyn Fn(&Named) -> bool| {
        events.iter().enumerate().find(|(_, event)| match &event.kind {
            Kind::Named(ours) => reader.get(ours).is_some_and(is_it),
            _ => false,
        })
    };
    find(&|named| named.fullname == *fullname).or_else(|| find(&|named| named.aliases.contains(fullname)))
}
