//! The rows of the table, and what of the generated file each keeps.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::visit_mut::VisitMut;
use syn::{Attribute, File, Item, ItemImpl, ItemMod, Type, parse_quote};

/// A row. Each but the second adds to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    Plain,
    SerdeDerives,
    Codec,
    Views,
    Builders,
    Streams,
    SerdeOption,
}

impl Row {
    pub const ALL: [Self; 7] = [
        Self::Plain,
        Self::SerdeDerives,
        Self::Codec,
        Self::Views,
        Self::Builders,
        Self::Streams,
        Self::SerdeOption,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain structs and enums",
            Self::SerdeDerives => "plain + serde's derives",
            Self::Codec => "plain + owned codec",
            Self::Views => "  + borrowed views",
            Self::Builders => "  + builders",
            Self::Streams => "  + events and streams",
            Self::SerdeOption => "  + serde option: all of it",
        }
    }

    /// The name of the row's package and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::SerdeDerives => "serde_derives",
            Self::Codec => "codec",
            Self::Views => "views",
            Self::Builders => "builders",
            Self::Streams => "streams",
            Self::SerdeOption => "all",
        }
    }

    fn keeps(self, part: Row) -> bool {
        match self {
            Self::SerdeDerives => part == Self::Plain,
            _ => part <= self,
        }
    }
}

/// The parts of the generated file that there are.
pub fn parts(file: &File) -> BTreeSet<Row> {
    let mut parts = BTreeSet::new();
    for item in &file.items {
        let Item::Mod(module) = item else { continue };
        let types = Types::of(module);
        for item in items(module) {
            parts.insert(types.part(item));
            if attributes(item).is_some_and(|attributes| attributes.iter().any(is_of_serde)) {
                parts.insert(Row::SerdeOption);
            }
        }
    }
    parts
}

/// The row's code: the generated file without what belongs to later rows.
pub fn filter(mut file: File, row: Row) -> String {
    file.items.retain_mut(|item| match item {
        Item::Mod(module) => {
            filter_module(module, row);
            true
        }
        // The list of all streams.
        _ => row.keeps(Row::Streams),
    });
    prettyplease::unparse(&file)
}

fn filter_module(module: &mut ItemMod, row: Row) {
    let types = Types::of(module);
    let Some((_, items)) = &mut module.content else { return };
    items.retain(|item| row.keeps(types.part(item)));
    for item in items {
        let part = types.part(item);
        if !row.keeps(Row::SerdeOption) {
            WithoutSerde.visit_item_mut(item);
        }
        let Some(attributes) = attributes_mut(item) else { continue };
        if row == Row::SerdeDerives && part == Row::Plain && !attributes.is_empty() {
            attributes.push(parse_quote!(#[derive(::serde::Serialize, ::serde::Deserialize)]));
        }
    }
}

/// The names of a module's records and enums: what has a codec, the streams' enums apart.
struct Types(BTreeSet<String>);

impl Types {
    fn of(module: &ItemMod) -> Self {
        let named = items(module).iter().filter_map(|item| match item {
            Item::Impl(block) if trait_name(block).as_deref() == Some("Encode") => type_name(&block.self_ty),
            _ => None,
        });
        Self(named.collect())
    }

    /// The first row that has the item.
    fn part(&self, item: &Item) -> Row {
        match item {
            Item::Struct(item) => self.part_of_type(&item.ident.to_string()),
            Item::Enum(item) => self.part_of_type(&item.ident.to_string()),
            Item::Mod(_) => Row::Builders,
            Item::Impl(block) => self.part_of_impl(block),
            Item::Use(item) => {
                let path = item.tree.to_token_stream().to_string();
                if path.ends_with("Ref") { Row::Views } else { Row::Plain }
            }
            Item::Macro(item) => match item.mac.path.segments.last() {
                Some(last) if last.ident == "own_view" => Row::Views,
                Some(last) if last.ident == "json_form" => Row::SerdeOption,
                _ => panic!("a macro of no row: {}", item.to_token_stream()),
            },
            other => panic!("an item of no row: {}", other.to_token_stream()),
        }
    }

    fn part_of_type(&self, name: &str) -> Row {
        let is = |suffix: &str| name.strip_suffix(suffix).is_some_and(|base| self.0.contains(base));
        if self.0.contains(name) {
            Row::Plain
        } else if is("Ref") {
            Row::Views
        } else if is("Builder") {
            Row::Builders
        } else {
            Row::Streams
        }
    }

    fn part_of_impl(&self, block: &ItemImpl) -> Row {
        let name = type_name(&block.self_ty).unwrap_or_default();
        let part = self.part_of_type(&name);
        match (trait_name(block).as_deref(), part) {
            (Some("Serialize" | "Deserialize"), _) => Row::SerdeOption,
            (Some("Encode" | "Decode" | "DecodeBranch"), Row::Plain) => Row::Codec,
            (Some("Event" | "EventView" | "StreamSchema" | "Viewed" | "Display"), _) => Row::Streams,
            (None, Row::Plain) if has_function(block, "builder") => Row::Builders,
            // What an enum's symbols are called.
            (None, Row::Plain) => Row::Streams,
            (_, part @ (Row::Views | Row::Builders | Row::Streams)) => part,
            (name, _) => panic!("an impl of no row: {name:?} for {}", block.self_ty.to_token_stream()),
        }
    }
}

fn items(module: &ItemMod) -> &[Item] {
    module.content.as_ref().map_or(&[], |(_, items)| items)
}

fn trait_name(block: &ItemImpl) -> Option<String> {
    let (path, _) = block.trait_.as_ref()?;
    path.segments.last().map(|segment| segment.ident.to_string())
}

fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

fn has_function(block: &ItemImpl, name: &str) -> bool {
    block.items.iter().any(|item| matches!(item, syn::ImplItem::Fn(function) if function.sig.ident == name))
}

fn attributes(item: &Item) -> Option<&[Attribute]> {
    match item {
        Item::Struct(item) => Some(&item.attrs),
        Item::Enum(item) => Some(&item.attrs),
        _ => None,
    }
}

fn attributes_mut(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    match item {
        Item::Struct(item) => Some(&mut item.attrs),
        Item::Enum(item) => Some(&mut item.attrs),
        _ => None,
    }
}

fn is_of_serde(attribute: &Attribute) -> bool {
    let text = attribute.to_token_stream().to_string();
    ["serde", "Serialize", "Deserialize"].iter().any(|word| text.contains(word))
}

/// Removes serde's derives and helper attributes, also from fields and variants.
struct WithoutSerde;

impl VisitMut for WithoutSerde {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|attribute| !is_of_serde(attribute));
    }
}
