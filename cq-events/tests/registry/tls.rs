//! TLS: authorities that are known or not, and a certificate of our own.

use std::path::Path;

use cq_events::registry::{SchemaId, SchemaRegistry as _};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::*;

/// An authority, and what it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate and its key.
    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn an_authority_has_to_be_known() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let (certificate, key) = authority.sign("127.0.0.1");
    let registry = MemoryRegistry::new();
    let id = registry.register("lamp-value", LAMP).unwrap();
    let server = RegistryServer::start_tls(registry, &certificate, &key, None).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let known = write(folder.path(), "ca.pem", &authority.pem());
    let unknown = write(folder.path(), "other.pem", &other.pem());

    client(&server.url(), |config| config.ca_location(&known)).schema_of(id).await.unwrap();
    for client in
        [client(&server.url(), |config| config), client(&server.url(), |config| config.ca_location(&unknown))]
    {
        let error = client.schema_of(id).await.unwrap_err().to_string();
        assert!(
            error.contains("UnknownIssuer") && error.contains("SCHEMA_REGISTRY_SSL_CA_LOCATION"),
            "{error}"
        );
    }
    // Without TLS nobody answers there.
    let plain = server.url().replace("https", "http");
    assert!(client(&plain, |config| config).schema_of(id).await.is_err());
}

#[tokio::test]
async fn a_certificate_says_who_we_are() {
    let authority = Authority::new("one");
    let (certificate, key) = authority.sign("127.0.0.1");
    let registry = MemoryRegistry::new();
    let id = registry.register("lamp-value", LAMP).unwrap();
    let server =
        RegistryServer::start_tls(registry, &certificate, &key, Some(&authority.pem())).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = write(folder.path(), "ca.pem", &authority.pem());
    let (certificate, key) = authority.sign("client");
    let (certificate, key) =
        (write(folder.path(), "client.pem", &certificate), write(folder.path(), "client.key", &key));

    let with = |config: RegistryConfigBuilder| config.ca_location(&ca).certificate_location(&certificate);
    client(&server.url(), |config| with(config).key_location(&key)).schema_of(id).await.unwrap();
    client(&server.url(), |config| config.ca_location(&ca)).schema_of(id).await.unwrap_err();

    let new =
        |config: RegistryConfigBuilder| HttpRegistry::new(config.build().unwrap()).unwrap_err().to_string();
    let https = || RegistryConfig::builder("https://127.0.0.1:1");
    let error = new(https().ca_location("/none.pem"));
    assert!(error.contains("SCHEMA_REGISTRY_SSL_CA_LOCATION") && error.contains("/none.pem"), "{error}");
    let error = new(https().ca_location(&key));
    assert!(error.contains("holds no certificate"), "{error}");
    let error = new(with(https()).key_location(&certificate));
    assert!(
        error.contains("SCHEMA_REGISTRY_SSL_KEY_LOCATION") && error.contains("no private key"),
        "{error}"
    );
}

#[tokio::test]
async fn who_speaks_tls_to_a_server_that_does_not_is_told() {
    let site = Site::start().await;
    let url = site.server.url().replace("http://", "https://");
    let error = client(&url, |config| config).schema_of(SchemaId::new(1)).await.unwrap_err().to_string();
    assert!(error.contains("it does not speak TLS, is its URL one of http://?"), "{error}");
}
