//! What a schema is, once it is parsed.

use std::collections::{BTreeMap, HashMap};

use crate::json::Json;
use crate::name;
use crate::source::{Sources, Span};

/// Schemas that were parsed together: the root of each source, and all named types.
#[derive(Clone, Debug)]
pub struct Schemas {
    pub(crate) sources: Sources,
    pub(crate) roots: Vec<Type>,
    pub(crate) named: BTreeMap<String, Named>,
}

impl Schemas {
    /// The roots, in the order of the sources.
    pub fn roots(&self) -> &[Type] {
        &self.roots
    }

    /// The named types, by fullname.
    pub fn named(&self) -> impl Iterator<Item = &Named> {
        self.named.values()
    }

    /// The named type with this fullname.
    pub fn get(&self, fullname: &str) -> Option<&Named> {
        self.named.get(fullname)
    }

    /// The same named types, with this as the only root: what is checked, and resolved, is the first one.
    #[must_use]
    pub fn rooted(&self, root: &Type) -> Self {
        Self { sources: self.sources.clone(), roots: vec![root.clone()], named: self.named.clone() }
    }

    /// The sources.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The branches of a root: those of the union, or the root itself.
    pub fn branches<'a>(&self, root: &'a Type) -> &'a [Type] {
        match &root.kind {
            Kind::Union(branches) => branches,
            _ => std::slice::from_ref(root),
        }
    }
}

/// The use of a type.
#[derive(Clone, Debug)]
pub struct Type {
    /// What it is.
    pub kind: Kind,
    /// Its logical type, where it has a known and valid one.
    pub logical: Option<Logical>,
    /// Properties that Avro does not define, and logical types that this crate does not know.
    pub properties: Vec<Property>,
    /// Where it is used.
    pub span: Span,
}

/// The kinds of types.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `int`
    Int,
    /// `long`
    Long,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `bytes`
    Bytes,
    /// `string`
    String,
    /// An array of this type.
    Array(Box<Type>),
    /// A map from strings to this type.
    Map(Box<Type>),
    /// A union of these types.
    Union(Vec<Type>),
    /// A record, enum or fixed, by its fullname.
    Named(String),
}

/// The names of the types that need no definition.
pub(crate) const PRIMITIVES: [&str; 8] =
    ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

impl Kind {
    /// The primitive type of this name.
    pub(crate) fn of_primitive(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "int" => Self::Int,
            "long" => Self::Long,
            "float" => Self::Float,
            "double" => Self::Double,
            "bytes" => Self::Bytes,
            "string" => Self::String,
            _ => return None,
        })
    }

    /// What it is called: a primitive type by its name, a named type by its fullname, others by their kind.
    pub fn name(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::String => "string",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Union(_) => "union",
            Self::Named(fullname) => fullname,
        }
    }
}

/// Logical types: Avro 1.12, "Logical Types".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Logical {
    /// `uuid` over string or fixed(16)
    Uuid,
    /// `decimal` over bytes or fixed
    Decimal {
        /// Most digits in all.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
    /// `date` over int
    Date,
    /// `time-millis` over int
    TimeMillis,
    /// `time-micros` over long
    TimeMicros,
    /// `timestamp-millis` over long
    TimestampMillis,
    /// `timestamp-micros` over long
    TimestampMicros,
    /// `timestamp-nanos` over long
    TimestampNanos,
    /// `local-timestamp-millis` over long
    LocalTimestampMillis,
    /// `local-timestamp-micros` over long
    LocalTimestampMicros,
    /// `local-timestamp-nanos` over long
    LocalTimestampNanos,
    /// `duration` over fixed(12)
    Duration,
}

impl Logical {
    /// The name that schemas use.
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
}

/// A property that Avro does not define, such as `cq.key`.
#[derive(Clone, Debug)]
pub struct Property {
    /// Its name.
    pub key: String,
    /// The name's place.
    pub key_span: Span,
    /// Its value.
    pub value: Json,
}

/// A record, enum or fixed.
#[derive(Clone, Debug)]
pub struct Named {
    /// Namespace and name.
    pub fullname: String,
    /// The place of the name in the definition.
    pub name_span: Span,
    /// Documentation.
    pub doc: Option<String>,
    /// Former fullnames.
    pub aliases: Vec<String>,
    /// Properties that Avro does not define.
    pub properties: Vec<Property>,
    /// What it is.
    pub kind: NamedKind,
}

impl Named {
    /// The last part of the fullname.
    pub fn short_name(&self) -> &str {
        name::short(&self.fullname)
    }

    /// The fullname without its last part.
    pub fn namespace(&self) -> &str {
        name::namespace(&self.fullname)
    }
}

/// The kinds of named types.
#[derive(Clone, Debug)]
pub enum NamedKind {
    /// A record.
    Record(RecordType),
    /// An enum.
    Enum(EnumType),
    /// A fixed.
    Fixed(FixedType),
}

/// A record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordType {
    /// Its fields, in their order.
    pub fields: Vec<Field>,
    /// Schemas from outside may have very many.
    indices: HashMap<String, usize>,
}

impl RecordType {
    pub(crate) fn new(fields: Vec<Field>) -> Self {
        let indices = fields.iter().enumerate().map(|(index, field)| (field.name.clone(), index)).collect();
        Self { fields, indices }
    }

    /// The index of the field of this name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.indices.get(name).copied()
    }
}

/// An enum.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EnumType {
    /// Its symbols with their places, in their order.
    pub symbols: Vec<(String, Span)>,
    /// The symbol that a reader takes for one that it does not know.
    pub default: Option<String>,
    indices: HashMap<String, usize>,
}

impl EnumType {
    pub(crate) fn new(symbols: Vec<(String, Span)>, default: Option<String>) -> Self {
        let indices = symbols.iter().enumerate().map(|(index, (name, _))| (name.clone(), index)).collect();
        Self { symbols, default, indices }
    }

    /// The index of a symbol.
    pub fn index_of(&self, symbol: &str) -> Option<usize> {
        self.indices.get(symbol).copied()
    }
}

/// A fixed.
#[derive(Clone, Debug)]
pub struct FixedType {
    /// Its size in bytes.
    pub size: usize,
    /// Its logical type.
    pub logical: Option<Logical>,
}

/// A field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The name's place.
    pub name_span: Span,
    /// Documentation.
    pub doc: Option<String>,
    /// Former names.
    pub aliases: Vec<String>,
    /// Its type.
    pub ty: Type,
    /// Its default, which is valid for its type.
    pub default: Option<Json>,
    /// `ascending`, `descending` or `ignore`, where it is given.
    pub order: Option<String>,
    /// Properties that Avro does not define.
    pub properties: Vec<Property>,
}

impl Field {
    /// The property of this name.
    pub fn property(&self, key: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.key == key)
    }
}
