//! Subjects: whatever they are called, and however many there are.

use cq_events::registry::{SchemaRegistry as _, SubjectSchema, Version};
use cq_events_schema::Level;
use cq_events_tests::registries::Registry;
use tokio::task::JoinSet;

use crate::lab::{client, grown, order};

against_each! {
    a_subject_may_have_any_name,
    more_subjects_than_a_page_holds_are_listed,
    a_subject_that_was_deleted_can_be_registered_again,
}

async fn a_subject_may_have_any_name(registry: &mut Registry) {
    let client = client(registry);
    let mut subjects: Vec<String> = [
        "a/b-value",
        "a b-value",
        "a+b-value",
        "50%25-value",
        "q?x=1#y-value",
        "köln-値",
        "a:b;c,d@e-value",
        "\"q\"'-value",
    ]
    .map(str::to_owned)
    .into();
    subjects.sort();
    for subject in &subjects {
        let id = client.id_of(&SubjectSchema::new(subject, order())).await.unwrap();
        assert_eq!(client.versions(subject).await, Ok(vec![1]), "{subject}");
        let found = client.find(subject, &order()).await.unwrap().unwrap();
        assert_eq!((&found.subject, found.version, found.id), (subject, 1, id));
        let latest = client.version(subject, Version::Latest).await.unwrap();
        assert_eq!(latest.map(|latest| latest.subject).as_ref(), Some(subject));
        client.set_level(Some(subject), Level::Full).await.unwrap();
        assert_eq!(client.level(subject).await, Ok(Level::Full), "{subject}");
        assert!(client.check(subject, &grown()).await.unwrap().compatible, "{subject}");
    }
    assert_eq!(client.subjects().await, Ok(subjects));
}

async fn more_subjects_than_a_page_holds_are_listed(registry: &mut Registry) {
    let client = client(registry);
    let (count, mut registering) = (1_050, JoinSet::new());
    for worker in 0..8 {
        let client = client.clone();
        registering.spawn(async move {
            for number in (worker..count).step_by(8) {
                client.register(&format!("s{number:04}"), r#""string""#).await.unwrap();
            }
        });
    }
    registering.join_all().await;
    let expected: Vec<String> = (0..count).map(|number| format!("s{number:04}")).collect();
    assert_eq!(client.subjects().await, Ok(expected));
}

async fn a_subject_that_was_deleted_can_be_registered_again(registry: &mut Registry) {
    let before = client(registry);
    let id = before.register("orders-value", &order()).await.unwrap();
    let answer = registry.ask("DELETE", "/subjects/orders-value", None).await;
    assert_eq!((answer.status, answer.body), (200, serde_json::json!([1])));
    let after = client(registry);
    assert_eq!(after.versions("orders-value").await, Ok(Vec::new()));
    assert_eq!(after.version("orders-value", Version::Latest).await, Ok(None));
    assert_eq!(after.find("orders-value", &order()).await, Ok(None));
    assert_eq!(after.subjects().await, Ok(Vec::new()));
    assert_eq!(*after.schema_of(id).await.unwrap(), *order(), "what is in the topic can still be read");
    let again = after.id_of(&SubjectSchema::new("orders-value", order())).await.unwrap();
    assert_eq!(again, id, "as before");
    assert_eq!(after.versions("orders-value").await, Ok(vec![2]), "no number is given twice");
}
