//! Which types go into which module, and under which names.

use std::collections::{BTreeMap, BTreeSet};

use cq_events_schema::{Kind, Named, NamedKind, Type};

use super::{Builder, EnumModel, RecordModel, StreamConfig, StreamEvent, StreamModel, TypeKind, TypeModel};
use crate::config::Stream;
use crate::names;

/// One Rust module: that of a stream, or that of a file of shared types.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// Types of other modules that the stream uses, as (module, type).
    pub(crate) reexports: BTreeSet<(String, String)>,
    /// The types, in the order of the schema's text.
    pub(crate) types: Vec<TypeModel>,
    pub(crate) stream: Option<StreamModel>,
}

impl<'a> Builder<'a> {
    pub(super) fn modules(
        &mut self,
        streams: &[(&'a Stream, Vec<&'a Named>)],
        own_roots: &'a [Type],
        shared_modules: Vec<String>,
    ) -> Vec<Module> {
        let events: BTreeSet<&str> = streams
            .iter()
            .flat_map(|(_, events)| events.iter().map(|event| event.fullname.as_str()))
            .collect();
        let mut modules = BTreeMap::new();
        for ((stream, events_here), root) in streams.iter().zip(own_roots) {
            let name = stream.name.value.clone();
            let mut module = self.module(name.clone(), &events);
            module.reexports = self.reexports(root, &name);
            module.stream = Some(self.stream(stream, events_here, root));
            self.refuse_taken_names(&module, events_here);
            modules.insert(name, module);
        }
        for name in shared_modules {
            let module = self.module(name.clone(), &events);
            self.refuse_taken_names(&module, &[]);
            modules.insert(name, module);
        }
        modules.into_values().collect()
    }

    fn home(&self, fullname: &str) -> Option<String> {
        self.homes.get(fullname).cloned()
    }

    /// The module with all types that live in it.
    fn module(&mut self, name: String, events: &BTreeSet<&str>) -> Module {
        let schemas = self.schemas;
        let mut here: Vec<_> =
            schemas.named().filter(|named| self.home(&named.fullname).as_ref() == Some(&name)).collect();
        here.sort_by_key(|named| named.name_span);
        let mut idents: BTreeMap<String, &str> = BTreeMap::new();
        let mut types = Vec::new();
        for named in here {
            let ident = names::upper_camel(named.short_name());
            if let Some(other) = idents.insert(ident.clone(), &named.fullname) {
                let message =
                    format!("`{}` and `{other}` would both become the Rust type `{ident}`", named.fullname);
                self.error(named.name_span, message, "rename one of the two");
                continue;
            }
            if let Some(kind) = self.type_kind(named, events.contains(named.fullname.as_str())) {
                types.push(TypeModel { ident, doc: named.doc.clone(), kind });
            }
        }
        Module { name, reexports: BTreeSet::new(), types, stream: None }
    }

    fn type_kind(&mut self, named: &'a Named, is_event: bool) -> Option<TypeKind> {
        match &named.kind {
            NamedKind::Record(record) => {
                let event = is_event.then(|| self.event(named, record));
                if event.is_none() {
                    self.refuse_event_properties(named, record);
                }
                let fields = self.fields(record);
                let min_bytes = fields.iter().map(|field| field.ty.min_bytes()).sum();
                Some(TypeKind::Record(RecordModel {
                    fullname: named.fullname.clone(),
                    fields,
                    min_bytes,
                    event,
                }))
            }
            NamedKind::Enum(symbols) => {
                let mut variants: BTreeMap<String, &str> = BTreeMap::new();
                for (symbol, span) in &symbols.symbols {
                    let variant = names::upper_camel(symbol);
                    if let Some(other) = variants.insert(variant.clone(), symbol) {
                        let message =
                            format!("`{symbol}` and `{other}` would both become the variant `{variant}`");
                        self.error(*span, message, "rename one of the two");
                    }
                }
                let symbols = symbols
                    .symbols
                    .iter()
                    .map(|(symbol, _)| (symbol.clone(), names::upper_camel(symbol)))
                    .collect();
                Some(TypeKind::Enum(EnumModel { symbols }))
            }
            NamedKind::Fixed(_) => {
                let hint = "use bytes, or a string; fixed comes with a later version";
                self.error(named.name_span, "fixed is not supported yet", hint);
                None
            }
        }
    }

    fn stream(&self, stream: &Stream, events: &[&'a Named], root: &'a Type) -> StreamModel {
        let events = events.iter().map(|named| StreamEvent {
            ident: names::upper_camel(named.short_name()),
            doc: named.doc.clone(),
            fullname: named.fullname.clone(),
            event_type: names::event_type(named.short_name()),
        });
        StreamModel {
            ident: format!("{}Event", names::upper_camel(&stream.name.value)),
            config: StreamConfig::new(stream),
            schema: self.schemas.write(root),
            events: events.collect(),
        }
    }

    /// The types that a root uses and that live in other modules.
    fn reexports(&self, root: &'a Type, module: &str) -> BTreeSet<(String, String)> {
        let elsewhere = self.reachable(root).into_iter().filter_map(|fullname| {
            let home = self.home(fullname).filter(|home| home != module)?;
            let named = self.schemas.get(fullname)?;
            Some((home, names::upper_camel(named.short_name())))
        });
        elsewhere.collect()
    }

    /// The fullnames of all types that a type uses.
    pub(super) fn reachable(&self, ty: &'a Type) -> BTreeSet<&'a str> {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![ty];
        while let Some(ty) = open.pop() {
            match &ty.kind {
                Kind::Array(inner) | Kind::Map(inner) => open.push(inner),
                Kind::Union(branches) => open.extend(branches),
                Kind::Named(fullname) => {
                    if let Some(named) = self.schemas.get(fullname).filter(|_| found.insert(fullname))
                        && let NamedKind::Record(record) = &named.kind
                    {
                        open.extend(record.fields.iter().map(|field| &field.ty));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// A type of the stream must not have the name of another, or of something that is generated beside it.
    fn refuse_taken_names(&mut self, module: &Module, events: &[&'a Named]) {
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for suffix in ["", "Handler", "Producer"] {
            if let Some(stream) = &module.stream {
                taken.insert(
                    format!("{}{suffix}", stream.ident),
                    "what is generated for the stream".to_owned(),
                );
            }
        }
        for (home, ident) in &module.reexports {
            if let Some(other) = taken.insert(ident.clone(), format!("the type of `{home}`")) {
                let span = events.first().map(|event| event.name_span).unwrap_or_default();
                let message =
                    format!("the stream uses two types `{ident}`: the type of `{home}`, and {other}");
                self.error(span, message, "rename one of the two");
            }
        }
        for (ident, record) in module.types.iter().filter_map(|ty| match &ty.kind {
            TypeKind::Record(record) => Some((&ty.ident, record)),
            TypeKind::Enum(_) => None,
        }) {
            let builder = format!("the builder of `{}`", record.fullname);
            if let Some(other) = taken.insert(format!("{ident}Builder"), builder.clone()) {
                let span =
                    self.schemas.get(&record.fullname).map(|named| named.name_span).unwrap_or_default();
                let message = format!("`{ident}Builder` would be {builder}, and is {other}");
                self.error(span, message, "rename one of the two");
            }
        }
        let schemas = self.schemas;
        let here: Vec<_> = schemas
            .named()
            .filter(|named| self.home(&named.fullname).as_ref() == Some(&module.name))
            .collect();
        for named in here {
            let ident = names::upper_camel(named.short_name());
            if let Some(what) = taken.get(&ident) {
                let message =
                    format!("`{}` would become the Rust type `{ident}`, which is {what}", named.fullname);
                self.error(named.name_span, message, "rename the type");
            }
        }
    }
}
