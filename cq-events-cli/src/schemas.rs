//! The schemas that messages were written with, by the ids in front of their values.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use cq_events::codec::{DecodeLimits, Decoder, read_frame};
use cq_events::registry::{LocalRegistry, RegistryError, SchemaId, SchemaRegistry};
use cq_events_schema::{Kind, Schemas, Type};
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;
use crate::letter::Letter;

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

/// The schemas of a folder.
#[derive(Debug)]
pub struct Library {
    folder: Option<(PathBuf, LocalRegistry)>,
    /// What was asked for before.
    known: HashMap<SchemaId, Result<Rc<Writer>, String>>,
    /// Registries answer in futures.
    runtime: Runtime,
}

impl Library {
    /// The schemas of a folder; without one, none.
    ///
    /// # Errors
    /// When the folder cannot be read, or holds what is no schema.
    pub fn new(folder: Option<&Path>) -> Result<Self, Error> {
        let open = |folder: &Path| Ok::<_, Error>((folder.to_owned(), LocalRegistry::with_folder(folder)?));
        let runtime = Builder::new_current_thread().build()?;
        Ok(Self { folder: folder.map(open).transpose()?, known: HashMap::new(), runtime })
    }

    /// The schema with this id, or why there is none.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn writer(&mut self, id: SchemaId) -> Result<Rc<Writer>, String> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let found = self.find(id);
        self.known.insert(id, found.clone());
        found
    }

    fn find(&self, id: SchemaId) -> Result<Rc<Writer>, String> {
        let Some((folder, registry)) = &self.folder else {
            return Err(format!(
                "schema id {id} is not known: --schemas takes a folder with the writer's schema"
            ));
        };
        let text = self.runtime.block_on(registry.schema_of(id)).map_err(|error| match error {
            RegistryError::UnknownId { .. } => {
                format!("schema id {id} is that of none of the schemas in {}", folder.display())
            }
            other => other.to_string(),
        })?;
        let schemas = Schemas::parse_text("schema", &text).map_err(|error| error.to_string())?;
        Ok(Rc::new(Writer { text, schemas }))
    }

    /// The fullname of a letter's event: by its value where the schema is known, or else as a header says.
    pub fn event(&mut self, letter: &Letter) -> Option<String> {
        let mut by_value = || {
            self.folder.as_ref()?;
            let (id, datum) = read_frame(letter.value.as_deref()?).ok()?;
            self.writer(id).ok()?.event(datum).map(str::to_owned)
        };
        by_value().or_else(|| letter.type_header().map(str::to_owned))
    }
}
