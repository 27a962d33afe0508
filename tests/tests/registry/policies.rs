//! How schemas of this build get their ids.

use chip_quality_events::STREAMS;
use chip_quality_events::user::UserEvent;
use cq_events::event::StreamSchema as _;
use cq_events::registry::{Registration, RegistryError, SchemaRegistry as _, SubjectSchema};
use cq_events_schema::normalise;
use cq_events_tests::registries::Registry;

use crate::differences;
use crate::lab::{broken, client, client_of, grown, order, record};

against_each! {
    a_schema_is_registered_if_it_is_absent,
    an_exact_schema_has_to_be_there_and_nothing_is_registered,
    the_latest_schema_is_taken_where_it_has_the_same_bytes,
    a_stream_may_have_a_policy_of_its_own,
    a_schema_in_another_form_is_found_and_not_registered_again,
    other_words_are_registered_where_the_registry_tells_them_apart,
    a_file_is_registered_by_one_call,
    every_stream_of_the_platform_is_registered_and_read_back,
}

const SUBJECT: &str = "orders-value";

async fn a_schema_is_registered_if_it_is_absent(registry: &mut Registry) {
    let first = client(registry).id_of(&SubjectSchema::new(SUBJECT, order())).await.unwrap();
    let again = client(registry);
    assert_eq!(again.id_of(&SubjectSchema::new(SUBJECT, order())).await, Ok(first), "it is there already");
    assert_eq!(again.versions(SUBJECT).await, Ok(vec![1]));

    let second = again.id_of(&SubjectSchema::new(SUBJECT, grown())).await.unwrap();
    assert_ne!(first, second);
    let older = client(registry).id_of(&SubjectSchema::new(SUBJECT, order())).await;
    assert_eq!(older, Ok(first), "an older program goes on with its own");
    assert_eq!(again.versions(SUBJECT).await, Ok(vec![1, 2]));
}

async fn an_exact_schema_has_to_be_there_and_nothing_is_registered(registry: &mut Registry) {
    let exact = client_of(&registry.url(), Registration::Exact);
    let wanted = SubjectSchema::new(SUBJECT, order());
    let error = exact.id_of(&wanted).await.unwrap_err();
    let absent = |latest| RegistryError::NotRegistered {
        registry: format!("the schema registry at {}", registry.url()),
        subject: SUBJECT.to_owned(),
        latest,
    };
    assert_eq!(error, absent(None));
    assert!(error.to_string().contains(SUBJECT) && error.to_string().contains(&registry.url()), "{error}");

    let id = exact.register(SUBJECT, &order()).await.unwrap();
    assert_eq!(exact.id_of(&wanted).await, Ok(id), "a failure is not remembered");
    assert_eq!(exact.id_of(&SubjectSchema::new(SUBJECT, grown())).await, Err(absent(Some(1))));
    exact.register(SUBJECT, &grown()).await.unwrap();
    let later = client_of(&registry.url(), Registration::Exact);
    assert_eq!(later.id_of(&wanted).await, Ok(id), "any version will do");
    assert_eq!(later.versions(SUBJECT).await, Ok(vec![1, 2]), "and nothing else was registered");
}

async fn the_latest_schema_is_taken_where_it_has_the_same_bytes(registry: &mut Registry) {
    let latest = client_of(&registry.url(), Registration::Latest);
    let wanted = SubjectSchema::new(SUBJECT, order());
    let error = latest.id_of(&wanted).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotRegistered { latest: None, .. }), "{error:?}");

    latest.register(SUBJECT, &order()).await.unwrap();
    let tagged = record(r#"{"name":"id","type":"string","confluent:tags":["PII"]}"#);
    let id = latest.register(SUBJECT, &tagged).await.unwrap();
    assert_eq!(latest.id_of(&wanted).await, Ok(id), "a tag changes no byte");

    latest.register(SUBJECT, &grown()).await.unwrap();
    let error = client_of(&registry.url(), Registration::Latest).id_of(&wanted).await.unwrap_err();
    let RegistryError::LatestDiffers { subject, version: 3, .. } = &error else { panic!("{error:?}") };
    assert_eq!(subject, SUBJECT);
    assert!(error.to_string().contains("order of fields"), "{error}");
    assert_eq!(latest.versions(SUBJECT).await, Ok(vec![1, 2, 3]), "nothing was registered");
}

async fn a_stream_may_have_a_policy_of_its_own(registry: &mut Registry) {
    let client = client(registry);
    let exact = SubjectSchema::new(SUBJECT, order()).registration(Registration::Exact);
    let error = client.id_of(&exact).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotRegistered { .. }), "{error:?}");
    let id = client.id_of(&SubjectSchema::new(SUBJECT, order())).await.unwrap();
    assert_eq!(client.id_of(&exact).await, Ok(id));
}

async fn a_schema_in_another_form_is_found_and_not_registered_again(registry: &mut Registry) {
    // Other spacing, another order of keys, the name in two parts, the type as an object.
    let other = r#"{ "fields": [ { "type": {"type": "string"}, "name": "id" } ],
                     "namespace": "shop", "name": "Order", "type": "record" }"#;
    let raw = client(registry);
    let id = raw.register(SUBJECT, other).await.unwrap();
    for policy in Registration::ALL {
        let client = client_of(&registry.url(), policy);
        assert_eq!(client.id_of(&SubjectSchema::new(SUBJECT, order())).await, Ok(id), "{policy:?}");
        assert_eq!(client.id_of(&SubjectSchema::new(SUBJECT, other)).await, Ok(id), "{policy:?}");
    }
    assert_eq!(raw.versions(SUBJECT).await, Ok(vec![1]));
    assert_eq!(*raw.schema_of(id).await.unwrap(), *order());
}

async fn other_words_are_registered_where_the_registry_tells_them_apart(registry: &mut Registry) {
    let client = client(registry);
    let first = client.id_of(&SubjectSchema::new(SUBJECT, order())).await.unwrap();
    let documented = record(r#"{"name":"id","type":"string","doc":"what it is known by"}"#);
    let wanted = SubjectSchema::new(SUBJECT, documented);
    let id = client.id_of(&wanted).await.unwrap();
    let versions = client.versions(SUBJECT).await.unwrap();
    let seen =
        format!("version {}, id {}", versions.len(), if id == first { "as before" } else { "of its own" });
    differences::check(registry, "a schema with other documentation", &seen);
    // In either case it counts as registered, and so it can be used where nothing may be registered.
    let exact = client_of(&registry.url(), Registration::Exact);
    assert_eq!(exact.id_of(&wanted).await, Ok(id));
}

async fn a_file_is_registered_by_one_call(registry: &mut Registry) {
    let client = client(registry);
    let subject = format!("{}-value", UserEvent::STREAM.topic);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/user.avsc");
    let id = client.register_file(&subject, file).await.unwrap();
    assert_eq!(*client.schema_of(id).await.unwrap(), *normalise(UserEvent::STREAM.schema).unwrap());
    let of_stream = client.register_stream(UserEvent::STREAM).await;
    assert_eq!(of_stream, Ok(vec![(subject.clone(), id)]), "the file is the stream's schema");
    assert_eq!(client.versions(&subject).await, Ok(vec![1]));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.avsc");
    let error = client.register_file(&subject, &path).await.unwrap_err();
    assert!(
        matches!(&error, RegistryError::Folder { path: named, .. } if *named == path.display().to_string())
    );
    std::fs::write(&path, "{\"type\": \"record\",\n \"name\": \"A\"}").unwrap();
    let error = client.register_file(&subject, &path).await.unwrap_err();
    let RegistryError::Schema { origin, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*origin, path.display().to_string());
    std::fs::write(&path, broken()).unwrap();
    let error = client.register_file(&subject, &path).await.unwrap_err();
    assert!(matches!(error, RegistryError::Incompatible { .. }), "{error:?}");
}

async fn every_stream_of_the_platform_is_registered_and_read_back(registry: &mut Registry) {
    let client_of_first_start = client(registry);
    let mut registered = Vec::new();
    for stream in STREAMS {
        registered.extend(client_of_first_start.register_stream(stream).await.unwrap());
    }
    let mut subjects: Vec<String> = STREAMS.iter().map(|stream| format!("{}-value", stream.topic)).collect();
    subjects.sort();
    let again = client(registry);
    assert_eq!(again.subjects().await, Ok(subjects));
    for (stream, (subject, id)) in STREAMS.iter().zip(&registered) {
        assert_eq!(*again.schema_of(*id).await.unwrap(), *normalise(stream.schema).unwrap());
        assert_eq!(again.register_stream(stream).await, Ok(vec![(subject.clone(), *id)]));
        assert_eq!(again.versions(subject).await, Ok(vec![1]));
        let exact = client_of(&registry.url(), Registration::Exact);
        assert_eq!(exact.register_stream(stream).await, Ok(vec![(subject.clone(), *id)]));
    }
}
