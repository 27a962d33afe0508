//! Whether a schema may follow earlier ones: the levels of schema registries.

use crate::resolution::{Finding, incompatibilities};
use crate::schema::Schemas;

/// What a new version of a schema must have in common with earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// Nothing.
    None,
    /// It reads what the version before it wrote.
    Backward,
    /// It reads what all earlier versions wrote: everything in a topic.
    #[default]
    BackwardTransitive,
    /// The version before it reads what it writes.
    Forward,
    /// All earlier versions read what it writes.
    ForwardTransitive,
    /// Both, with the version before it.
    Full,
    /// Both, with all earlier versions.
    FullTransitive,
}

impl Level {
    /// All levels.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Backward,
        Self::BackwardTransitive,
        Self::Forward,
        Self::ForwardTransitive,
        Self::Full,
        Self::FullTransitive,
    ];

    /// The name that schema registries use, such as `BACKWARD_TRANSITIVE`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Backward => "BACKWARD",
            Self::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Self::Forward => "FORWARD",
            Self::ForwardTransitive => "FORWARD_TRANSITIVE",
            Self::Full => "FULL",
            Self::FullTransitive => "FULL_TRANSITIVE",
        }
    }

    /// The level of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Whether all earlier versions count, and not only the one before.
    pub const fn is_transitive(self) -> bool {
        matches!(self, Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive)
    }

    /// The directions that are checked.
    pub const fn directions(self) -> &'static [Direction] {
        match self {
            Self::None => &[],
            Self::Backward | Self::BackwardTransitive => &[Direction::Backward],
            Self::Forward | Self::ForwardTransitive => &[Direction::Forward],
            Self::Full | Self::FullTransitive => &[Direction::Backward, Direction::Forward],
        }
    }
}

/// Who reads whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The new version reads what the earlier one wrote.
    Backward,
    /// The earlier version reads what the new one writes.
    Forward,
}

/// An earlier version that does not go with a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incompatibility {
    /// The index of the earlier version.
    pub version: usize,
    /// Who cannot read whom.
    pub direction: Direction,
    /// Why, at least one. The reader is the new version or the earlier one, as the direction says.
    pub findings: Vec<Finding>,
}

/// What speaks against `new` as the next version after `earlier`, the oldest first: nothing where it is compatible.
///
/// ```
/// use cq_events_schema::{Level, Rule, Schemas, check_compatibility};
///
/// let version = |fields: &str| {
///     let text = format!(r#"{{"type": "record", "name": "lamp.Switched", "fields": [{fields}]}}"#);
///     Schemas::parse_text("lamp.avsc", &text)
/// };
/// let first = version(r#"{"name": "on", "type": "boolean"}"#)?;
/// let next = version(r#"{"name": "on", "type": "boolean"}, {"name": "watts", "type": "int"}"#)?;
/// let found = check_compatibility(Level::Backward, &next, &[&first]);
/// assert_eq!(found[0].findings[0].rule, Rule::Field);
/// assert_eq!(found[0].findings[0].path, "Switched.watts");
/// assert!(check_compatibility(Level::Forward, &next, &[&first]).is_empty());
/// # Ok::<(), cq_events_schema::Diagnostics>(())
/// ```
pub fn check_compatibility(level: Level, new: &Schemas, earlier: &[&Schemas]) -> Vec<Incompatibility> {
    let first = if level.is_transitive() { 0 } else { earlier.len().saturating_sub(1) };
    let mut found = Vec::new();
    for (version, earlier) in earlier.iter().enumerate().skip(first) {
        for direction in level.directions() {
            let findings = match direction {
                Direction::Backward => incompatibilities(new, earlier),
                Direction::Forward => incompatibilities(earlier, new),
            };
            if !findings.is_empty() {
                found.push(Incompatibility { version, direction: *direction, findings });
            }
        }
    }
    found
}
