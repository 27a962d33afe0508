//! The schemas that messages were written with, by the ids in front of their values, or in their headers.

use std::collections::HashMap;
use std::fmt;
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

/// Why a schema is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is none, or none that can be read.
    Unknown(String),
    /// It could not be asked for: there may be one.
    Unasked(String),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unknown(reason) | Self::Unasked(reason)) = self;
        f.pad(reason)
    }
}

/// The schemas of a folder, and those of a schema registry.
#[derive(Debug)]
pub struct Library {
    folder: Option<(PathBuf, LocalRegistry)>,
    remote: Option<Remote>,
    /// What was asked for before.
    known: HashMap<SchemaRef, Result<Rc<Writer>, Missing>>,
    /// Why the registry could not be asked for a schema, the first time.
    unasked: Option<String>,
    /// Why it is not asked any more: nobody waits for it more than once, or is refused by it for who they are.
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
        Ok(Self { folder, remote, known: HashMap::new(), unasked: None, down: None, runtime })
    }

    /// The schema that a message names, or why there is none.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn writer(&mut self, schema: SchemaRef) -> Result<Rc<Writer>, Missing> {
        if let Some(known) = self.known.get(&schema) {
            return known.clone();
        }
        let found = self.text(schema).and_then(|text| {
            let schemas = Schemas::parse_text("schema", &text);
            let schemas = schemas.map_err(|mistakes| Missing::Unknown(mistakes.to_string()))?;
            Ok(Rc::new(Writer { text, schemas }))
        });
        self.known.insert(schema, found.clone());
        found
    }

    /// The folder's, or else the registry's.
    fn text(&mut self, schema: SchemaRef) -> Result<Arc<str>, Missing> {
        let unknown = match (schema, &self.folder) {
            (SchemaRef::Id(id), Some((folder, registry))) => {
                match self.runtime.block_on(registry.schema_of(id)) {
                    Err(RegistryError::UnknownId { .. }) => {
                        format!("{schema} is that of none of the schemas in {}", folder.display())
                    }
                    found => return found.map_err(|error| Missing::Unknown(error.to_string())),
                }
            }
            (SchemaRef::Id(_), None) => format!(
                "{schema} is not known: --schemas takes a folder with the writer's schema, and SCHEMA_REGISTRY_URL a \
                 registry that has it"
            ),
            (SchemaRef::Guid(_), _) => {
                format!("{schema} is not known: SCHEMA_REGISTRY_URL takes a registry that has it")
            }
        };
        let Some(remote) = &self.remote else { return Err(Missing::Unknown(unknown)) };
        if let Some(reason) = &self.down {
            return Err(Missing::Unasked(format!("{schema} is not known: {reason}")));
        }
        let found = remote.ask(async |registry| match schema {
            SchemaRef::Id(id) => registry.schema_of(id).await,
            SchemaRef::Guid(guid) => registry.schema_of_guid(guid).await,
        });
        found.map_err(|error| {
            let reason = error.to_string();
            match error {
                RegistryError::UnknownId { .. } | RegistryError::UnknownGuid { .. } => {
                    Missing::Unknown(reason)
                }
                error if error.is_of_schema() => Missing::Unknown(reason),
                error => {
                    // What a 403 refuses may be one schema alone.
                    let is_down = matches!(
                        error,
                        RegistryError::Unavailable { .. } | RegistryError::Refused { status: 401, .. }
                    );
                    self.down = is_down.then(|| reason.clone());
                    self.unasked.get_or_insert_with(|| reason.clone());
                    Missing::Unasked(reason)
                }
            }
        })
    }

    /// Why the registry could not be asked for a schema, where that has happened.
    pub fn unasked(&self) -> Option<&str> {
        self.unasked.as_deref()
    }

    /// The fullname of a letter's event: by its value where the schema is known, or else as a header says. `decides` tells
    /// whether what is to happen to the letter depends on it.
    ///
    /// # Errors
    /// When it decides, and the letter's schema could not be asked for: leaving the letter out would be told to nobody.
    pub fn event(
        &mut self,
        letter: &Letter,
        decides: impl FnOnce() -> bool,
    ) -> Result<Option<String>, Error> {
        let by_header = || Ok(letter.type_header().map(str::to_owned));
        if self.folder.is_none() && self.remote.is_none() {
            return by_header();
        }
        let Some(Ok((schema, datum))) = letter.schema_and_datum() else { return by_header() };
        match self.writer(schema) {
            Ok(writer) => writer.event(datum).map_or_else(by_header, |event| Ok(Some(event.to_owned()))),
            Err(Missing::Unasked(reason)) if decides() => {
                let (partition, offset) = (letter.partition, letter.offset);
                Err(Error::UnknownEvent { partition, offset, reason })
            }
            Err(_) => by_header(),
        }
    }
}
