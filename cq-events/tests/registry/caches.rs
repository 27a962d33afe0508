//! How often the registry is asked.

use cq_events::registry::{SchemaId, SchemaRegistry as _, SubjectSchema};

use super::*;

#[tokio::test]
async fn many_misses_are_one_look_up() {
    let site = Site::start().await;
    let id = site.registry.register("lamp-value", LAMP).unwrap();
    let client = site.client();
    let lookups: Vec<_> = (0..1_000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.schema_of(id).await })
        })
        .collect();
    for lookup in lookups {
        assert_eq!(text(&lookup.await.unwrap().unwrap()), LAMP);
    }
    client.schema_of(id).await.unwrap();
    assert_eq!(site.asked(), ["GET /schemas/ids/1"]);
}

#[tokio::test]
async fn a_guid_and_an_id_are_two_look_ups() {
    let site = Site::start().await;
    let id = site.registry.register("lamp-value", LAMP).unwrap();
    let guid = site.registry.guid_of(id).unwrap();
    let client = site.client();
    for _ in 0..3 {
        assert_eq!(text(&client.schema_of_guid(guid).await.unwrap()), LAMP);
        assert_eq!(text(&client.schema_of(id).await.unwrap()), LAMP);
    }
    let other = uuid::Uuid::from_u128(7);
    let error = client.schema_of_guid(other).await.unwrap_err().to_string();
    assert!(error.contains(&format!("schema GUID {other} is unknown to")), "{error}");
    assert_eq!(site.asked().len(), 3);
}

#[tokio::test]
async fn an_id_that_is_learned_late_is_found() {
    let site = Site::start().await;
    let client = site.client();
    let id = SchemaId::new(1);
    for _ in 0..100 {
        client.schema_of(id).await.unwrap_err();
    }
    assert!(site.asked().len() < 10, "{} requests for an unknown id", site.asked().len());
    site.registry.register("lamp-value", LAMP).unwrap();
    let found = tokio::time::timeout(Duration::from_secs(5), async {
        while client.schema_of(id).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    found.await.unwrap();
}

#[tokio::test]
async fn ids_of_our_schemas_are_asked_for_once() {
    let site = Site::start().await;
    let client = site.client();
    let schema = SubjectSchema::new("lamp-value", LAMP);
    let id = client.id_of(&schema).await.unwrap();
    // The order of keys and the spacing are no difference.
    let again = SubjectSchema::new("lamp-value", LAMP.replace(',', " , "));
    assert_eq!(client.clone().id_of(&again).await.unwrap(), id);
    let asked = site.asked();
    let expected = [
        "POST /subjects/lamp-value?normalize=true",
        "GET /subjects/lamp-value/versions",
        "POST /subjects/lamp-value/versions?normalize=true",
    ];
    assert_eq!(asked, expected, "the first time of all");
    site.client().id_of(&schema).await.unwrap();
    assert_eq!(site.asked()[3..], ["POST /subjects/lamp-value?normalize=true"], "by another program");
}

#[tokio::test]
async fn a_registry_that_is_down_is_not_missed_for_what_is_known() {
    let site = Site::start().await;
    let client = site.client();
    let schema = SubjectSchema::new("lamp-value", LAMP);
    let id = client.id_of(&schema).await.unwrap();
    client.schema_of(id).await.unwrap();
    let Site { registry, server } = site;
    let address = server.address();
    server.stop().await;
    assert_eq!(client.id_of(&schema).await.unwrap(), id);
    assert_eq!(text(&client.schema_of(id).await.unwrap()), LAMP);
    let later = registry.register("lamp-value", BRIGHTER).unwrap();
    let error = client.schema_of(later).await.unwrap_err();
    assert!(error.to_string().contains("does not answer: Connection refused"), "{error}");
    let _again = RegistryServer::start_on(registry, address).await.unwrap();
    assert_eq!(text(&client.schema_of(later).await.unwrap()), BRIGHTER);
}
