//! Which servers are trusted, and what they know us by.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config::ConfigError;
use crate::registry::RegistryConfig;

/// The TLS side of a configuration. Reads files.
pub(super) fn client_config(config: &RegistryConfig) -> Result<ClientConfig, ConfigError> {
    // A provider of our own: the process's default is global state, and may be unset.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("urls", format!("need TLS, which cannot be set up: {error}")))?
        .with_root_certificates(authorities(config)?);
    let Some(identity) = &config.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let certificates = certificates("certificate_location", &identity.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&identity.key).map_err(|error| {
        wrong(
            "key_location",
            format!("is {}, which holds no private key that can be read: {error}", identity.key),
        )
    })?;
    builder.with_client_auth_cert(certificates, key).map_err(|error| {
        wrong(
            "certificate_location",
            format!("is {}, which does not go with its key: {error}", identity.certificate),
        )
    })
}

fn authorities(config: &RegistryConfig) -> Result<RootCertStore, ConfigError> {
    let mut store = RootCertStore::empty();
    if let Some(path) = &config.ca_location {
        for certificate in certificates("ca_location", path)? {
            store.add(certificate).map_err(|error| {
                wrong("ca_location", format!("is {path}, which holds what is no certificate: {error}"))
            })?;
        }
    } else if config.urls.iter().any(|url| url.starts_with("https://")) {
        // What the system has that cannot be read is left out: a server that needs it is refused.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    Ok(store)
}

fn certificates(setting: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let read = || CertificateDer::pem_file_iter(Path::new(path))?.collect::<Result<Vec<_>, _>>();
    match read() {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(wrong(setting, format!("is {path}, which holds no certificate (PEM)"))),
        Err(error) => Err(wrong(setting, format!("is {path}, which cannot be read: {error}"))),
    }
}

fn wrong(setting: &str, message: String) -> ConfigError {
    ConfigError::of(crate::registry::config::named(setting), message)
}
