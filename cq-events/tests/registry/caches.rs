//! How often the registry is asked.

use cq_events::registry::{RegistryError, SchemaId, SchemaRegistry as _, SubjectSchema};

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

/// A topic full of it does not flood the registry.
#[tokio::test]
async fn a_schema_that_cannot_be_read_is_asked_for_once() {
    let site = Site::start().await;
    for body in [r#"{"schema":"{"}"#, r#"{"schema":"message A {}","schemaType":"PROTOBUF"}"#] {
        let client = site.client();
        let before = site.asked().len();
        site.server.fail(cq_events::testing::Fault::answer(200, body));
        let first = client.schema_of(SchemaId::new(1)).await.unwrap_err();
        assert!(first.is_of_schema(), "{first:?}");
        for _ in 0..100 {
            assert_eq!(client.schema_of(SchemaId::new(1)).await, Err(first.clone()));
        }
        assert_eq!(site.asked().len(), before + 1);
        client.schema_of(SchemaId::new(2)).await.unwrap_err();
        assert_eq!(site.asked().len(), before + 2, "another id is another schema");
    }
}

#[tokio::test]
async fn a_registry_without_guids_is_not_asked_for_them() {
    let site = Site::start().await;
    let id = site.registry.register("lamp-value", LAMP).unwrap();
    let client = site.client();
    site.server.fail_next(1, cq_events::testing::Fault::answer(404, ""));
    for guid in 0..100 {
        let error = client.schema_of_guid(uuid::Uuid::from_u128(guid)).await.unwrap_err();
        assert!(matches!(error, RegistryError::UnknownGuid { .. }), "{error:?}");
    }
    let guid = uuid::Uuid::from_u128(0);
    assert_eq!(site.asked(), [format!("GET /schemas/guids/{guid}"), "GET /schemas/ids/0".to_owned()]);
    assert_eq!(text(&client.schema_of(id).await.unwrap()), LAMP, "ids are");
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

/// Where one ends, what it began ends with it: the others do not wait for it.
#[test]
fn each_runtime_looks_up_for_itself() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let site = server.block_on(Site::start());
    let id = site.registry.register("lamp-value", LAMP).unwrap();
    let client = site.client();
    site.server.fail_next(1, cq_events::testing::Fault::Hang);
    let (first, second) = (runtime(), runtime());
    let looking = client.clone();
    let task = first.spawn(async move { looking.schema_of(id).await });
    // It is under way, and nobody drives it any further.
    first.block_on(async {
        while site.asked().is_empty() {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(text(&second.block_on(client.schema_of(id)).unwrap()), LAMP);
    drop(first);
    assert!(server.block_on(task).unwrap_err().is_cancelled());
    assert_eq!(text(&second.block_on(client.schema_of(id)).unwrap()), LAMP);
}

#[test]
fn who_asks_without_a_runtime_is_told() {
    let client = client(NOBODY, |config| config);
    let mut looking = std::pin::pin!(client.schema_of(SchemaId::new(1)));
    let polled = looking.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let std::task::Poll::Ready(Err(error)) = polled else { panic!("{polled:?}") };
    assert!(error.to_string().contains("within a tokio runtime only"), "{error}");
    let mut listing = std::pin::pin!(client.subjects());
    let polled = listing.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(matches!(polled, std::task::Poll::Ready(Err(_))), "{polled:?}");
}
