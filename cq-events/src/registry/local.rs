//! A registry without a server: each schema has the id of its content.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cq_events_schema::normalise;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{RegistryError, RegistryFuture, SchemaId, SchemaRegistry, SubjectSchema};

/// A registry without a server: the id of a schema is 31 bits of the SHA-256 of its normalised JSON, so that all
/// processes agree on it.
///
/// It knows the schemas that were asked for in this process (a producer or consumer asks for those of its
/// streams), and those of a folder ([`LocalRegistry::with_folder`]): what an older build wrote is readable only
/// with its schema.
#[derive(Default)]
pub struct LocalRegistry {
    schemas: Mutex<BTreeMap<SchemaId, Arc<str>>>,
}

impl LocalRegistry {
    /// A registry that also knows every schema of a folder: its files `*.avsc` and `*.json`, each one assembled
    /// schema. Folders within it are not read.
    ///
    /// Reads files; call it at start, or with `spawn_blocking`.
    ///
    /// # Errors
    /// When the folder or a file cannot be read, when a file holds no valid schema, or when two schemas clash.
    pub fn with_folder(path: impl AsRef<Path>) -> Result<Self, RegistryError> {
        let registry = Self::default();
        for file in schema_files(path.as_ref())? {
            let origin = file.display().to_string();
            let schema = fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
            registry.add(&origin, &schema)?;
        }
        Ok(registry)
    }

    fn add(&self, origin: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        let schema = normalise(schema).map_err(|reason| RegistryError::Schema {
            origin: origin.to_owned(),
            reason: reason.to_string(),
        })?;
        let id = content_id(&schema);
        self.insert(id, schema)?;
        Ok(id)
    }

    fn insert(&self, id: SchemaId, schema: String) -> Result<(), RegistryError> {
        let mut schemas = self.schemas();
        match schemas.get(&id) {
            Some(known) if **known != *schema => Err(RegistryError::Clash { id }),
            Some(_) => Ok(()),
            None => {
                schemas.insert(id, schema.into());
                Ok(())
            }
        }
    }

    fn get(&self, id: SchemaId) -> Result<Arc<str>, RegistryError> {
        let schemas = self.schemas();
        schemas.get(&id).map(Arc::clone).ok_or_else(|| {
            let known: Vec<String> = schemas.keys().map(SchemaId::to_string).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            RegistryError::UnknownId {
                id,
                registry: format!(
                    "the local registry, which knows the ids of this build's streams and of the schemas in its \
                     folder ({known}): give it the folder with the writer's schema"
                ),
            }
        })
    }

    fn schemas(&self) -> MutexGuard<'_, BTreeMap<SchemaId, Arc<str>>> {
        // Each change is one insertion, so the map is whole even after a panic elsewhere.
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SchemaRegistry for LocalRegistry {
    fn id_of<'a>(&'a self, schema: &'a SubjectSchema<'a>) -> RegistryFuture<'a, SchemaId> {
        Box::pin(async move { self.add(&schema.subject, &schema.schema) })
    }

    fn schema_of(&self, id: SchemaId) -> RegistryFuture<'_, Arc<str>> {
        Box::pin(async move { self.get(id) })
    }

    /// It gives no GUIDs, and knows none.
    fn schema_of_guid(&self, guid: Uuid) -> RegistryFuture<'_, Arc<str>> {
        let registry =
            "the local registry, which has ids only: only a schema registry's server has GUIDs".to_owned();
        Box::pin(async move { Err(RegistryError::UnknownGuid { guid, registry }) })
    }

    fn describe(&self) -> String {
        "the local registry".to_owned()
    }
}

impl fmt::Debug for LocalRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRegistry").field("ids", &self.schemas().keys().collect::<Vec<_>>()).finish()
    }
}

/// The first 31 bits: ids are signed in the registries and clients of other languages.
fn content_id(normalised: &str) -> SchemaId {
    let digest = Sha256::digest(normalised.as_bytes());
    let first = digest.iter().take(4).fold(0, |id: u32, byte| (id << 8) | u32::from(*byte));
    SchemaId::new(first & 0x7fff_ffff)
}

/// Sorted, so that errors and clashes are the same on every machine.
fn schema_files(folder: &Path) -> Result<Vec<PathBuf>, RegistryError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        let schema = path.extension().is_some_and(|extension| extension == "avsc" || extension == "json");
        if schema && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> RegistryError {
    RegistryError::Folder { path: path.display().to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{"type":"record","name":"a.B","fields":[{"name":"x","type":"int"}]}"#;
    const OTHER: &str = r#"{"type":"record","name":"a.B","fields":[{"name":"y","type":"int"}]}"#;

    #[tokio::test]
    async fn an_id_is_that_of_the_content_and_reads_back() {
        let (one, other) = (LocalRegistry::default(), LocalRegistry::default());
        let id = one.id_of(&SubjectSchema::new("a-value", SCHEMA)).await.unwrap();
        assert_eq!(id, other.id_of(&SubjectSchema::new("b-value", SCHEMA)).await.unwrap());
        assert!(id.get() < 1 << 31);
        assert_eq!(*one.schema_of(id).await.unwrap(), *normalise(SCHEMA).unwrap());
        assert_ne!(id, one.id_of(&SubjectSchema::new("a-value", OTHER)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_id_is_an_error_that_names_the_known_ones() {
        let registry = LocalRegistry::default();
        let id = registry.id_of(&SubjectSchema::new("a-value", SCHEMA)).await.unwrap();
        let error = registry.schema_of(SchemaId::new(7)).await.unwrap_err();
        assert!(matches!(error, RegistryError::UnknownId { .. }));
        assert!(
            error.to_string().contains("schema id 7") && error.to_string().contains(&id.to_string()),
            "{error}"
        );
    }

    #[test]
    fn two_schemas_of_one_id_clash() {
        let registry = LocalRegistry::default();
        registry.insert(SchemaId::new(1), "one".to_owned()).unwrap();
        registry.insert(SchemaId::new(1), "one".to_owned()).unwrap();
        let error = registry.insert(SchemaId::new(1), "two".to_owned()).unwrap_err();
        assert!(matches!(error, RegistryError::Clash { .. }));
    }

    #[tokio::test]
    async fn a_folder_gives_the_schemas_of_older_builds() {
        let folder = std::env::temp_dir().join(format!("cq-events-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("v1.avsc"), SCHEMA).unwrap();
        fs::write(folder.join("v2.json"), OTHER).unwrap();
        fs::write(folder.join("notes.txt"), "no schema").unwrap();
        let registry = LocalRegistry::with_folder(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(registry.schemas().len(), 2);
        let id = LocalRegistry::default().id_of(&SubjectSchema::new("a-value", SCHEMA)).await.unwrap();
        assert_eq!(*registry.schema_of(id).await.unwrap(), *normalise(SCHEMA).unwrap());
        let error = LocalRegistry::with_folder(folder.join("none")).unwrap_err();
        assert!(matches!(error, RegistryError::Folder { .. }));
    }
}
