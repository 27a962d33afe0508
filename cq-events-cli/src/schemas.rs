//! The schemas that messages were written with, by the ids in front of their values, or in their headers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use cq_events::codec::{DecodeLimits, Decoder};
use cq_events::registry::{LocalRegistry, RegistryError, SchemaRef, SchemaRegistry};
use cq_events_schema::{Kind, Schemas, Type};
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;
use crate::letter::Letter;
use crate::registry::remote::Remote;

/// A schema that messages were written with.
#[derive(Debug)]
pub struct Writer {
    /// As JSON.
    pub text: Arc<str>,
    /// As it was parsed.
    pub schemas: Schemas,
}

impl Writer {
    /// The type of a datum.
    pub fn root(&self) -> Option<&Type> {
        self.schemas.roots().first()
    }

    /// The fullname of the event that a datum is, or the name of another type.
    pub fn event(&self, datum: &[u8]) -> Option<&str> {
        let root = self.root()?;
        let branches = self.schemas.branches(root);
        let branch = if matches!(root.kind, Kind::Union(_)) {
            let mut input = Decoder::new(datum, DecodeLimits::DEFAULT);
            let index = input.branch(branches.len());
            if input.failed() {
                return None;
            }
            branches.get(index)?
        } else {
            root
        };
        Some(branch.kind.name())
    }
}

/// The schemas of a folder, and those of a schema registry.
#[derive(Debug)]
pub struct Library {
    folder: Option<(PathBuf, LocalRegistry)>,
    remote: Option<Remote>,
    /// What was asked for before.
    known: HashMap<SchemaRef, Result<Rc<Writer>, String>>,
    /// Why the registry is not asked any more: nobody waits for it more than once.
    down: Option<String>,
    /// Registries answer in futures.
    runtime: Runtime,
}

impl Library {
    /// The schemas of a folder, and of a registry; without both, none.
    ///
    /// # Errors
    /// When the folder cannot be read, or holds what is no schema.
    pub fn new(folder: Option<&Path>, remote: Option<Remote>) -> Result<Self, Error> {
        let open = |folder: &Path| Ok::<_, Error>((folder.to_owned(), LocalRegistry::with_folder(folder)?));
        let runtime = Builder::new_current_thread().build()?;
        let folder = folder.map(open).transpose()?;
        Ok(Self { folder, remote, known: HashMap::new(), down: None, runtime })
    }

    /// The schema that a message names, or why there is none.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn writer(&mut self, schema: SchemaRef) -> Result<Rc<Writer>, String> {
        if let Some(known) = self.known.get(&schema) {
            return known.clone();
        }
        let found = self.text(schema).and_then(|text| {
            let schemas = Schemas::parse_text("schema", &text).map_err(|error| error.to_string())?;
            Ok(Rc::new(Writer { text, schemas }))
        });
        self.known.insert(schema, found.clone());
        found
    }

    /// The folder's, or else the registry's.
    fn text(&mut self, schema: SchemaRef) -> Result<Arc<str>, String> {
        let unknown = match (&self.folder, schema) {
            (Some((folder, registry)), SchemaRef::Id(id)) => {
                match self.runtime.block_on(registry.schema_of(id)) {
                    Err(RegistryError::UnknownId { .. }) => {
                        format!("{schema} is that of none of the schemas in {}", folder.display())
                    }
                    found => return found.map_err(|error| error.to_string()),
                }
            }
            _ => format!(
                "{schema} is not known: --schemas takes a folder with the writer's schema, and SCHEMA_REGISTRY_URL a \
                 registry that has it"
            ),
        };
        match &self.remote {
            Some(remote) => Self::ask(remote, schema, &mut self.down),
            None => Err(unknown),
        }
    }

    fn ask(remote: &Remote, schema: SchemaRef, down: &mut Option<String>) -> Result<Arc<str>, String> {
        if let Some(reason) = down {
            return Err(format!("{schema} is not known: {reason}"));
        }
        let found = remote.ask(async |registry| match schema {
            SchemaRef::Id(id) => registry.schema_of(id).await,
            SchemaRef::Guid(guid) => registry.schema_of_guid(guid).await,
        });
        found.map_err(|error| {
            let reason = error.to_string();
            if matches!(error, RegistryError::Unavailable { .. }) {
                *down = Some(reason.clone());
            }
            reason
        })
    }

    /// The fullname of a letter's event: by its value where the schema is known, or else as a header says.
    pub fn event(&mut self, letter: &Letter) -> Option<String> {
        let mut by_value = || {
            if self.folder.is_none() && self.remote.is_none() {
                return None;
            }
            let (schema, datum) = letter.schema_and_datum()?.ok()?;
            self.writer(schema).ok()?.event(datum).map(str::to_owned)
        };
        by_value().or_else(|| letter.type_header().map(str::to_owned))
    }
}
