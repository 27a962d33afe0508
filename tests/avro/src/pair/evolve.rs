//! What teams do to their schemas, step by step.

use std::collections::BTreeMap;
use std::fmt;

use super::{Pair, Side};
use crate::rng::Rng;

macro_rules! evolutions {
    ($($evolution:ident $method:ident $text:literal,)*) => {
        /// A change of a schema.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Evolution { $(#[doc = $text] $evolution,)* }

        impl Evolution {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$evolution,)*];

            /// The change in words.
            pub fn text(self) -> &'static str {
                match self { $(Self::$evolution => $text,)* }
            }

            /// Tries it at some place. Whether what comes of it is a schema is for others to see.
            fn try_on(self, side: &mut Side, rng: &mut Rng) -> Option<()> {
                match self { $(Self::$evolution => side.$method(rng),)* }
            }
        }
    };
}

evolutions! {
    FieldAdded add_field "field added",
    FieldAddedWithDefault add_field_with_default "field added, with a default",
    FieldRemoved remove_field "field removed",
    FieldsReordered reorder_fields "fields reordered",
    FieldRenamed rename_field "field renamed",
    FieldRenamedWithAlias rename_field_with_alias "field renamed, with an alias",
    FieldAliasChain rename_field_twice "field renamed twice, with aliases",
    FieldsMerged merge_fields "field removed, whose name is another's alias",
    AliasShared share_alias "two fields with one alias",
    DefaultSet set_default "default of a field set",
    DefaultDropped drop_default "default of a field dropped",
    TypeRenamed rename_type "type renamed",
    TypeRenamedWithAlias rename_type_with_alias "type renamed, with an alias",
    TypeAliasChain rename_type_twice "type renamed twice, with aliases",
    NamespaceChanged change_namespace "namespace changed",
    KindChanged change_kind "record, enum or fixed made another of them",
    DefinitionMoved move_definition "definition and reference exchanged",
    SymbolAdded add_symbol "symbol added",
    SymbolRemoved remove_symbol "symbol removed",
    SymbolsReordered reorder_symbols "symbols reordered",
    EnumDefaultSet set_enum_default "default of an enum set",
    EnumDefaultDropped drop_enum_default "default of an enum dropped",
    FixedResized resize_fixed "size of a fixed changed",
    Widened widen "number widened",
    Narrowed narrow "number narrowed",
    TextAndBytes swap_text_and_bytes "string made bytes, or bytes a string",
    PrimitiveChanged change_primitive "primitive type made another",
    CollectionChanged change_collection "array made a map, or a map an array",
    ItemsChanged change_items "items or values made another type",
    WrappedInCollection wrap "type made an array or map of it",
    IntoUnion make_union "type made a union with it",
    OutOfUnion leave_union "union made one of its branches",
    BranchAdded add_branch "branch added",
    BranchRemoved remove_branch "branch removed",
    BranchesReordered reorder_branches "branches reordered",
    BranchesMerged merge_branches "branch removed, whose name is another's alias",
    NameShared share_name "alias of a record that is another branch's name",
    TwinAdded add_twin "branch added: a record of a record's short name",
    LogicalAdded add_logical "logical type added",
    LogicalRemoved remove_logical "logical type removed",
    LogicalChanged change_logical "logical type changed",
    PrecisionChanged change_precision "precision of a decimal changed",
    ScaleChanged change_scale "scale of a decimal changed",
}

impl Side {
    /// Changes the schema, if there is a place for that.
    pub(super) fn evolve(&mut self, evolution: Evolution, rng: &mut Rng) -> bool {
        const TRIES: usize = 5;
        (0..TRIES).any(|_| {
            let before = self.clone();
            let done =
                evolution.try_on(self, rng).is_some() && self.is_valid() && self.text() != before.text();
            if done {
                self.renew_defaults(&before, rng);
            } else {
                *self = before;
            }
            done
        })
    }
}

/// How many pairs had each change.
#[derive(Default)]
pub struct Counts(BTreeMap<Evolution, usize>);

impl Counts {
    pub fn add(&mut self, pair: &Pair) {
        pair.evolutions.iter().for_each(|evolution| *self.0.entry(*evolution).or_default() += 1);
    }

    pub fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|(evolution, count)| *self.0.entry(evolution).or_default() += count);
    }

    /// The changes that less than `least` pairs had.
    pub fn below(&self, least: usize) -> Vec<Evolution> {
        let count = |evolution: &Evolution| self.0.get(evolution).copied().unwrap_or_default();
        Evolution::ALL.iter().copied().filter(|evolution| count(evolution) < least).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Evolution::ALL.iter().try_for_each(|evolution| {
            writeln!(f, "{:6}  {}", self.0.get(evolution).copied().unwrap_or_default(), evolution.text())
        })
    }
}
