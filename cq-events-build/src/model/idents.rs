//! The names that types get in Rust: each once in its module.

use std::collections::{BTreeMap, BTreeSet};

use cq_events_schema::{Named, NamedKind, Schemas};

use crate::names;

/// The Rust names of all types.
#[derive(Debug, Default)]
pub(crate) struct Idents<'a> {
    named: BTreeMap<&'a str, TypeIdents>,
    /// What is taken in each module.
    taken: BTreeMap<String, BTreeSet<String>>,
}

/// The names of a record or an enum, and of what is generated beside it.
#[derive(Clone, Debug)]
pub(crate) struct TypeIdents {
    /// The module in which it lives.
    pub(crate) module: String,
    pub(crate) ident: String,
    pub(crate) view: String,
    pub(crate) builder: String,
}

impl<'a> Idents<'a> {
    /// Names the types of every module. `homes` says where each type lives, `reserved` what is generated for the
    /// stream of a module; `events` keep their own names, whatever the others are called.
    pub(crate) fn new(
        schemas: &'a Schemas,
        homes: &BTreeMap<&'a str, String>,
        reserved: &BTreeMap<String, Vec<String>>,
        events: &BTreeSet<&str>,
    ) -> Self {
        let mut idents = Self::default();
        for (module, names) in reserved {
            idents.taken.entry(module.clone()).or_default().extend(names.iter().cloned());
        }
        let mut modules: BTreeMap<&String, Vec<&Named>> = BTreeMap::new();
        for named in schemas.named().filter(|named| !matches!(named.kind, NamedKind::Fixed(_))) {
            if let Some(home) = homes.get(named.fullname.as_str()) {
                modules.entry(home).or_default().push(named);
            }
        }
        for (module, mut types) in modules {
            types.sort_by_key(|named| (!events.contains(named.fullname.as_str()), named.name_span));
            idents.place(module, &types, events);
        }
        idents
    }

    fn place(&mut self, module: &str, types: &[&'a Named], events: &BTreeSet<&str>) {
        let mut namesakes: BTreeMap<String, Vec<&Named>> = BTreeMap::new();
        let plain: Vec<String> = types.iter().map(|named| names::upper_camel(named.short_name())).collect();
        for (named, plain) in types.iter().zip(&plain) {
            namesakes.entry(plain.clone()).or_default().push(named);
        }
        let mut chosen: Vec<(&Named, String)> = Vec::new();
        for (named, plain) in types.iter().zip(plain) {
            let taken = self.taken.entry(module.to_owned()).or_default();
            // Events come first. Two of one name may share a module, where they are of different streams.
            let ident = if events.contains(named.fullname.as_str()) && taken.insert(plain.clone()) {
                plain
            } else {
                let others = namesakes.get(&plain).into_iter().flatten();
                let rivals: Vec<_> = others.filter(|other| other.fullname != named.fullname).collect();
                let elsewhere = rivals.iter().any(|rival| rival.namespace() != named.namespace());
                let is_exact = plain == named.short_name();
                let yields = rivals.iter().any(|rival| {
                    !is_exact && rival.short_name() == plain && rival.namespace() == named.namespace()
                });
                // By its namespace, where that tells it from the others.
                let space = named.namespace().rsplit('.').next().unwrap_or_default();
                let wanted = match () {
                    () if elsewhere && !space.is_empty() => names::upper_camel(&format!("{space}_{plain}")),
                    () if yields => format!("{plain}2"),
                    () => plain,
                };
                self.free(module, &wanted)
            };
            chosen.push((named, ident));
        }
        for (named, ident) in chosen {
            let view = self.free(module, &beside(&ident, "Ref"));
            let builder = self.free(module, &beside(&ident, "Builder"));
            let idents = TypeIdents { module: module.to_owned(), ident, view, builder };
            self.named.insert(&named.fullname, idents);
        }
    }

    /// The names of a record or enum.
    pub(crate) fn get(&self, fullname: &str) -> Option<&TypeIdents> {
        self.named.get(fullname)
    }

    /// Whether a name is taken in a module.
    pub(crate) fn is_taken(&self, module: &str, ident: &str) -> bool {
        self.taken.get(module).is_some_and(|taken| taken.contains(ident))
    }

    /// A name that is not taken in the module yet, `wanted` if possible; from now on it is.
    pub(crate) fn free(&mut self, module: &str, wanted: &str) -> String {
        let taken = self.taken.entry(module.to_owned()).or_default();
        let ident = names::numbered(wanted, "", |ident| !taken.contains(ident));
        taken.insert(ident.clone());
        ident
    }
}

/// The name of what is generated beside a type: `r#Gen` and `Ref` become `GenRef`.
pub(crate) fn beside(ident: &str, suffix: &str) -> String {
    format!("{}{suffix}", ident.trim_start_matches("r#"))
}
