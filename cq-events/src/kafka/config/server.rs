//! The client of the registry that a configuration names: all that is built of the configuration shares it.

use std::sync::Arc;

use crate::config::ConfigError;
use crate::registry::{RegistryConfig, SchemaRegistry};

#[cfg(feature = "http")]
#[derive(Clone, Debug)]
pub(super) struct Server {
    config: RegistryConfig,
    registry: Arc<dyn SchemaRegistry>,
}

#[cfg(feature = "http")]
impl Server {
    pub(super) fn new(config: &RegistryConfig) -> Result<Self, ConfigError> {
        let registry = crate::registry::HttpRegistry::new(config.clone())?;
        Ok(Self { config: config.clone(), registry: Arc::new(registry) })
    }

    pub(super) fn is_of(&self, config: &RegistryConfig) -> bool {
        self.config == *config
    }

    pub(super) fn registry(&self) -> Arc<dyn SchemaRegistry> {
        Arc::clone(&self.registry)
    }
}

/// There is none in this build.
#[cfg(not(feature = "http"))]
#[derive(Clone, Debug)]
pub(super) enum Server {}

#[cfg(not(feature = "http"))]
impl Server {
    pub(super) fn new(_: &RegistryConfig) -> Result<Self, ConfigError> {
        let message =
            "is set, but this build cannot speak to a registry: build cq-events with its feature `http`";
        Err(ConfigError::of("SCHEMA_REGISTRY_URL (builder: registry)", message))
    }

    pub(super) fn is_of(&self, _: &RegistryConfig) -> bool {
        match *self {}
    }

    pub(super) fn registry(&self) -> Arc<dyn SchemaRegistry> {
        match *self {}
    }
}
