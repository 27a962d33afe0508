//! Schemas as the random generator thinks of them: neither the project's own types, nor those of an oracle.

mod names;
mod observe;
mod print;
mod quirk;
mod random;
mod sample;

pub use observe::items_of_value;
pub use print::Files;
pub use sample::{Sample, date, instant, number, time};

/// A stream's schema.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The stream, which is a Rust module too.
    pub name: String,
    /// All named types; a type's number is its place here. The events are the first.
    pub types: Vec<Named>,
    /// How many of the types are events.
    pub events: usize,
    /// The event whose fields all have defaults, and which is of a plain name.
    pub all_defaults: Option<usize>,
    /// Whether definitions stand at the last use rather than the first.
    pub reversed: bool,
    /// Whether the shared file repeats a definition of the stream's own.
    pub repeats: bool,
}

/// A record, enum or fixed.
#[derive(Clone, Debug)]
pub struct Named {
    pub namespace: String,
    pub name: String,
    pub aliases: Vec<String>,
    /// Whether an unknown property stands on it.
    pub property: bool,
    /// Whether it is defined in the shared file.
    pub shared: bool,
    pub kind: NamedKind,
}

impl Named {
    pub fn fullname(&self) -> String {
        match self.namespace.as_str() {
            "" => self.name.clone(),
            namespace => format!("{namespace}.{}", self.name),
        }
    }

    pub fn fields(&self) -> &[Field] {
        match &self.kind {
            NamedKind::Record(fields) => fields,
            _ => &[],
        }
    }
}

#[derive(Clone, Debug)]
pub enum NamedKind {
    Record(Vec<Field>),
    Enum { symbols: Vec<String>, default: Option<String> },
    Fixed { size: usize, logical: Option<Logical> },
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub ty: Ty,
    pub default: Option<Sample>,
    pub aliases: Vec<String>,
    pub order: Option<&'static str>,
    pub property: bool,
    /// A logical type on the field, where it means nothing.
    pub logical: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Array(Box<Ty>),
    Map(Box<Ty>),
    Union(Vec<Ty>),
    Named(usize),
    Logical(Logical),
    /// A logical type that nobody knows, on this primitive type.
    Unknown(Box<Ty>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logical {
    Uuid,
    Decimal { precision: usize, scale: usize },
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    LocalTimestampMillis,
    LocalTimestampMicros,
    LocalTimestampNanos,
    Duration,
}

impl Logical {
    pub fn name(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Decimal { .. } => "decimal",
            Self::Date => "date",
            Self::TimeMillis => "time-millis",
            Self::TimeMicros => "time-micros",
            Self::TimestampMillis => "timestamp-millis",
            Self::TimestampMicros => "timestamp-micros",
            Self::TimestampNanos => "timestamp-nanos",
            Self::LocalTimestampMillis => "local-timestamp-millis",
            Self::LocalTimestampMicros => "local-timestamp-micros",
            Self::LocalTimestampNanos => "local-timestamp-nanos",
            Self::Duration => "duration",
        }
    }

    /// The primitive type that it stands on.
    pub fn base(self) -> Ty {
        match self {
            Self::Uuid => Ty::String,
            Self::Decimal { .. } | Self::Duration => Ty::Bytes,
            Self::Date | Self::TimeMillis => Ty::Int,
            _ => Ty::Long,
        }
    }
}

impl Schema {
    /// What a union calls a branch: a primitive type by its name, a named type by its fullname, others by their kind.
    pub fn label(&self, ty: &Ty) -> String {
        let name = match ty {
            Ty::Null => "null",
            Ty::Boolean => "boolean",
            Ty::Int => "int",
            Ty::Long => "long",
            Ty::Float => "float",
            Ty::Double => "double",
            Ty::Bytes => "bytes",
            Ty::String => "string",
            Ty::Array(_) => "array",
            Ty::Map(_) => "map",
            Ty::Union(_) => "union",
            Ty::Named(id) => return self.types[*id].fullname(),
            Ty::Logical(logical) => return self.label(&logical.base()),
            Ty::Unknown(base) => return self.label(base),
        };
        name.to_owned()
    }

    /// The types that are used by the events, which come first; in the order of their first use.
    pub fn used(&self) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.events).collect();
        let mut at = 0;
        while at < found.len() {
            for field in self.types[found[at]].fields() {
                field.ty.each_named(&mut |id| {
                    if !found.contains(&id) {
                        found.push(id);
                    }
                });
            }
            at += 1;
        }
        found
    }
}

impl Ty {
    /// Calls `see` with each named type that this type mentions, in the order of the text.
    pub fn each_named(&self, see: &mut impl FnMut(usize)) {
        self.each(&mut |ty| {
            if let Self::Named(id) = ty {
                see(*id);
            }
        });
    }

    /// Calls `see` with this type and each type inside it.
    pub fn each<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Array(inner) | Self::Map(inner) => inner.each(see),
            Self::Union(branches) => branches.iter().for_each(|branch| branch.each(see)),
            _ => {}
        }
    }
}
