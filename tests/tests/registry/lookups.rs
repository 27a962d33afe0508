//! Schemas by their ids.

use std::sync::Arc;
use std::time::Duration;

use cq_events::registry::{RegistryError, SchemaId, SchemaRegistry as _, SubjectSchema, Version};
use cq_events_schema::normalise;
use cq_events_tests::recorder::eventually_async;
use cq_events_tests::registries::{Registry, Tap};
use serde_json::json;

use crate::differences;
use crate::lab::{client, client_of, order};

against_each! {
    an_id_that_is_unknown_is_an_error_and_not_for_good,
    what_a_schema_refers_to_is_inlined,
    a_guid_is_looked_up_where_the_registry_has_them,
    an_id_of_another_registry_is_unknown,
    a_schema_is_looked_up_once_for_all_who_want_it,
}

async fn an_id_that_is_unknown_is_an_error_and_not_for_good(registry: &mut Registry) {
    let client = client(registry);
    let known = client.register("orders-value", &order()).await.unwrap();
    let next = SchemaId::new(known.get() + 1);
    let error = client.schema_of(next).await.unwrap_err();
    let RegistryError::UnknownId { id, registry: named } = &error else { panic!("{error:?}") };
    assert_eq!(*id, next);
    assert!(named.contains(&registry.url()), "{error}");
    let later = client.register("other-value", r#""long""#).await.unwrap();
    assert_eq!(later, next, "ids are given one after the other");
    eventually_async("it is known soon", async || client.schema_of(next).await.is_ok()).await;
    assert_eq!(*client.schema_of(known).await.unwrap(), *order());
}

async fn what_a_schema_refers_to_is_inlined(registry: &mut Registry) {
    let money = r#"{"type":"record","name":"shop.Money","fields":[{"name":"cents","type":"long"}]}"#;
    let item = r#"{"type":"record","name":"shop.Item","fields":[{"name":"price","type":"shop.Money"}]}"#;
    let cart = r#"{"type":"record","name":"shop.Cart","fields":[
        {"name":"first","type":"shop.Item"},{"name":"paid","type":"shop.Money"}]}"#;
    let refers = |subject: &str, name: &str| json!([{ "name": name, "subject": subject, "version": 1 }]);
    let register = async |subject: &str, body| {
        let answer = registry.ask("POST", &format!("/subjects/{subject}/versions"), Some(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        SchemaId::new(u32::try_from(answer.number("id")).unwrap())
    };
    register("money", json!({ "schema": money })).await;
    register("item", json!({ "schema": item, "references": refers("money", "shop.Money") })).await;
    let mut references = refers("item", "shop.Item");
    references.as_array_mut().unwrap().extend(refers("money", "shop.Money").as_array().unwrap().clone());
    let id = register("cart-value", json!({ "schema": cart, "references": references })).await;

    let whole =
        normalise(&cart.replacen("\"shop.Item\"", &item.replacen("\"shop.Money\"", money, 1), 1)).unwrap();
    let client = client(registry);
    assert_eq!(*client.schema_of(id).await.unwrap(), *whole);
    let version = client.version("cart-value", Version::Latest).await.unwrap().unwrap();
    assert_eq!((version.version, version.id, &*version.schema), (1, id, &*whole));
    assert_eq!(client.id_of(&SubjectSchema::new("cart-value", whole)).await, Ok(id), "it is our schema");
    assert_eq!(client.versions("cart-value").await, Ok(vec![1]));
}

async fn a_guid_is_looked_up_where_the_registry_has_them(registry: &mut Registry) {
    let client = client(registry);
    client.register("orders-value", &order()).await.unwrap();
    let registered = client.find("orders-value", &order()).await.unwrap().unwrap();
    differences::check(registry, "a version's GUID", if registered.guid.is_some() { "one" } else { "none" });
    if let Some(guid) = registered.guid {
        assert_eq!(*client.schema_of_guid(guid).await.unwrap(), *order());
    }
    let unknown = uuid::Uuid::from_u128(0x4711);
    let error = client.schema_of_guid(unknown).await.unwrap_err();
    assert!(matches!(error, RegistryError::UnknownGuid { guid, .. } if guid == unknown), "{error:?}");
}

async fn an_id_of_another_registry_is_unknown(registry: &mut Registry) {
    let elsewhere = Registry::ours().await;
    let other = client(&elsewhere);
    for (subject, schema) in [("a", r#""int""#), ("b", r#""long""#)] {
        other.register(subject, schema).await.unwrap();
    }
    let id = other.register("orders-value", &order()).await.unwrap();
    let client = client(registry);
    client.register("orders-value", &order()).await.unwrap();
    let error = client.schema_of(id).await.unwrap_err();
    let RegistryError::UnknownId { id: unknown, registry: named } = &error else { panic!("{error:?}") };
    assert_eq!(*unknown, id);
    assert!(named.contains(&registry.url()), "{error}");
}

async fn a_schema_is_looked_up_once_for_all_who_want_it(registry: &mut Registry) {
    let id = client(registry).register("orders-value", &order()).await.unwrap();
    let tap = Tap::on(&registry.url()).await;
    let client = Arc::new(client_of(tap.url(), Default::default()));
    let all: Vec<_> = (0..100)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.schema_of(id).await })
        })
        .collect();
    for one in all {
        let schema = tokio::time::timeout(Duration::from_secs(30), one).await.unwrap().unwrap().unwrap();
        assert_eq!(*schema, *order());
    }
    client.schema_of(id).await.unwrap();
    assert_eq!(tap.asked(), [format!("GET /schemas/ids/{id}")]);
}
