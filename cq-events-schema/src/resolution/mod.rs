//! Schema resolution (Avro 1.12, "Schema Resolution"): how data of a writer's schema are read as a reader's.
//!
//! ```text
//! reader, writer -> pairs (which type meets which) -> verdicts -> findings (why a pair cannot be read)
//!                                                             \-> program (how its data become the reader's)
//! ```
//!
//! The checker of compatibility and the programs come of one walk, so what the checker calls compatible is read.
//!
//! Where the specification leaves room, the rules are those of Java's `SchemaCompatibility`: records, enums and fixed
//! match by their unqualified names, or where an alias of the reader is the writer's fullname. In one thing they are
//! stricter: two different logical types do not match, since a number of milliseconds is none of microseconds.

mod compile;
mod fields;
mod finding;
mod pairs;
mod program;
mod rules;
mod scan;
mod stream;
mod verdict;

pub use finding::{Finding, Rule};
pub use program::{Failure, Procedure, Program, Promotion, Reorder, Reordered, Scan, Step, SymbolTable};
pub use stream::{StreamBranch, StreamResolution};

use crate::schema::Schemas;
use compile::Compiler;
use pairs::Pairs;
use verdict::Verdicts;

/// Why data of `writer` cannot all be read as `reader`: nothing where they can. Of each, the first root counts.
///
/// Unions and enums are judged by what the writer may write: a branch or a symbol that the reader cannot take is a
/// finding, although a value without it can be read.
pub fn incompatibilities(reader: &Schemas, writer: &Schemas) -> Vec<Finding> {
    let (Some(reader_root), Some(writer_root)) = (reader.roots.first(), writer.roots.first()) else {
        return Vec::new();
    };
    let (pairs, root) = Pairs::of(reader, writer, reader_root, writer_root);
    let verdicts = Verdicts::new(&pairs);
    finding::of(&pairs, &verdicts, root)
}

/// How data of `writer` become data of `reader`. Of each, the first root counts.
///
/// What cannot be read is found when a datum has it: [`Step::Fail`].
pub fn program(reader: &Schemas, writer: &Schemas) -> Program {
    let (Some(reader_root), Some(writer_root)) = (reader.roots.first(), writer.roots.first()) else {
        return Program::default();
    };
    let (pairs, root) = Pairs::of(reader, writer, reader_root, writer_root);
    let verdicts = Verdicts::new(&pairs);
    let mut compiler = Compiler::new(&pairs, &verdicts);
    compiler.entry(root);
    compiler.finish()
}
