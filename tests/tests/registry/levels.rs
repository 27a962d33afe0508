//! What new versions must have in common with earlier ones.

use cq_events::registry::{RegistryError, SchemaRegistry as _, SubjectSchema};
use cq_events_schema::Level;
use cq_events_tests::registries::Registry;

use crate::differences;
use crate::lab::{broken, client, grown, order};

against_each! {
    an_incompatible_schema_is_refused_with_the_registry_s_own_words,
    a_check_says_what_a_registration_would,
    a_level_is_the_subject_s_own_or_the_default,
    a_level_decides_what_is_taken,
}

const SUBJECT: &str = "orders-value";

async fn an_incompatible_schema_is_refused_with_the_registry_s_own_words(registry: &mut Registry) {
    let client = client(registry);
    client.register(SUBJECT, &order()).await.unwrap();
    client.set_level(Some(SUBJECT), Level::FullTransitive).await.unwrap();
    // The same by the policy, as at a program's start, and by the call.
    let by_policy = client.id_of(&SubjectSchema::new(SUBJECT, broken())).await.unwrap_err();
    let by_call = client.register(SUBJECT, &broken()).await.unwrap_err();
    assert_eq!(by_policy, by_call);
    let RegistryError::Incompatible { subject, level, messages, .. } = &by_call else {
        panic!("{by_call:?}")
    };
    assert_eq!((&**subject, &**level), (SUBJECT, "FULL_TRANSITIVE"));
    println!("{}: {by_call}", registry.name());
    let text = by_call.to_string();
    assert!(!messages.is_empty() && messages.iter().all(|message| text.contains(message)), "{text}");
    assert!(text.contains(SUBJECT) && text.contains(&registry.url()), "{text}");
    assert_eq!(client.versions(SUBJECT).await, Ok(vec![1]));
}

async fn a_check_says_what_a_registration_would(registry: &mut Registry) {
    let client = client(registry);
    let first = client.check(SUBJECT, &order()).await.unwrap();
    assert!(first.compatible, "anything may be the first: {first:?}");
    client.register(SUBJECT, &order()).await.unwrap();
    let same = client.check(SUBJECT, &order()).await.unwrap();
    assert!(same.compatible, "{same:?}");
    let next = client.check(SUBJECT, &grown()).await.unwrap();
    assert!(next.compatible && next.messages.is_empty(), "{next:?}");
    let not = client.check(SUBJECT, &broken()).await.unwrap();
    assert!(!not.compatible, "{not:?}");
    differences::check(
        registry,
        "why a check fails",
        if not.messages.is_empty() { "not said" } else { "said" },
    );
    assert_eq!(client.versions(SUBJECT).await, Ok(vec![1]), "nothing was registered");
}

async fn a_level_is_the_subject_s_own_or_the_default(registry: &mut Registry) {
    let client = client(registry);
    client.register(SUBJECT, &order()).await.unwrap();
    client.register("other-value", &order()).await.unwrap();
    assert_eq!(client.level(SUBJECT).await, Ok(Level::Backward), "the default");
    for level in Level::ALL {
        client.set_level(Some(SUBJECT), level).await.unwrap();
        assert_eq!(client.level(SUBJECT).await, Ok(level));
        assert_eq!(client.level("other-value").await, Ok(Level::Backward));
    }
    client.set_level(None, Level::ForwardTransitive).await.unwrap();
    assert_eq!(client.level("other-value").await, Ok(Level::ForwardTransitive), "a new default");
    assert_eq!(client.level(SUBJECT).await, Ok(Level::ALL[6]), "its own");
}

async fn a_level_decides_what_is_taken(registry: &mut Registry) {
    let client = client(registry);
    let narrow = crate::lab::record(r#"{"name":"id","type":"string"},{"name":"count","type":"int"}"#);
    // A field without a default is added: older programs read it, newer ones do not read what is older.
    for (level, taken) in [
        (Level::None, true),
        (Level::Backward, false),
        (Level::BackwardTransitive, false),
        (Level::Forward, true),
        (Level::ForwardTransitive, true),
        (Level::Full, false),
        (Level::FullTransitive, false),
    ] {
        let subject = format!("{}-value", level.name());
        client.register(&subject, &order()).await.unwrap();
        client.set_level(Some(&subject), level).await.unwrap();
        assert_eq!(client.check(&subject, &narrow).await.unwrap().compatible, taken, "{level:?}");
        let registered = client.register(&subject, &narrow).await;
        assert_eq!(registered.is_ok(), taken, "{level:?}: {registered:?}");
    }
}
