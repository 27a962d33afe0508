//! The checklist: what a generator of Avro must get right (`codec.md`), item by item.

use std::collections::BTreeMap;
use std::fmt;

macro_rules! items {
    ($($item:ident $case:ident $text:literal,)*) => {
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

            /// The stream of committed cases, and the test, of this name.
            pub fn case(self) -> &'static str {
                match self { $(Self::$item => stringify!($case),)* }
            }
        }
    };
}

items! {
    NullFirst null_first "union: null first",
    NullSecond null_second "union: null second",
    NullAlone null_alone "null alone",
    UnionOfNull union_of_null "union: of null alone",
    UnionOfOne union_of_one "union: one branch",
    UnionOfMany union_of_many "union: many branches",
    UnionOfMoreThan64 union_of_more_than_64 "union: more than 64 branches",
    UnionOfRecordWithArrayOrMap union_of_record_with_array_or_map "union: record with an array or map inside",
    UnionOfTwoOfAKind union_of_two_of_a_kind "union: two named types of one kind",
    UnionLarge union_large "union: large record beside a small type",
    OptionalInOptional optional_in_optional "union: optional in an optional",
    DefaultOfFirstBranch default_of_first_branch "union default: first branch",
    DefaultOfOtherBranch default_of_other_branch "union default: another branch",
    ForwardReference forward_reference "named: reference before the definition",
    CrossFileReference cross_file_reference "named: reference into another file",
    SameDefinitionTwice same_definition_twice "named: the same definition twice",
    RecursionThroughUnion recursion_through_union "named: recursion through a union",
    RecursionThroughArray recursion_through_array "named: recursion through an array",
    RecursionThroughMap recursion_through_map "named: recursion through a map",
    MutualRecursion mutual_recursion "named: mutual recursion",
    SameShortName same_short_name "named: one short name in two namespaces",
    TypeAlias type_alias "named: alias of a type",
    FieldAlias field_alias "named: alias of a field",
    EmptyNamespace empty_namespace "named: empty namespace",
    FieldlessRecord fieldless_record "named: record without fields",
    KeywordField keyword_field "names: keyword",
    NotRawField not_raw_field "names: cannot be a raw identifier",
    FieldCollision field_collision "names: fields that collide in Rust",
    LeadingUnderscore leading_underscore "names: leading underscore",
    OddSymbol odd_symbol "names: symbol that is no variant",
    SymbolCollision symbol_collision "names: symbols that collide in Rust",
    ShadowingName shadowing_name "names: shadows Option, Result, String, Vec, Box",
    DefaultNull default_null "default: null",
    DefaultBoolean default_boolean "default: boolean",
    DefaultInt default_int "default: int",
    DefaultLong default_long "default: long",
    DefaultFloat default_float "default: float",
    DefaultDouble default_double "default: double",
    DefaultString default_string "default: string",
    DefaultBytes default_bytes "default: bytes",
    DefaultFixed default_fixed "default: fixed",
    DefaultEscaped default_escaped "default: bytes or fixed beyond ASCII",
    DefaultEnum default_enum "default: enum",
    DefaultArray default_array "default: array",
    DefaultMap default_map "default: map",
    DefaultRecord default_record "default: record",
    DefaultPartialRecord default_partial_record "default: record in part",
    DefaultLogical default_logical "default: logical type",
    DefaultOfEnumType default_of_enum_type "default of an enum for unknown symbols",
    UuidString uuid_string "logical: uuid over string",
    UuidFixed uuid_fixed "logical: uuid over fixed",
    DecimalBytes decimal_bytes "logical: decimal over bytes, up to 28 digits",
    DecimalBytesLong decimal_bytes_long "logical: decimal over bytes, beyond 28 digits",
    DecimalFixed decimal_fixed "logical: decimal over fixed, up to 28 digits",
    DecimalFixedLong decimal_fixed_long "logical: decimal over fixed, beyond 28 digits",
    Date date "logical: date",
    TimeMillis time_millis "logical: time-millis",
    TimeMicros time_micros "logical: time-micros",
    TimestampMillis timestamp_millis "logical: timestamp-millis",
    TimestampMicros timestamp_micros "logical: timestamp-micros",
    TimestampNanos timestamp_nanos "logical: timestamp-nanos",
    LocalTimestampMillis local_timestamp_millis "logical: local-timestamp-millis",
    LocalTimestampMicros local_timestamp_micros "logical: local-timestamp-micros",
    LocalTimestampNanos local_timestamp_nanos "logical: local-timestamp-nanos",
    Duration duration "logical: duration",
    UnknownLogical unknown_logical "logical: unknown, so its plain type",
    LogicalOnField logical_on_field "logical: on the field, so none",
    MoreThan64Fields more_than_64_fields "more than 64 fields",
    Order order "property: order",
    UnknownProperty unknown_property "property: unknown",
    NotANumber not_a_number "number: NaN",
    Infinite infinite "number: infinite",
    NegativeZero negative_zero "number: -0.0",
    LongExtreme long_extreme "number: extreme of long",
    IntExtreme int_extreme "number: extreme of int",
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
