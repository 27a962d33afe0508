//! Schemas as text: as a person may lay them out over files, and assembled, as the oracles read them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::{Logical, Named, NamedKind, Schema, Ty};

/// The text of a stream's own file, and that of a shared file.
#[derive(Clone, Debug)]
pub struct Files {
    pub own: String,
    pub shared: Option<String>,
}

/// Which use of a type, counted within the record that uses it, is its definition.
type Sites = BTreeMap<(usize, usize), usize>;

impl Schema {
    /// The files.
    pub fn files(&self) -> Files {
        let own = self.layout().root(0..self.events);
        let shared: Vec<usize> = self.used().into_iter().filter(|id| self.types[*id].shared).collect();
        let shared = (!shared.is_empty()).then(|| {
            let ids = if self.reversed { shared.into_iter().rev().collect() } else { shared };
            Layout { sites: Sites::new(), ..self.layout() }.root(ids)
        });
        Files { own, shared }
    }

    /// Whether the stream's own file mentions a type before it defines it.
    pub(super) fn refers_forward(&self) -> bool {
        let mut layout = self.layout();
        layout.root(0..self.events);
        layout.refers_forward
    }

    fn layout(&self) -> Layout<'_> {
        Layout {
            schema: self,
            sites: self.sites(),
            at: (0, 0),
            defined: BTreeSet::new(),
            refers_forward: false,
        }
    }

    /// The whole schema, each type defined at its first use.
    pub fn assembled(&self) -> Json {
        let mut seen = BTreeSet::new();
        (0..self.events).map(|id| self.inline(&Ty::Named(id), &mut seen)).collect()
    }

    /// The schema of a stream with this one event.
    pub fn assembled_of(&self, event: usize) -> Json {
        Json::Array(vec![self.inline(&Ty::Named(event), &mut BTreeSet::new())])
    }

    /// A type by itself, each named type defined at its first use.
    pub fn text(&self, ty: &Ty) -> Json {
        self.inline(ty, &mut BTreeSet::new())
    }

    fn inline(&self, ty: &Ty, seen: &mut BTreeSet<usize>) -> Json {
        match ty {
            Ty::Named(id) if seen.insert(*id) => {
                self.definition(&self.types[*id], true, &mut |ty| self.inline(ty, seen))
            }
            Ty::Named(id) => json!(self.types[*id].fullname()),
            other => self.plain(other, &mut |ty| self.inline(ty, seen)),
        }
    }

    /// Definitions at the first or the last use, so that the records that hold them are themselves defined.
    fn sites(&self) -> Sites {
        let mut sites = Sites::new();
        let mut placed: BTreeSet<usize> = (0..self.events).collect();
        let mut open: Vec<usize> = (0..self.events).collect();
        if !self.reversed {
            open.reverse();
        }
        while let Some(owner) = open.pop() {
            let mut uses = Vec::new();
            self.types[owner].fields().iter().for_each(|field| field.ty.each_named(&mut |id| uses.push(id)));
            let mut uses: Vec<_> = uses.into_iter().enumerate().collect();
            if self.reversed {
                uses.reverse();
            }
            for (at, id) in uses {
                if !self.types[id].shared && placed.insert(id) {
                    sites.insert((owner, at), id);
                    open.push(id);
                }
            }
        }
        sites
    }

    /// A type, whose inner types `inner` prints.
    fn plain(&self, ty: &Ty, inner: &mut dyn FnMut(&Ty) -> Json) -> Json {
        match ty {
            Ty::Array(items) => json!({"type": "array", "items": inner(items)}),
            Ty::Map(values) => json!({"type": "map", "values": inner(values)}),
            Ty::Union(branches) => branches.iter().map(inner).collect(),
            Ty::Logical(logical) => with_logical(json!({"type": self.label(ty)}), *logical),
            Ty::Unknown(_) => json!({"type": self.label(ty), "logicalType": "regional-phone-number"}),
            other => json!(self.label(other)),
        }
    }

    fn definition(&self, named: &Named, namespace: bool, inner: &mut dyn FnMut(&Ty) -> Json) -> Json {
        let mut object = json!({"name": named.name});
        if namespace {
            object["namespace"] = json!(named.namespace);
        }
        if !named.aliases.is_empty() {
            object["aliases"] = json!(named.aliases);
        }
        if named.property {
            object["team.owner"] = json!({"type": "people", "items": ["a", 1, null]});
        }
        match &named.kind {
            NamedKind::Record(fields) => {
                object["type"] = json!("record");
                object["doc"] = json!(format!("A \"{}\" */ of {{tests}}.", named.name));
                object["fields"] = fields
                    .iter()
                    .map(|field| {
                        let mut object = json!({"name": field.name, "type": inner(&field.ty)});
                        if let Some(default) = &field.default {
                            object["default"] = default.raw.clone();
                        }
                        if !field.aliases.is_empty() {
                            object["aliases"] = json!(field.aliases);
                        }
                        if let Some(order) = field.order {
                            object["order"] = json!(order);
                        }
                        if field.property {
                            object["ui.label"] = json!("a label");
                        }
                        if let Some(logical) = field.logical {
                            object["logicalType"] = json!(logical);
                        }
                        object
                    })
                    .collect();
            }
            NamedKind::Enum { symbols, default } => {
                object["type"] = json!("enum");
                object["symbols"] = json!(symbols);
                if let Some(default) = default {
                    object["default"] = json!(default);
                }
            }
            NamedKind::Fixed { size, logical } => {
                object["type"] = json!("fixed");
                object["size"] = json!(size);
                if let Some(logical) = logical {
                    object = with_logical(object, *logical);
                }
            }
        }
        object
    }
}

fn with_logical(mut object: Json, logical: Logical) -> Json {
    object["logicalType"] = json!(logical.name());
    if let Logical::Decimal { precision, scale } = logical {
        object["precision"] = json!(precision);
        // A scale of 0 may be left out.
        if scale > 0 {
            object["scale"] = json!(scale);
        }
    }
    object
}

/// The text of a file.
struct Layout<'a> {
    schema: &'a Schema,
    sites: Sites,
    /// The record that is being written, and how many named types it has mentioned.
    at: (usize, usize),
    defined: BTreeSet<usize>,
    refers_forward: bool,
}

impl Layout<'_> {
    fn root(&mut self, ids: impl IntoIterator<Item = usize>) -> String {
        let root: Json = ids.into_iter().map(|id| self.define(id, "")).collect();
        serde_json::to_string_pretty(&root).expect("JSON has no bad keys")
    }

    /// The definition of a type within a namespace, which it states only where it has another.
    fn define(&mut self, id: usize, within: &str) -> Json {
        self.defined.insert(id);
        let before = std::mem::replace(&mut self.at, (id, 0));
        let named = &self.schema.types[id];
        // What is repeated has to be the same in each place.
        let states = named.namespace != within || self.schema.repeats;
        let schema = self.schema;
        let json = schema.definition(named, states, &mut |ty| self.ty(ty, &named.namespace));
        self.at = before;
        json
    }

    fn ty(&mut self, ty: &Ty, within: &str) -> Json {
        let Ty::Named(id) = ty else {
            let schema = self.schema;
            return schema.plain(ty, &mut |ty| self.ty(ty, within));
        };
        let site = self.at;
        self.at.1 += 1;
        let named = &self.schema.types[*id];
        let repeats = self.schema.repeats && !named.shared && !matches!(named.kind, NamedKind::Record(_));
        if repeats || self.sites.get(&site) == Some(id) {
            return self.define(*id, within);
        }
        self.refers_forward |= !named.shared && !self.defined.contains(id);
        // A short name is enough within the namespace, and a fullname is right everywhere.
        if named.namespace == within && id % 2 == 0 { json!(named.name) } else { json!(named.fullname()) }
    }
}

/// The object of one member.
pub(super) fn one(key: String, value: Json) -> Json {
    Json::Object(Map::from_iter([(key, value)]))
}
