//! The registry without HTTP.

use std::sync::Arc;

use cq_events_schema::{Level, normalise};
use uuid::Uuid;

use super::*;
use crate::registry::{Registration, RegistryError, SchemaId, SchemaRegistry, SubjectSchema};

fn with(schema: &str, registration: Registration) -> SubjectSchema<'_> {
    SubjectSchema::new("a-value", schema).registration(registration)
}

#[tokio::test]
async fn each_policy_gives_an_id_or_says_what_is_missing() {
    let registry = MemoryRegistry::new();
    let (one, two) = (grown(1), grown(2));
    for policy in [Registration::Exact, Registration::Latest] {
        let error = registry.id_of(&with(&one, policy)).await.unwrap_err();
        assert!(matches!(error, RegistryError::NotRegistered { latest: None, .. }), "{error}");
    }
    let id = registry.id_of(&SubjectSchema::new("a-value", one.as_str())).await.unwrap();
    assert_eq!(id, registry.id_of(&with(&one, Registration::IfAbsent)).await.unwrap());
    assert_eq!(id, registry.id_of(&with(&one, Registration::Exact)).await.unwrap());
    assert_eq!(id, registry.id_of(&with(&one, Registration::Latest)).await.unwrap());
    let error = registry.id_of(&with(&two, Registration::Exact)).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotRegistered { latest: Some(1), .. }), "{error}");
    let error = registry.id_of(&with(&two, Registration::Latest)).await.unwrap_err();
    assert!(matches!(error, RegistryError::LatestDiffers { version: 1, .. }), "{error}");
    assert_eq!(registry.versions("a-value"), [1], "only if-absent registers");
    let next = registry.id_of(&with(&two, Registration::IfAbsent)).await.unwrap();
    assert_eq!(next, SchemaId::new(2));
    assert_eq!(
        id,
        registry.id_of(&with(&one, Registration::Exact)).await.unwrap(),
        "an older version will do"
    );
}

#[tokio::test]
async fn schemas_are_given_with_their_references_inlined() {
    let registry = MemoryRegistry::new();
    register(&registry, "r", &grown(1));
    let body =
        json!({ "schema": "[\"a.R\"]", "references": [{ "name": "a.R", "subject": "r", "version": 1 }] });
    assert_eq!(ask(&registry, "POST", "/subjects/u/versions", &body).0, 200);
    let schema = registry.schema_of(SchemaId::new(2)).await.unwrap();
    assert_eq!(*schema, *normalise(&format!("[{}]", grown(1))).unwrap());
    let guid = registry.guid_of(SchemaId::new(2)).unwrap();
    assert!(Arc::ptr_eq(&schema, &registry.schema_of_guid(guid).await.unwrap()));
    let error = registry.schema_of(SchemaId::new(9)).await.unwrap_err();
    assert!(matches!(error, RegistryError::UnknownId { .. }), "{error}");
    let error = registry.schema_of_guid(Uuid::nil()).await.unwrap_err();
    assert!(matches!(error, RegistryError::UnknownGuid { .. }), "{error}");
}

#[test]
fn errors_say_what_is_wrong() {
    let registry = MemoryRegistry::with_level(Level::BackwardTransitive);
    registry.register("a", &grown(1)).unwrap();
    let error = registry.register("a", &record(&[int("y")])).unwrap_err();
    let RegistryError::Incompatible { subject, level, messages, .. } = &error else { panic!("{error}") };
    assert_eq!((&**subject, &**level), ("a", "BACKWARD_TRANSITIVE"));
    assert!(messages[0].contains("R.y"), "{messages:?}");
    assert!(matches!(registry.register("a", "{").unwrap_err(), RegistryError::Schema { .. }));
    let error = registry.register("__GLOBAL", "\"int\"").unwrap_err();
    assert!(matches!(error, RegistryError::Refused { status: 422, code: Some(42208), .. }), "{error}");
}

#[test]
fn clones_share_what_they_know() {
    let registry = MemoryRegistry::new();
    let other = registry.clone();
    registry.register("a", "\"int\"").unwrap();
    other.set_level(Some("a"), Level::Full);
    assert_eq!(other.subjects(), ["a"]);
    assert_eq!(registry.level("a"), Level::Full);
    assert_eq!(registry.level("b"), Level::Backward);
}
