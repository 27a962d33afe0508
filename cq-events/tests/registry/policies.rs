//! How a schema gets its id.

use cq_events::registry::{
    Registration, RegistryError, RegistryFuture, SchemaRegistry as _, SubjectSchema, Version,
};
use cq_events::testing::Fault;
use cq_events_schema::Level;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

fn documented() -> String {
    LAMP.replacen("\"fields\"", "\"doc\":\"a lamp\",\"fields\"", 1)
}

fn wanted(schema: &str, registration: Registration) -> SubjectSchema<'_> {
    SubjectSchema::new("lamp-value", schema).registration(registration)
}

#[tokio::test]
async fn what_is_absent_is_registered() {
    let site = Site::start().await;
    let client = site.client();
    let id = client.id_of(&wanted(LAMP, Registration::IfAbsent)).await.unwrap();
    assert_eq!(site.registry.versions("lamp-value"), [1]);
    let next = client.id_of(&wanted(BRIGHTER, Registration::IfAbsent)).await.unwrap();
    assert_ne!(id, next);
    assert_eq!(client.versions("lamp-value").await.unwrap(), [1, 2]);
    let first = client.version("lamp-value", Version::Number(1)).await.unwrap().unwrap();
    assert_eq!((first.id, first.version, text(&first.schema)), (id, 1, LAMP));
    assert_eq!(client.version("lamp-value", Version::Latest).await.unwrap().unwrap().id, next);
    assert_eq!(client.version("lamp-value", Version::Number(3)).await.unwrap(), None);
    assert_eq!(client.versions("none").await.unwrap(), Vec::<i32>::new());
    assert_eq!(client.subjects().await.unwrap(), ["lamp-value"]);
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_that_names_subject_level_and_reasons() {
    let site = Site::start().await;
    let client = site.client();
    client.set_level(Some("lamp-value"), Level::FullTransitive).await.unwrap();
    assert_eq!(client.level("lamp-value").await.unwrap(), Level::FullTransitive);
    assert_eq!(client.level("another").await.unwrap(), Level::Backward);
    client.id_of(&wanted(LAMP, Registration::IfAbsent)).await.unwrap();
    let checked = client.check("lamp-value", OTHER).await.unwrap();
    assert!(
        !checked.compatible && checked.messages.iter().any(|message| message.contains("id")),
        "{checked:?}"
    );
    assert!(client.check("lamp-value", BRIGHTER).await.unwrap().compatible);
    assert!(client.check("another", OTHER).await.unwrap().compatible);
    let error = client.id_of(&wanted(OTHER, Registration::IfAbsent)).await.unwrap_err();
    let RegistryError::Incompatible { subject, level, messages, .. } = &error else { panic!("{error:?}") };
    assert_eq!((&**subject, *level), ("lamp-value", "FULL_TRANSITIVE"));
    assert!(!messages.is_empty());
    let text = error.to_string();
    assert!(
        text.contains("lamp-value") && text.contains("FULL_TRANSITIVE") && text.contains(&messages[0]),
        "{text}"
    );
    assert_eq!(site.registry.versions("lamp-value"), [1]);
}

/// The registry has its default, which would take it.
#[tokio::test]
async fn a_stream_s_own_level_counts_beside_the_registry_s() {
    let site = Site::start().await;
    let client = site.client();
    let with_level = |schema| wanted(schema, Registration::IfAbsent).level(Level::FullTransitive);
    client.id_of(&with_level(BRIGHTER)).await.unwrap();
    assert!(client.check("lamp-value", LAMP).await.unwrap().compatible);
    client.id_of(&with_level(LAMP)).await.unwrap();
    let required = r#"{"type":"record","name":"home.Lamp","fields":[]}"#;
    assert!(client.check("lamp-value", required).await.unwrap().compatible, "by the registry's level");
    let error = client.id_of(&with_level(required)).await.unwrap_err();
    assert!(matches!(error, RegistryError::Incompatible { level: "FULL_TRANSITIVE", .. }), "{error:?}");
    assert!(error.to_string().contains("version 1: "), "{error}");
    assert_eq!(site.registry.versions("lamp-value"), [1, 2]);
}

#[tokio::test]
async fn exactly_this_schema_may_be_asked_for() {
    let site = Site::start().await;
    let exact = Registration::Exact;
    let client = site.client_with(|config| config.registration(exact));
    let lamp = SubjectSchema::new("lamp-value", LAMP);
    let error = client.id_of(&lamp).await.unwrap_err();
    assert!(matches!(&error, RegistryError::NotRegistered { latest: None, .. }), "{error:?}");
    let id = site.registry.register("lamp-value", LAMP).unwrap();
    site.registry.register("lamp-value", BRIGHTER).unwrap();
    assert_eq!(client.id_of(&lamp).await.unwrap(), id, "of any version");
    let documented = documented();
    let error = client.id_of(&SubjectSchema::new("lamp-value", &documented)).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, RegistryError::NotRegistered { latest: Some(2), .. }), "{error:?}");
    assert!(text.contains("cq-events registry register") && text.contains("latest version is 2"), "{text}");
    assert!(
        !site.asked().iter().any(|call| call.starts_with("POST /subjects/lamp-value/versions")),
        "nothing is registered"
    );
}

#[tokio::test]
async fn the_latest_version_may_be_taken_where_the_bytes_are_the_same() {
    let site = Site::start().await;
    let client = site.client();
    let error = client.id_of(&wanted(LAMP, Registration::Latest)).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotRegistered { latest: None, .. }), "{error:?}");
    site.registry.register("lamp-value", LAMP).unwrap();
    let documented = documented();
    let id = site.registry.register("lamp-value", &documented).unwrap();
    assert_eq!(client.id_of(&wanted(LAMP, Registration::Latest)).await.unwrap(), id);
    site.registry.register("lamp-value", BRIGHTER).unwrap();
    let error = site.client().id_of(&wanted(LAMP, Registration::Latest)).await.unwrap_err();
    assert!(matches!(error, RegistryError::LatestDiffers { version: 3, .. }), "{error:?}");
    assert_eq!(site.registry.versions("lamp-value"), [1, 2, 3], "nothing is registered");
}

/// What another registered with references is ours, when it is the same once they are inlined.
#[tokio::test]
async fn a_schema_that_is_registered_in_parts_is_found_and_read() {
    let site = Site::start().await;
    let size = r#"{"type":"enum","name":"home.Size","symbols":["S","L"]}"#;
    site.registry.register("size", size).unwrap();
    let bulb = r#"{"type":"record","name":"home.Bulb","fields":[{"name":"size","type":"home.Size"}]}"#;
    let lamp = r#"["home.Bulb",{"type":"record","name":"home.Socket","fields":[{"name":"size","type":"home.Size"}]}]"#;
    let post = async |subject: &str, schema: &str, references: serde_json::Value| {
        let body = serde_json::json!({ "schema": schema, "references": references }).to_string();
        let mut stream = TcpStream::connect(site.server.address()).await.unwrap();
        let length = body.len();
        let head = format!("POST /subjects/{subject}/versions HTTP/1.0\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{answer}");
        serde_json::from_str::<serde_json::Value>(body).unwrap()["id"].as_u64().unwrap()
    };
    let of =
        |name: &str, subject: &str| serde_json::json!([{"name": name, "subject": subject, "version": 1}]);
    post("bulb", bulb, of("home.Size", "size")).await;
    let both = serde_json::json!([
        {"name": "home.Bulb", "subject": "bulb", "version": 1},
        {"name": "home.Size", "subject": "size", "version": 1},
    ]);
    let id = post("lamp-value", lamp, both).await;

    let whole = r#"[{"type":"record","name":"home.Bulb","fields":[{"name":"size","type":{"type":"enum","name":"home.Size","symbols":["S","L"]}}]},
        {"type":"record","name":"home.Socket","fields":[{"name":"size","type":"home.Size"}]}]"#;
    let client = site.client();
    let id = cq_events::registry::SchemaId::new(u32::try_from(id).unwrap());
    assert_eq!(text(&client.schema_of(id).await.unwrap()), cq_events_schema::normalise(whole).unwrap());
    assert_eq!(client.id_of(&wanted(whole, Registration::Exact)).await.unwrap(), id);
    assert_eq!(client.id_of(&wanted(whole, Registration::IfAbsent)).await.unwrap(), id);
    assert_eq!(site.registry.versions("lamp-value"), [1]);
}

#[tokio::test]
async fn a_file_is_registered_by_one_call() {
    let site = Site::start().await;
    let client = site.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lamp.avsc");
    std::fs::write(&path, LAMP).unwrap();
    let id = client.register_file("a/b c?%\u{e9}-value", &path).await.unwrap();
    assert_eq!(client.subjects().await.unwrap(), ["a/b c?%\u{e9}-value"]);
    assert_eq!(text(&client.schema_of(id).await.unwrap()), LAMP);
    std::fs::write(&path, "{\n  \"type\": \"recrod\"\n}").unwrap();
    let error = client.register_file("lamp-value", &path).await.unwrap_err().to_string();
    assert!(error.contains("lamp.avsc:1:1: unknown type `recrod`"), "{error}");
    let error = client.register_file("lamp-value", folder.path().join("none")).await.unwrap_err().to_string();
    assert!(error.contains("none") && error.contains("No such file"), "{error}");
}

#[tokio::test]
async fn more_subjects_than_a_page_has() {
    let site = Site::start().await;
    let expected: Vec<String> = (0..2_345).map(|number| format!("subject-{number:04}")).collect();
    for subject in &expected {
        site.registry.register(subject, LAMP).unwrap();
    }
    assert_eq!(site.client().subjects().await.unwrap(), expected);
    assert_eq!(site.client().mode("subject-0000").await.unwrap(), "READWRITE");
}

#[tokio::test]
async fn a_server_may_have_shorter_pages_or_none() {
    let site = Site::start().await;
    for page in [r#"["a","b"]"#, r#"["c"]"#, "[]"] {
        site.server.fail_next(1, Fault::answer(200, page));
    }
    assert_eq!(site.client().subjects().await.unwrap(), ["a", "b", "c"]);
    let offsets = ["0", "2", "3"].map(|offset| format!("GET /subjects?offset={offset}&limit=1000"));
    assert_eq!(site.asked(), offsets);
    site.server.fail_next(2, Fault::answer(200, r#"["a","b"]"#));
    assert_eq!(site.client().subjects().await.unwrap(), ["a", "b"]);
}

/// What was deleted since is still asked for; a name is looked up once; what is not there is told; and there is an end.
#[tokio::test]
async fn references_are_resolved_within_bounds() {
    let site = Site::start().await;
    let id = cq_events::registry::SchemaId::new(7);
    let reference =
        |name: &str, version: i32| serde_json::json!({"name": name, "subject": name, "version": version});
    let answer = |schema: &str, references: &[serde_json::Value]| {
        Fault::answer(200, serde_json::json!({ "schema": schema, "references": references }).to_string())
    };
    let size = r#"{"type":"enum","name":"Size","symbols":["S"]}"#;
    let bulb = r#"{"type":"record","name":"Bulb","fields":[{"name":"size","type":"Size"}]}"#;
    let lamp = r#"{"type":"record","name":"Lamp","fields":[{"name":"bulb","type":"Bulb"},{"name":"size","type":"Size"}]}"#;
    site.server.fail_next(1, answer(lamp, &[reference("Bulb", 1), reference("Size", 2)]));
    site.server.fail_next(1, answer(bulb, &[reference("Size", 1)]));
    site.server.fail_next(1, answer(size, &[]));
    site.client().schema_of(id).await.unwrap();
    let expected = [
        "GET /schemas/ids/7",
        "GET /subjects/Bulb/versions/1?deleted=true",
        "GET /subjects/Size/versions/1?deleted=true",
    ];
    assert_eq!(site.asked(), expected);

    site.server.fail_next(1, answer(lamp, &[reference("Bulb", 1)]));
    let error = site.client().schema_of(id).await.unwrap_err();
    let RegistryError::MissingReference { subject, version: 1, .. } = &error else { panic!("{error:?}") };
    assert_eq!(subject, "Bulb");
    assert!(error.is_of_schema(), "where a subject's versions are read, it is one that cannot be");
    assert!(error.to_string().contains("version 1 of subject Bulb, which is not there"), "{error}");

    // All of it is parsed at once.
    let large = format!(r#"{{"type":"fixed","name":"F","size":1,"doc":"{}"}}"#, "x".repeat(600 << 10));
    site.server.fail_next(1, answer(&large, &[reference("A", 1)]));
    site.server.fail_next(1, answer(&large.replacen("\"F\"", "\"A\"", 1), &[]));
    let error = site.client().schema_of(id).await.unwrap_err();
    assert!(matches!(error, RegistryError::Schema { .. }), "{error:?}");
    assert!(error.to_string().contains("with what it refers to, it has more than 1048576 bytes"), "{error}");

    let many: Vec<_> = (0..257).map(|number| reference(&format!("T{number}"), 1)).collect();
    site.server.fail_next(1, answer("\"int\"", &many));
    let error = site.client().schema_of(id).await.unwrap_err().to_string();
    assert!(error.contains("refers to more than 256"), "{error}");

    // One refers to the next, and each takes its time: all of it has one deadline.
    let client = site.client_with(|config| config.timeout(Duration::from_millis(500)));
    let late = async |asking: RegistryFuture<'_, ()>| {
        site.server.heal();
        for number in 0..200 {
            site.server.fail_next(1, Fault::Hang);
            let references = [reference(&format!("T{number}"), 1)];
            let version = serde_json::json!({
                "subject": "lamp-value", "version": 1, "id": 7, "schema": "\"int\"", "references": references,
            });
            site.server.fail_next(1, Fault::answer(200, version.to_string()));
        }
        let begun = std::time::Instant::now();
        let error = asking.await.unwrap_err();
        assert!(matches!(error, RegistryError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().ends_with(" within 2s"), "{error}");
        // Without the one deadline these are more than a hundred seconds.
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    };
    late(Box::pin(async { client.schema_of(id).await.map(drop) })).await;
    late(Box::pin(async { client.version("lamp-value", Version::Latest).await.map(drop) })).await;
    late(Box::pin(async { client.find("lamp-value", LAMP).await.map(drop) })).await;
}
