//! A registry that answers at once: the client's futures, waited for.

use std::env;
use std::fmt;

use cq_events::registry::{HttpRegistry, RegistryConfig, RegistryError};
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;

const URL: &str = "SCHEMA_REGISTRY_URL";

/// A schema registry's server.
pub struct Remote {
    registry: HttpRegistry,
    runtime: Runtime,
}

impl Remote {
    /// The registry that the environment describes.
    ///
    /// # Errors
    /// Everything that is wrong with its variables, in one error; that there is no URL is one of it.
    pub fn from_env() -> Result<Self, Error> {
        Self::new(RegistryConfig::from_env()?)
    }

    /// The same, or none where the environment has no URL.
    ///
    /// # Errors
    /// As [`Remote::from_env`].
    pub fn of_env() -> Result<Option<Self>, Error> {
        let is_set = env::var_os(URL).is_some_and(|url| !url.is_empty());
        is_set.then(Self::from_env).transpose()
    }

    /// The registry that a configuration describes.
    ///
    /// # Errors
    /// When a file that it names cannot be read.
    pub fn new(config: RegistryConfig) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { registry: HttpRegistry::new(config)?, runtime })
    }

    /// What the registry answers.
    ///
    /// # Errors
    /// Its own.
    pub fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&HttpRegistry) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        self.runtime.block_on(question(&self.registry))
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.fmt(f)
    }
}
