//! The small intermediate representation between Avro and Rust: what is generated, with every name chosen and every
//! check done.

mod default;
mod event;
mod facts;
mod field;
mod idents;
mod logical;
mod module;
mod scalar;
mod union;

use std::collections::{BTreeMap, BTreeSet};

use cq_events_schema::{Diagnostic, Kind, Named, NamedKind, Property, Schemas, SourceId, Span, Type};

use crate::config::{Failures, Registry, Stream, Streams};
use crate::names;
use facts::Facts;
use idents::Idents;

pub(crate) use default::DefaultValue;
pub(crate) use event::{EventModel, Role};
pub(crate) use facts::Parts;
pub(crate) use field::{FieldModel, FieldType, Presence, TypeRef};
pub(crate) use module::Module;
pub(crate) use scalar::{Base, MOST_INLINE, Scalar};
pub(crate) use union::{UnionModel, VariantModel};

/// Events whose methods would have the name of one that every stream has: `on_unknown`, `publish_batch` and
/// `publish_batch_keyed`.
const RESERVED: [&str; 3] = ["unknown", "batch", "batch_keyed"];

/// Everything that is generated.
#[derive(Debug)]
pub(crate) struct Model {
    /// The modules, sorted by name.
    pub(crate) modules: Vec<Module>,
    /// What is allowed and looks like a mistake.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// A type that is generated.
#[derive(Debug)]
pub(crate) struct TypeModel {
    pub(crate) ident: String,
    pub(crate) doc: Option<String>,
    /// Whether it has JSON forms.
    pub(crate) has_serde: bool,
    pub(crate) kind: TypeKind,
}

#[derive(Debug)]
pub(crate) enum TypeKind {
    Record(RecordModel),
    Enum(EnumModel),
    Union(UnionModel),
}

#[derive(Debug)]
pub(crate) struct RecordModel {
    pub(crate) fullname: String,
    pub(crate) fields: Vec<FieldModel>,
    pub(crate) parts: facts::Parts,
    /// Whether a value may hold values of the record itself, so that its depth has to be bounded.
    pub(crate) is_recursive: bool,
    pub(crate) view: String,
    pub(crate) builder: String,
    /// What makes it an event, where it is one.
    pub(crate) event: Option<EventModel>,
}

#[derive(Debug)]
pub(crate) struct EnumModel {
    /// Symbol and variant, in the order of the schema.
    pub(crate) symbols: Vec<(String, String)>,
}

/// The enum of a stream.
#[derive(Debug)]
pub(crate) struct StreamModel {
    pub(crate) ident: String,
    pub(crate) config: StreamConfig,
    /// The assembled schema.
    pub(crate) schema: String,
    pub(crate) events: Vec<StreamEvent>,
}

/// One branch of a stream's root union.
#[derive(Debug)]
pub(crate) struct StreamEvent {
    /// The name of the variant.
    pub(crate) ident: String,
    pub(crate) record: TypeRef,
    pub(crate) doc: Option<String>,
    pub(crate) fullname: String,
    pub(crate) event_type: String,
    /// The assembled schema of the record alone, where it has a subject of its own.
    pub(crate) schema: Option<String>,
}

/// What `streams.toml` says of a stream.
#[derive(Debug)]
pub(crate) struct StreamConfig {
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) partitions: i32,
    pub(crate) replication: Option<i32>,
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) headers: crate::config::Headers,
    pub(crate) serde: bool,
    pub(crate) registry: Registry,
    pub(crate) failures: Failures,
}

impl Model {
    /// Chooses names and checks what the schemas ask for. `shared` and `own` are the sources of the shared files and
    /// of each stream, in the order of `config`.
    pub(crate) fn new(
        config: &Streams,
        schemas: &Schemas,
        shared: &[SourceId],
        own: &[SourceId],
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut builder = Builder {
            schemas,
            facts: Facts::new(schemas),
            errors: Vec::new(),
            warnings: Vec::new(),
            homes: BTreeMap::new(),
            idents: Idents::default(),
            events: BTreeSet::new(),
            unions: BTreeMap::new(),
        };
        let shared_modules = builder.place_types(config, shared, own);
        let own_roots = schemas.roots().get(shared.len()..).unwrap_or_default();
        let streams: Vec<_> = config
            .streams
            .iter()
            .zip(own_roots)
            .map(|(stream, root)| (stream, builder.events_of(root)))
            .collect();
        builder.name_types(&streams);
        let modules = builder.modules(&streams, own_roots, shared_modules);
        let Builder { errors, warnings, .. } = builder;
        if errors.is_empty() { Ok(Self { modules, warnings }) } else { Err(errors) }
    }
}

/// Builds a [`Model`], collecting mistakes.
pub(crate) struct Builder<'a> {
    pub(crate) schemas: &'a Schemas,
    facts: Facts<'a>,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    /// The module in which each named type lives: that of the file which defines it.
    homes: BTreeMap<&'a str, String>,
    idents: Idents<'a>,
    /// The fullnames of the records that are events.
    events: BTreeSet<&'a str>,
    /// The enums of unions, by module, as they are met in fields.
    unions: BTreeMap<String, Vec<TypeModel>>,
}

impl<'a> Builder<'a> {
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.errors.push(Diagnostic::new(span, message).hint(hint));
    }

    fn warning(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.warnings.push(Diagnostic::new(span, message).hint(hint));
    }

    /// Whether a type, or a part of it that is no record, is tagged as personal data. Records hide their own.
    fn holds_personal(&mut self, ty: &'a Type) -> bool {
        let schemas = self.schemas;
        let own = self.is_personal(&ty.properties);
        own || match &ty.kind {
            Kind::Array(inner) | Kind::Map(inner) => self.holds_personal(inner),
            Kind::Union(branches) => branches.iter().any(|branch| self.holds_personal(branch)),
            Kind::Named(fullname) => match schemas.get(fullname) {
                Some(named) if !matches!(named.kind, NamedKind::Record(_)) => {
                    self.is_personal(&named.properties)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether something is tagged as personal data: `"confluent:tags": ["PII"]`.
    fn is_personal(&mut self, properties: &[Property]) -> bool {
        let Some(property) = properties.iter().find(|property| property.key == "confluent:tags") else {
            return false;
        };
        let tags = property.value.as_array().map(|tags| tags.iter().map(|tag| tag.as_str()));
        let Some(tags) = tags.and_then(|tags| tags.collect::<Option<Vec<_>>>()) else {
            let message = "`confluent:tags` is an array of tags, each a string";
            self.error(property.value.span, message, "write \"confluent:tags\": [\"PII\"]");
            return false;
        };
        tags.contains(&"PII")
    }

    /// Gives every named type its Rust name.
    fn name_types(&mut self, streams: &[(&'a Stream, Vec<&'a Named>)]) {
        let mut reserved = BTreeMap::new();
        for (stream, _) in streams {
            let ident = module::stream_ident(stream);
            let suffixes = ["", "Handler", "Producer", "Ref", "RefHandler"];
            let names = suffixes.map(|suffix| idents::beside(&ident, suffix));
            reserved.insert(stream.name.value.clone(), names.to_vec());
        }
        self.events = streams
            .iter()
            .flat_map(|(_, events)| events.iter().map(|event| event.fullname.as_str()))
            .collect();
        self.idents = Idents::new(self.schemas, &self.homes, &reserved, &self.events);
    }

    /// Gives every named type its module, and returns the modules of the shared files.
    fn place_types(&mut self, config: &Streams, shared: &[SourceId], own: &[SourceId]) -> Vec<String> {
        let mut modules: BTreeMap<SourceId, String> = BTreeMap::new();
        for (file, source) in config.shared.iter().zip(shared) {
            let stem = std::path::Path::new(&file.value).file_stem().unwrap_or_default().to_string_lossy();
            if !names::is_module(&stem) {
                let hint =
                    "it becomes a Rust module: lower case letters, digits and underscores, and no keyword";
                self.error(file.span, format!("`{stem}` cannot be the name of a shared file"), hint);
            } else if config.streams.iter().any(|stream| stream.name.value == stem)
                || modules.values().any(|module| *module == stem)
            {
                self.error(
                    file.span,
                    format!("there are two modules `{stem}`"),
                    "rename the file or the stream",
                );
            }
            modules.insert(*source, stem.into_owned());
        }
        let shared_modules = modules.values().cloned().collect();
        for (stream, source) in config.streams.iter().zip(own) {
            modules.insert(*source, stream.name.value.clone());
        }
        for named in self.schemas.named() {
            if let Some(module) = modules.get(&named.name_span.source) {
                self.homes.insert(&named.fullname, module.clone());
            }
        }
        shared_modules
    }

    /// The records that are the branches of a stream's root.
    fn events_of(&mut self, root: &'a Type) -> Vec<&'a Named> {
        let mut events = Vec::new();
        if !matches!(root.kind, Kind::Union(_)) {
            let hint =
                "put it in brackets: [{\"type\": \"record\", ...}], and a second event can be added later";
            self.error(
                Span { end: root.span.start + 1, ..root.span },
                "the root of a stream is a union",
                hint,
            );
            return events;
        }
        for branch in self.schemas.branches(root) {
            match self.record(&branch.kind) {
                Some(named) if RESERVED.contains(&names::method(named.short_name()).as_str()) => {
                    let message = format!("an event cannot be named `{}`", named.short_name());
                    self.error(
                        named.name_span,
                        message,
                        "every stream has a method of that name; rename the record",
                    );
                }
                Some(named) => events.push(named),
                None => {
                    let hint =
                        "a stream is a union of records, each an event: [{\"type\": \"record\", ...}, ...]";
                    self.error(branch.span, "an event is a record", hint);
                }
            }
        }
        if self.schemas.branches(root).is_empty() {
            self.error(root.span, "a stream without events", "add a record to the union");
        }
        events
    }

    fn record(&self, kind: &Kind) -> Option<&'a Named> {
        match kind {
            Kind::Named(fullname) => {
                self.schemas.get(fullname).filter(|named| matches!(named.kind, NamedKind::Record(_)))
            }
            _ => None,
        }
    }
}

impl StreamConfig {
    fn new(stream: &Stream) -> Self {
        Self {
            name: stream.name.value.clone(),
            topic: stream.topic.value.clone(),
            partitions: stream.partitions,
            replication: stream.replication,
            config: stream.config.clone(),
            headers: stream.headers,
            serde: stream.serde,
            registry: stream.registry,
            failures: stream.failures.clone(),
        }
    }
}
