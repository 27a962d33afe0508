//! Credentials: they reach the server, and nobody else.

use cq_events::registry::{RegistryError, SchemaId, SchemaRegistry as _};
use cq_events::testing::Fault;

use super::*;

#[tokio::test]
async fn a_server_that_asks_who_we_are_is_told() {
    let site = Site::start().await;
    let id = site.registry.register("lamp-value", LAMP).unwrap();
    site.server.require_basic("me", "p@ss:w0rd");
    let url = site.server.url().replace("http://", "http://me:p%40ss:w0rd@");
    client(&url, |config| config).schema_of(id).await.unwrap();
    site.client_with(|config| config.basic_auth("me", "p@ss:w0rd")).schema_of(id).await.unwrap();

    for builder in [
        |config: RegistryConfigBuilder| config,
        |config: RegistryConfigBuilder| config.basic_auth("me", "wr0ng"),
    ] {
        let error = site.client_with(builder).schema_of(id).await.unwrap_err();
        assert!(matches!(error, RegistryError::Refused { status: 401, .. }), "{error:?}");
        let error = error.to_string();
        assert!(
            error.contains("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO") && !error.contains("wr0ng"),
            "{error}"
        );
    }
    site.server.require_bearer("t0ken");
    site.client_with(|config| config.bearer_token("t0ken")).schema_of(id).await.unwrap();
    let error = site.client_with(|config| config.bearer_token("0ther")).schema_of(id).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("0ther"), "{error}");
}

/// Also where the server repeats what it was told.
#[tokio::test]
async fn no_secret_shows() {
    let site = Site::start().await;
    let encoded = "bWU6aHVudGVyMg=="; // me:hunter2
    let words = format!("who is me:hunter2 ({encoded})?");
    let client = site.client_with(|config| config.basic_auth("me", "hunter2"));
    let mut shown = format!("{client:?}");
    for fault in
        [Fault::error(403, 40301, &words), Fault::error(500, 50001, &words), Fault::answer(409, &words)]
    {
        site.server.fail(fault);
        let error = client.register("lamp-value", LAMP).await.unwrap_err();
        shown.push_str(&format!("{error} {error:?}"));
        let error = client.schema_of(SchemaId::new(1)).await.unwrap_err();
        shown.push_str(&format!("{error} {error:?}"));
    }
    assert!(shown.contains("who is me:[redacted] ([redacted])?"), "{shown}");
    let kind = serde_json::json!({ "schemaType": words, "schema": "" }).to_string();
    site.server.fail(Fault::answer(200, kind));
    let error = client.schema_of(SchemaId::new(1)).await.unwrap_err();
    assert!(matches!(error, RegistryError::SchemaType { .. }), "{error:?}");
    shown.push_str(&format!("{error} {error:?}"));
    // Also where a text is cut in the middle of it.
    for front in 980..1_010 {
        site.server.fail(Fault::error(403, 40301, &format!("{}{words}", "x".repeat(front))));
        shown.push_str(&client.register("lamp-value", LAMP).await.unwrap_err().to_string());
    }
    assert!(!shown.contains("hunt") && !shown.contains(&encoded[..8]), "{shown}");
}
