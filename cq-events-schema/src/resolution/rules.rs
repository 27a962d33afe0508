//! Which types, names and fields match.

use super::program::Promotion;
use crate::name;
use crate::schema::{Field, Kind, Logical, Named, NamedKind, RecordType};

/// Whether a named type of the reader stands for one of the writer's.
pub(super) fn names_match(reader: &Named, writer: &Named) -> bool {
    name_rank(reader, writer).is_some()
}

/// How well the names match: 0 by fullname, 1 by an alias, 2 by the unqualified name alone.
pub(super) fn name_rank(reader: &Named, writer: &Named) -> Option<usize> {
    if reader.fullname == writer.fullname {
        Some(0)
    } else if reader.aliases.contains(&writer.fullname) {
        Some(1)
    } else if name::short(&reader.fullname) == name::short(&writer.fullname) {
        Some(2)
    } else {
        None
    }
}

/// Whether both are records, both enums, or both fixed.
pub(super) fn same_kind(reader: &Named, writer: &Named) -> bool {
    matches!(
        (&reader.kind, &writer.kind),
        (NamedKind::Record(_), NamedKind::Record(_))
            | (NamedKind::Enum(_), NamedKind::Enum(_))
            | (NamedKind::Fixed(_), NamedKind::Fixed(_))
    )
}

/// How a primitive type of the writer becomes another of the reader. None where it does not.
pub(super) fn promotion(reader: &Kind, writer: &Kind) -> Option<Promotion> {
    Some(match (writer, reader) {
        (Kind::Int, Kind::Long) | (Kind::String, Kind::Bytes) | (Kind::Bytes, Kind::String) => {
            Promotion::SameBytes
        }
        (Kind::Int, Kind::Float) => Promotion::IntToFloat,
        (Kind::Int, Kind::Double) => Promotion::IntToDouble,
        (Kind::Long, Kind::Float) => Promotion::LongToFloat,
        (Kind::Long, Kind::Double) => Promotion::LongToDouble,
        (Kind::Float, Kind::Double) => Promotion::FloatToDouble,
        _ => return None,
    })
}

/// Whether what one logical type means is not what the other means. A type without one matches all on its base.
pub(super) fn logicals_conflict(reader: Option<Logical>, writer: Option<Logical>) -> bool {
    match (reader, writer) {
        (None, _) | (_, None) => false,
        (
            Some(Logical::Decimal { precision, scale }),
            Some(Logical::Decimal { precision: written, scale: written_scale }),
        ) => scale != written_scale || precision < written,
        (Some(reader), Some(writer)) => reader != writer,
    }
}

/// The index of the writer's field that a field of the reader is read from: the one of its name, else of its first
/// alias that the writer has.
pub(super) fn writer_field(reader: &Field, writer: &RecordType) -> Option<usize> {
    let of = |name: &String| writer.index_of(name);
    of(&reader.name).or_else(|| reader.aliases.iter().find_map(of))
}
