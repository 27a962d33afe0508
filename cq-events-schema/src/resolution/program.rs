//! Programs: what is done with a writer's bytes to make the reader's of them.

use std::sync::Arc;

use super::finding::Rule;

/// How data of a writer's schema become data of a reader's. Compiled by [`program`](super::program), or for the branches
/// of a stream by [`StreamResolution`](super::StreamResolution); run by the codec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// Where to begin: a procedure of [`Program::steps`] for each of what was compiled.
    pub entries: Vec<usize>,
    /// What is called by [`Step::Call`].
    pub steps: Vec<Procedure<Step>>,
    /// What is called by [`Scan::Call`].
    pub scans: Vec<Procedure<Scan>>,
    /// What [`Step::Fail`] says.
    pub failures: Vec<Failure>,
}

/// What stands for a record, wherever it is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Procedure<T> {
    /// What is done.
    pub body: Vec<T>,
    /// Whether the record may hold values of itself, so that data can nest without end.
    pub is_recursive: bool,
}

/// One step. Each begins where the one before ended, both in the writer's bytes and in the reader's.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Passes over values of the writer, and copies them.
    Copy(Vec<Scan>),
    /// Passes over values of the writer.
    Skip(Vec<Scan>),
    /// Adds bytes: defaults, and indices of branches.
    Emit(Vec<u8>),
    /// Reads the index of a symbol, and adds the reader's: for each of the writer's its bytes, or a failure's number.
    Symbol(SymbolTable),
    /// Reads the index of a branch, and does what there is to do with it.
    Branch(Vec<Vec<Step>>),
    /// Reads a number, and adds another.
    Promote(Promotion),
    /// Arrays and maps: for each element, with the key of a map.
    Blocks(Vec<Step>),
    /// Fields that the reader has in another order, or more than once.
    Reorder(Reorder),
    /// A procedure of [`Program::steps`].
    Call(usize),
    /// There is no way to read this: the number of one of [`Program::failures`].
    Fail(usize),
}

/// For each of the writer's symbols the bytes of the reader's, or a failure's number.
pub type SymbolTable = Arc<Vec<Result<Vec<u8>, usize>>>;

/// How fields are put in another order.
#[derive(Clone, Debug, PartialEq)]
pub struct Reorder {
    /// The fields of the writer in its order, in runs of neighbours.
    pub runs: Vec<Vec<Scan>>,
    /// The fields of the reader in its order.
    pub parts: Vec<Reordered>,
}

/// A part of what the reader gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Reordered {
    /// A run, as it is.
    Run(usize),
    /// A run, by these steps.
    Steps(usize, Vec<Step>),
    /// Bytes of defaults.
    Emit(Vec<u8>),
}

/// How to pass over values of the writer.
#[derive(Clone, Debug, PartialEq)]
pub enum Scan {
    /// So many bytes.
    Bytes(usize),
    /// An int, a long, or the index of a symbol.
    Varint,
    /// A length, and as many bytes.
    Prefixed,
    /// The index of a branch, and its value.
    Union(Vec<Vec<Scan>>),
    /// The elements of an array or a map.
    Blocks(Vec<Scan>),
    /// A procedure of [`Program::scans`].
    Call(usize),
}

/// How a primitive type becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promotion {
    /// Both have the same bytes: an int that becomes a long, a string that becomes bytes or was some.
    SameBytes,
    /// An int becomes a float.
    IntToFloat,
    /// An int becomes a double.
    IntToDouble,
    /// A long becomes a float.
    LongToFloat,
    /// A long becomes a double.
    LongToDouble,
    /// A float becomes a double.
    FloatToDouble,
}

/// Why a value cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule that is broken.
    pub rule: Rule,
    /// What is wrong, and what to do.
    pub message: String,
}
