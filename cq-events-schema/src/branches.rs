//! How the root branches of a writer's schema stand to those of a reader's, as far as that can be said without
//! schema resolution.

use crate::schema::{Kind, Schemas};
use crate::source::{Diagnostic, Diagnostics};

/// What a root branch of the writer's schema is to the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriterBranch {
    /// The reader has a record of the same shape (documentation, defaults and the like aside): its bytes can be read
    /// as they are.
    Identical {
        /// The branch's index in the reader's schema.
        index: usize,
    },
    /// The reader has a record of this name, but a different one: its bytes need schema resolution.
    Different {
        /// The record's fullname.
        fullname: String,
    },
    /// The reader has no record of this name.
    Unknown {
        /// The record's fullname, or the name of a type that is no record.
        fullname: String,
    },
}

/// What each root branch of `writer` is to `reader`, in the order of the writer's branches.
///
/// # Errors
/// When one of the two is no valid schema, or its root is no union.
pub fn compare_branches(reader: &str, writer: &str) -> Result<Vec<WriterBranch>, Diagnostics> {
    let reader = union("the reader's schema", reader)?;
    let writer = union("the writer's schema", writer)?;
    let ours: Vec<(String, String)> = branches(&reader);
    let compare =
        |(fullname, text): (String, String)| match ours.iter().position(|(ours, _)| *ours == fullname) {
            None => WriterBranch::Unknown { fullname },
            Some(index) if ours.get(index).is_some_and(|(_, ours)| *ours == text) => {
                WriterBranch::Identical { index }
            }
            Some(_) => WriterBranch::Different { fullname },
        };
    Ok(branches(&writer).into_iter().map(compare).collect())
}

fn union(name: &str, text: &str) -> Result<Schemas, Diagnostics> {
    let schemas = Schemas::parse_text(name, text)?;
    match schemas.roots().first() {
        Some(root) if !matches!(root.kind, Kind::Union(_)) => {
            let error = Diagnostic::new(root.span, "the root is no union of records")
                .hint("a schema of one record per subject cannot be read yet");
            Err(Diagnostics::new(schemas.sources, vec![error]))
        }
        _ => Ok(schemas),
    }
}

/// Name and shape of each root branch, every one assembled for itself.
fn branches(schemas: &Schemas) -> Vec<(String, String)> {
    let Some(root) = schemas.roots().first() else { return Vec::new() };
    schemas
        .branches(root)
        .iter()
        .map(|branch| (branch.kind.name().to_owned(), schemas.shape(branch)))
        .collect()
}
