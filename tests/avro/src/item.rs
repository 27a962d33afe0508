//! The checklist: what a generator of Avro must get right (`codec.md`), item by item.

use std::collections::BTreeMap;
use std::fmt;

macro_rules! items {
    ($($item:ident $text:literal,)*) => {
        /// An item of the checklist.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Item { $(#[doc = $text] $item,)* }

        impl Item {
            /// All items.
            pub const ALL: &[Self] = &[$(Self::$item,)*];

            /// The item in words.
            pub fn text(self) -> &'static str {
                match self { $(Self::$item => $text,)* }
            }
        }
    };
}

items! {
    NullFirst "union: null first",
    NullSecond "union: null second",
    NullAlone "null alone",
    UnionOfNull "union: of null alone",
    UnionOfOne "union: one branch",
    UnionOfMany "union: many branches",
    UnionOfMoreThan64 "union: more than 64 branches",
    UnionOfRecordWithArrayOrMap "union: record with an array or map inside",
    UnionOfTwoOfAKind "union: two named types of one kind",
    UnionLarge "union: large record beside a small type",
    OptionalInOptional "union: optional in an optional",
    DefaultOfFirstBranch "union default: first branch",
    DefaultOfOtherBranch "union default: another branch",
    ForwardReference "named: reference before the definition",
    CrossFileReference "named: reference into another file",
    SameDefinitionTwice "named: the same definition twice",
    RecursionThroughUnion "named: recursion through a union",
    RecursionThroughArray "named: recursion through an array",
    RecursionThroughMap "named: recursion through a map",
    MutualRecursion "named: mutual recursion",
    SameShortName "named: one short name in two namespaces",
    TypeAlias "named: alias of a type",
    FieldAlias "named: alias of a field",
    EmptyNamespace "named: empty namespace",
    FieldlessRecord "named: record without fields",
    KeywordField "names: keyword",
    NotRawField "names: cannot be a raw identifier",
    FieldCollision "names: fields that collide in Rust",
    LeadingUnderscore "names: leading underscore",
    OddSymbol "names: symbol that is no variant",
    SymbolCollision "names: symbols that collide in Rust",
    ShadowingName "names: shadows Option, Result, String, Vec, Box",
    DefaultNull "default: null",
    DefaultBoolean "default: boolean",
    DefaultInt "default: int",
    DefaultLong "default: long",
    DefaultFloat "default: float",
    DefaultDouble "default: double",
    DefaultString "default: string",
    DefaultBytes "default: bytes",
    DefaultFixed "default: fixed",
    DefaultEscaped "default: bytes or fixed beyond ASCII",
    DefaultEnum "default: enum",
    DefaultArray "default: array",
    DefaultMap "default: map",
    DefaultRecord "default: record",
    DefaultPartialRecord "default: record in part",
    DefaultLogical "default: logical type",
    DefaultOfEnumType "default of an enum for unknown symbols",
    UuidString "logical: uuid over string",
    UuidFixed "logical: uuid over fixed",
    DecimalBytes "logical: decimal over bytes, up to 28 digits",
    DecimalBytesLong "logical: decimal over bytes, beyond 28 digits",
    DecimalFixed "logical: decimal over fixed, up to 28 digits",
    DecimalFixedLong "logical: decimal over fixed, beyond 28 digits",
    Date "logical: date",
    TimeMillis "logical: time-millis",
    TimeMicros "logical: time-micros",
    TimestampMillis "logical: timestamp-millis",
    TimestampMicros "logical: timestamp-micros",
    TimestampNanos "logical: timestamp-nanos",
    LocalTimestampMillis "logical: local-timestamp-millis",
    LocalTimestampMicros "logical: local-timestamp-micros",
    LocalTimestampNanos "logical: local-timestamp-nanos",
    Duration "logical: duration",
    UnknownLogical "logical: unknown, so its plain type",
    LogicalOnField "logical: on the field, so none",
    MoreThan64Fields "more than 64 fields",
    Order "property: order",
    UnknownProperty "property: unknown",
    NotANumber "number: NaN",
    Infinite "number: infinite",
    NegativeZero "number: -0.0",
    LongExtreme "number: extreme of long",
    IntExtreme "number: extreme of int",
}

/// How many schemas had each item.
#[derive(Clone, Debug, Default)]
pub struct Counts(BTreeMap<Item, usize>);

impl Counts {
    /// Counts a schema's items.
    pub fn add(&mut self, items: impl IntoIterator<Item = Item>) {
        for item in items {
            *self.0.entry(item).or_default() += 1;
        }
    }

    /// The items that less than `least` schemas had.
    pub fn below(&self, least: usize) -> Vec<&'static str> {
        let count = |item| self.0.get(item).copied().unwrap_or_default();
        Item::ALL.iter().filter(|item| count(item) < least).map(|item| item.text()).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in Item::ALL {
            writeln!(out, "{:6}  {}", self.0.get(item).copied().unwrap_or_default(), item.text())?;
        }
        Ok(())
    }
}
