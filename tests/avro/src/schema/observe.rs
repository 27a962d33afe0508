//! Which items of the checklist a schema, or a value, has. It looks at what came out, and not at what was meant.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Field, Logical, Named, NamedKind, Schema, Ty, names};
use crate::item::Item;

impl Schema {
    /// The items of the schema.
    pub fn items(&self) -> BTreeSet<Item> {
        let mut items = BTreeSet::new();
        let used = self.used();
        for &id in &used {
            let named = &self.types[id];
            self.named_items(id, named, &mut items);
            for field in named.fields() {
                self.field_items(field, &mut items);
            }
            self.recursion_items(id, &mut items);
        }
        let types: Vec<&Named> = used.iter().map(|id| &self.types[*id]).collect();
        let twice = |named: &&&Named| types.iter().filter(|other| other.name == named.name).count() > 1;
        if types.iter().any(|named| twice(&named)) {
            items.insert(Item::SameShortName);
        }
        if self.refers_forward() {
            items.insert(Item::ForwardReference);
        }
        if self.repeats && self.has_repetition() {
            items.insert(Item::SameDefinitionTwice);
        }
        items
    }

    fn named_items(&self, id: usize, named: &Named, items: &mut BTreeSet<Item>) {
        let mut add = |item, holds| {
            if holds {
                items.insert(item);
            }
        };
        add(Item::TypeAlias, !named.aliases.is_empty());
        add(Item::EmptyNamespace, named.namespace.is_empty());
        add(Item::ShadowingName, ["Option", "Result", "String", "Vec", "Box"].contains(&named.name.as_str()));
        add(Item::CrossFileReference, named.shared);
        add(Item::UnknownProperty, named.property);
        match &named.kind {
            NamedKind::Record(fields) => {
                add(Item::FieldlessRecord, fields.is_empty() && id >= self.events);
                add(Item::MoreThan64Fields, fields.len() > 64);
                let has = |names: &[&str]| fields.iter().any(|field| names.contains(&field.name.as_str()));
                add(Item::KeywordField, has(&names::KEYWORDS));
                add(Item::NotRawField, has(&names::NOT_RAW));
                add(Item::LeadingUnderscore, fields.iter().any(|field| field.name.starts_with('_')));
                add(Item::FieldCollision, collide(fields.iter().map(|field| field.name.as_str())));
            }
            NamedKind::Enum { symbols, default } => {
                add(Item::DefaultOfEnumType, default.is_some());
                add(Item::OddSymbol, symbols.iter().any(|s| names::ODD_SYMBOLS.contains(&s.as_str())));
                add(Item::SymbolCollision, collide(symbols.iter().map(String::as_str)));
            }
            NamedKind::Fixed { logical, .. } => match logical {
                Some(Logical::Uuid) => add(Item::UuidFixed, true),
                Some(Logical::Duration) => add(Item::Duration, true),
                Some(Logical::Decimal { precision, .. }) => {
                    add(if *precision > 28 { Item::DecimalFixedLong } else { Item::DecimalFixed }, true);
                }
                _ => {}
            },
        }
    }

    fn field_items(&self, field: &Field, items: &mut BTreeSet<Item>) {
        let mut add = |item, holds| {
            if holds {
                items.insert(item);
            }
        };
        add(Item::FieldAlias, !field.aliases.is_empty());
        add(Item::Order, field.order.is_some());
        add(Item::UnknownProperty, field.property);
        add(Item::LogicalOnField, field.logical.is_some());
        add(Item::NullAlone, field.ty == Ty::Null);
        field.ty.each(&mut |ty| match ty {
            Ty::Union(branches) => self.union_items(branches, items),
            Ty::Logical(logical) => {
                items.insert(logical_item(*logical));
            }
            Ty::Unknown(_) => {
                items.insert(Item::UnknownLogical);
            }
            _ => {}
        });
        if let Some(default) = &field.default {
            self.default_items(&field.ty, &default.raw, items);
        }
    }

    fn union_items(&self, branches: &[Ty], items: &mut BTreeSet<Item>) {
        let mut add = |item, holds| {
            if holds {
                items.insert(item);
            }
        };
        let records = || branches.iter().filter_map(|branch| self.record(branch));
        match branches {
            [Ty::Null] => add(Item::UnionOfNull, true),
            [_] => add(Item::UnionOfOne, true),
            [Ty::Null, _] => add(Item::NullFirst, true),
            [_, Ty::Null] => add(Item::NullSecond, true),
            _ => add(Item::UnionOfMany, true),
        }
        add(Item::UnionOfMoreThan64, branches.len() > 64);
        let is_collection = |field: &Field| matches!(field.ty, Ty::Array(_) | Ty::Map(_));
        add(Item::UnionOfRecordWithArrayOrMap, records().any(|fields| fields.iter().any(is_collection)));
        let is_named = |kind: fn(&NamedKind) -> bool| {
            let of_kind = |ty: &&Ty| matches!(ty, Ty::Named(id) if kind(&self.types[*id].kind));
            branches.iter().filter(of_kind).count() > 1
        };
        add(
            Item::UnionOfTwoOfAKind,
            is_named(|kind| matches!(kind, NamedKind::Record(_)))
                || is_named(|kind| matches!(kind, NamedKind::Enum { .. }))
                || is_named(|kind| matches!(kind, NamedKind::Fixed { .. })),
        );
        let is_small = |ty: &Ty| matches!(ty, Ty::Boolean | Ty::Int | Ty::Long | Ty::Float | Ty::Double);
        let is_large = records().any(|fields| fields.len() >= 8);
        add(Item::UnionLarge, is_large && branches.iter().any(is_small));
        if branches.len() == 2 && branches.contains(&Ty::Null) {
            let mut optional_inside = false;
            for branch in branches.iter().filter(|branch| !matches!(branch, Ty::Named(_))) {
                branch.each(&mut |ty| {
                    optional_inside |=
                        matches!(ty, Ty::Union(inner) if inner.len() == 2 && inner.contains(&Ty::Null));
                });
            }
            add(Item::OptionalInOptional, optional_inside);
        }
    }

    fn record(&self, ty: &Ty) -> Option<&[Field]> {
        match ty {
            Ty::Named(id) => match &self.types[*id].kind {
                NamedKind::Record(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        }
    }

    fn default_items(&self, ty: &Ty, raw: &Json, items: &mut BTreeSet<Item>) {
        let is_escaped = raw.as_str().is_some_and(|text| text.chars().any(|c| c > '\u{7f}'));
        let item = match ty {
            Ty::Null => Item::DefaultNull,
            Ty::Boolean => Item::DefaultBoolean,
            Ty::Int => Item::DefaultInt,
            Ty::Long => Item::DefaultLong,
            Ty::Float => Item::DefaultFloat,
            Ty::Double => Item::DefaultDouble,
            Ty::String => Item::DefaultString,
            Ty::Bytes => {
                if is_escaped {
                    items.insert(Item::DefaultEscaped);
                }
                Item::DefaultBytes
            }
            Ty::Array(_) => Item::DefaultArray,
            Ty::Map(_) => Item::DefaultMap,
            Ty::Logical(_) => Item::DefaultLogical,
            Ty::Unknown(base) => return self.default_items(base, raw, items),
            Ty::Union(branches) => {
                let first = branches.first().is_some_and(|first| self.accepts(first, raw));
                items.insert(if first { Item::DefaultOfFirstBranch } else { Item::DefaultOfOtherBranch });
                return;
            }
            Ty::Named(id) => match &self.types[*id].kind {
                NamedKind::Enum { .. } => Item::DefaultEnum,
                NamedKind::Fixed { .. } => {
                    if is_escaped {
                        items.insert(Item::DefaultEscaped);
                    }
                    Item::DefaultFixed
                }
                NamedKind::Record(fields) => {
                    if fields.iter().any(|field| raw.get(&field.name).is_none()) {
                        items.insert(Item::DefaultPartialRecord);
                    }
                    Item::DefaultRecord
                }
            },
        };
        items.insert(item);
    }

    /// Whether a default is of this branch, given that it is of one with its kind of JSON.
    pub(super) fn accepts(&self, ty: &Ty, raw: &Json) -> bool {
        match self.label(ty).as_str() {
            "null" => raw.is_null(),
            "boolean" => raw.is_boolean(),
            "int" | "long" | "float" | "double" => raw.is_number(),
            "array" => raw.is_array(),
            "map" => raw.is_object(),
            "bytes" | "string" => raw.is_string(),
            _ if self.record(ty).is_some() => raw.is_object(),
            _ => raw.is_string(),
        }
    }

    fn recursion_items(&self, id: usize, items: &mut BTreeSet<Item>) {
        for field in self.types[id].fields() {
            self.paths(&field.ty, None, &mut |through, target| {
                if target != id {
                    if self.reaches(target, id) {
                        items.insert(Item::MutualRecursion);
                    }
                    return;
                }
                items.extend(through);
            });
        }
    }

    /// Calls `see` with each named type within `ty`, and the innermost thing around it.
    fn paths(&self, ty: &Ty, through: Option<Item>, see: &mut impl FnMut(Option<Item>, usize)) {
        match ty {
            Ty::Array(inner) => self.paths(inner, Some(Item::RecursionThroughArray), see),
            Ty::Map(inner) => self.paths(inner, Some(Item::RecursionThroughMap), see),
            Ty::Union(branches) => {
                branches.iter().for_each(|branch| self.paths(branch, Some(Item::RecursionThroughUnion), see))
            }
            Ty::Named(id) => see(through, *id),
            _ => {}
        }
    }

    fn reaches(&self, from: usize, target: usize) -> bool {
        let mut found = vec![from];
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
        found.contains(&target)
    }

    /// Whether an enum or fixed of the stream's own is used more than once.
    fn has_repetition(&self) -> bool {
        let mut seen = BTreeSet::new();
        let mut twice = false;
        for id in self.used() {
            for field in self.types[id].fields() {
                field.ty.each_named(&mut |id| {
                    let named = &self.types[id];
                    if !named.shared && !matches!(named.kind, NamedKind::Record(_)) {
                        twice |= !seen.insert(id);
                    }
                });
            }
        }
        twice
    }
}

/// The items of a value, in its JSON form: the numbers.
pub fn items_of_value(form: &Json, items: &mut BTreeSet<Item>) {
    match form {
        Json::Array(values) => values.iter().for_each(|value| items_of_value(value, items)),
        Json::Object(entries) => entries.values().for_each(|value| items_of_value(value, items)),
        Json::String(text) if text == "NaN" => _ = items.insert(Item::NotANumber),
        Json::String(text) if text == "Infinity" || text == "-Infinity" => _ = items.insert(Item::Infinite),
        Json::Number(number) => {
            if number.is_f64()
                && number.as_f64().is_some_and(|value| value == 0.0 && value.is_sign_negative())
            {
                items.insert(Item::NegativeZero);
            }
            if let Some(value) = number.as_i64() {
                if value == i64::MIN || value == i64::MAX {
                    items.insert(Item::LongExtreme);
                }
                if value == i64::from(i32::MIN) || value == i64::from(i32::MAX) {
                    items.insert(Item::IntExtreme);
                }
            }
        }
        _ => {}
    }
}

fn logical_item(logical: Logical) -> Item {
    match logical {
        Logical::Uuid => Item::UuidString,
        Logical::Decimal { precision, .. } if precision > 28 => Item::DecimalBytesLong,
        Logical::Decimal { .. } => Item::DecimalBytes,
        Logical::Date => Item::Date,
        Logical::TimeMillis => Item::TimeMillis,
        Logical::TimeMicros => Item::TimeMicros,
        Logical::TimestampMillis => Item::TimestampMillis,
        Logical::TimestampMicros => Item::TimestampMicros,
        Logical::TimestampNanos => Item::TimestampNanos,
        Logical::LocalTimestampMillis => Item::LocalTimestampMillis,
        Logical::LocalTimestampMicros => Item::LocalTimestampMicros,
        Logical::LocalTimestampNanos => Item::LocalTimestampNanos,
        Logical::Duration => Item::Duration,
    }
}

/// Whether names differ in nothing but case and underscores.
fn collide<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = BTreeSet::new();
    let mut folded = names.map(|name| name.replace('_', "").to_lowercase()).filter(|name| !name.is_empty());
    folded.any(|name| !seen.insert(name))
}
