//! Several servers of one registry.

use cq_events::registry::{RegistryError, SchemaId, SchemaRegistry as _};
use cq_events::testing::Fault;

use super::*;

const ID: SchemaId = SchemaId::new(1);

#[tokio::test]
async fn the_next_server_answers_for_one_that_does_not() {
    let site = Site::start().await;
    site.registry.register("lamp-value", LAMP).unwrap();
    let second = RegistryServer::start(site.registry.clone()).await.unwrap();
    let urls = format!("{NOBODY}, {}, {}", site.server.url(), second.url());
    let client = client(&urls, |config| config);
    assert_eq!(text(&client.schema_of(ID).await.unwrap()), LAMP);
    client.versions("lamp-value").await.unwrap();
    assert_eq!((site.asked().len(), second.requests().len()), (2, 0), "it stays with the one that answers");
    site.server.fail(Fault::error(503, 50004, "not the leader"));
    client.versions("lamp-value").await.unwrap();
    client.versions("lamp-value").await.unwrap();
    assert_eq!((site.asked().len(), second.requests().len()), (3, 2));
}

#[tokio::test]
async fn what_one_server_refuses_the_next_is_not_asked() {
    let site = Site::start().await;
    let second = RegistryServer::start(site.registry.clone()).await.unwrap();
    site.server.fail_next(1, Fault::error(401, 401, "who are you?"));
    let client = client(&format!("{},{}", site.server.url(), second.url()), |config| config);
    let error = client.schema_of(ID).await.unwrap_err();
    assert!(matches!(error, RegistryError::Refused { status: 401, .. }), "{error:?}");
    assert_eq!(second.requests().len(), 0);
}

/// Such as the page of a proxy, where one has to log in.
#[tokio::test]
async fn the_next_server_answers_for_one_that_is_no_registry() {
    for fault in [
        Fault::answer(200, "<html>log in first</html>"),
        Fault::redirect("http://elsewhere/"),
        Fault::Large { bytes: 100 << 20 },
    ] {
        let site = Site::start().await;
        let second = RegistryServer::start(site.registry.clone()).await.unwrap();
        site.registry.register("lamp-value", LAMP).unwrap();
        site.server.fail(fault.clone());
        let urls = format!("{},{}", site.server.url(), second.url());
        let client = client(&urls, |config| config);
        assert_eq!(text(&client.schema_of(ID).await.unwrap()), LAMP);
        client.versions("lamp-value").await.unwrap();
        assert_eq!((site.asked().len(), second.requests().len()), (1, 2), "it stays with the other");
        // Where none does better, that is told, and none is asked again.
        second.fail(fault.clone());
        let error = client.versions("lamp-value").await.unwrap_err();
        assert!(matches!(error, RegistryError::Unexpected { .. }), "{error:?}");
        assert_eq!((site.asked().len(), second.requests().len()), (2, 3), "{fault:?}");
        // One that is down may come back, and is tried again.
        second.heal();
        second.fail_next(1, Fault::error(503, 50003, "no leader"));
        assert_eq!(client.versions("lamp-value").await.unwrap(), [1]);
        second.fail(Fault::error(503, 50003, "no leader"));
        let error = client.versions("lamp-value").await.unwrap_err();
        assert!(matches!(error, RegistryError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().ends_with("no leader"), "{error}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_with_all_urls_within_seconds() {
    let begun = std::time::Instant::now();
    let client = client(&format!("{NOBODY},http://localhost.invalid:8081"), |config| {
        config.timeout(Duration::from_secs(2))
    });
    let error = client.schema_of(ID).await.unwrap_err().to_string();
    assert!(error.contains("http://127.0.0.1:9, http://localhost.invalid:8081 does not answer: "), "{error}");
    // Without one deadline for both, sixteen seconds and more.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}
