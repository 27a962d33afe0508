//! Which types go into which module, and under which names.

use std::collections::{BTreeMap, BTreeSet};

use cq_events_schema::{EnumType, Kind, Named, NamedKind, RecordType, Span, Type, normalise};

use super::idents::TypeIdents;
use super::{Builder, EnumModel, RecordModel, StreamConfig, StreamEvent, StreamModel, TypeKind, TypeModel};
use crate::config::{Stream, SubjectStrategy};
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
        let with_serde: BTreeSet<&str> = streams
            .iter()
            .zip(own_roots)
            .filter(|((stream, _), _)| stream.serde)
            .flat_map(|(_, root)| self.reachable(root))
            .collect();
        let mut modules = BTreeMap::new();
        for ((stream, events_here), root) in streams.iter().zip(own_roots) {
            let name = stream.name.value.clone();
            let mut module = self.module(name.clone(), &with_serde);
            module.reexports = self.reexports(root, &name);
            module.stream = Some(self.stream(stream, events_here, root));
            self.refuse_taken_names(stream, events_here);
            modules.insert(name, module);
        }
        self.refuse_two_levels(streams);
        for name in shared_modules {
            let module = self.module(name.clone(), &with_serde);
            modules.insert(name, module);
        }
        modules.into_values().collect()
    }

    fn home(&self, fullname: &str) -> Option<String> {
        self.homes.get(fullname).cloned()
    }

    /// The module with all types that live in it.
    fn module(&mut self, name: String, with_serde: &BTreeSet<&str>) -> Module {
        let schemas = self.schemas;
        let mut here: Vec<_> =
            schemas.named().filter(|named| self.home(&named.fullname).as_ref() == Some(&name)).collect();
        here.sort_by_key(|named| named.name_span);
        let mut types = Vec::new();
        for named in here {
            self.check_logical_of_fixed(named);
            if !matches!(named.kind, NamedKind::Record(_)) {
                self.refuse_role_on_type(&named.properties);
            }
            let Some(idents) = self.idents.get(&named.fullname).cloned() else { continue };
            let has_serde = with_serde.contains(named.fullname.as_str());
            let kind = match &named.kind {
                NamedKind::Record(record) => {
                    let is_event = self.events.contains(named.fullname.as_str());
                    TypeKind::Record(self.record_model(named, record, &idents, is_event))
                }
                NamedKind::Enum(symbols) => TypeKind::Enum(enum_model(symbols)),
                // A fixed is an array of bytes.
                NamedKind::Fixed(_) => continue,
            };
            types.push(TypeModel { ident: idents.ident, doc: named.doc.clone(), has_serde, kind });
            let unions = self.unions.remove(&name).unwrap_or_default();
            types.extend(unions.into_iter().map(|union| TypeModel { has_serde, ..union }));
        }
        Module { name, reexports: BTreeSet::new(), types, stream: None }
    }

    fn record_model(
        &mut self,
        named: &'a Named,
        record: &'a RecordType,
        idents: &TypeIdents,
        is_event: bool,
    ) -> RecordModel {
        let event = is_event.then(|| self.event(named, record));
        if event.is_none() {
            self.refuse_event_properties(named, record);
        }
        let fields = self.fields(named, record);
        RecordModel {
            fullname: named.fullname.clone(),
            fields,
            parts: self.facts.of_named(&named.fullname),
            is_recursive: self.facts.is_recursive(&named.fullname),
            view: idents.view.clone(),
            builder: idents.builder.clone(),
            event,
        }
    }

    fn stream(&mut self, stream: &Stream, events: &[&'a Named], root: &'a Type) -> StreamModel {
        let has_own_subjects = stream.registry.subjects != SubjectStrategy::Topic;
        let branches = self.schemas.branches(root);
        let events = events.iter().filter_map(|named| {
            let branch = branches.iter().find(|branch| is_named(branch, &named.fullname));
            Some(StreamEvent {
                ident: names::upper_camel(named.short_name()),
                record: self.type_ref(&named.fullname)?,
                doc: named.doc.clone(),
                fullname: named.fullname.clone(),
                event_type: names::event_type(named.short_name()),
                schema: branch.filter(|_| has_own_subjects).map(|branch| self.schemas.write(branch)),
            })
        });
        let events = events.collect();
        let schema = self.schemas.write(root);
        self.refuse_unreadable(root, &schema);
        StreamModel { ident: stream_ident(stream), config: StreamConfig::new(stream), schema, events }
    }

    /// The runtime, and every reader, parses the schema that is assembled of all files: with every type inlined where
    /// it is first used, it may nest deeper and be longer than the files are.
    fn refuse_unreadable(&mut self, root: &Type, schema: &str) {
        let Err(mistakes) = normalise(schema) else { return };
        let Some(first) = mistakes.iter().next() else { return };
        let message = format!(
            "the schema of this stream cannot be read with all its types in one text: {}",
            first.message
        );
        let hint =
            "types that use each other in a long chain, or very many of them, need streams of their own";
        self.error(Span { end: root.span.start + 1, ..root.span }, message, hint);
    }

    /// The types that a root uses and that live in other modules, with their views, where their names are free here.
    fn reexports(&self, root: &'a Type, module: &str) -> BTreeSet<(String, String)> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut reexports = BTreeSet::new();
        for fullname in self.reachable(root) {
            let Some(idents) = self.idents.get(fullname).filter(|idents| idents.module != module) else {
                continue;
            };
            let has_view = self.events.contains(fullname) || self.facts.of_named(fullname).borrows;
            for ident in [Some(&idents.ident), has_view.then_some(&idents.view)].into_iter().flatten() {
                if !self.idents.is_taken(module, ident) && seen.insert(ident.clone()) {
                    reexports.insert((idents.module.clone(), ident.clone()));
                }
            }
        }
        reexports
    }

    /// The fullnames of all types that a type uses.
    fn reachable(&self, ty: &'a Type) -> BTreeSet<&'a str> {
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

    /// A subject of an event alone may be that of several streams, and has one level.
    fn refuse_two_levels(&mut self, streams: &[(&'a Stream, Vec<&'a Named>)]) {
        let mut levels = BTreeMap::new();
        for (stream, events) in streams {
            let Some(level) = stream.registry.compatibility else { continue };
            if stream.registry.subjects != SubjectStrategy::Record {
                continue;
            }
            let other = events.iter().find_map(|event| {
                let (first, of_first) = *levels.entry(&event.fullname).or_insert((stream, level));
                (of_first != level).then_some((first, of_first, event))
            });
            if let Some((first, of_first, event)) = other {
                let message = format!(
                    "the streams `{}` and `{}` have one subject `{}`, with two levels: {} and {}",
                    first.name.value,
                    stream.name.value,
                    event.fullname,
                    of_first.name(),
                    level.name()
                );
                let hint = "give both the same `compatibility`, or one of them subject = \"topic-record\"";
                self.error(stream.name.span, message, hint);
            }
        }
    }

    /// The events of a stream are variants and methods by their names, so these must differ from each other and
    /// from what is generated for the stream.
    fn refuse_taken_names(&mut self, stream: &Stream, events: &[&'a Named]) {
        let ident = stream_ident(stream);
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for event in events {
            let own = names::upper_camel(event.short_name());
            let suffix = own.strip_prefix(ident.as_str());
            if suffix.is_some_and(|suffix| ["", "Handler", "Producer", "Ref", "RefHandler"].contains(&suffix))
            {
                let message = format!(
                    "`{}` would become the Rust type `{own}`, which is what is generated for the stream",
                    event.fullname
                );
                self.error(event.name_span, message, "rename the event");
            }
            if let Some(other) = seen.insert(names::method(event.short_name()), &event.fullname) {
                let message = format!(
                    "the events `{}` and `{other}` would have one method in Rust, `on_{}`",
                    event.fullname,
                    names::method(event.short_name())
                );
                self.error(event.name_span, message, "rename one of the two");
            }
        }
    }
}

fn is_named(ty: &Type, fullname: &str) -> bool {
    matches!(&ty.kind, Kind::Named(name) if name == fullname)
}

/// The name of a stream's enum.
pub(super) fn stream_ident(stream: &Stream) -> String {
    format!("{}Event", names::upper_camel(&stream.name.value))
}

/// The variants of an enum.
pub(super) fn enum_model(symbols: &EnumType) -> EnumModel {
    let symbols = || symbols.symbols.iter().map(|(symbol, _)| symbol.as_str());
    let idents = names::distinct(symbols(), names::upper_camel, "");
    EnumModel { symbols: symbols().map(str::to_owned).zip(idents).collect() }
}
