//! Answers of all kinds, good and bad.

use std::time::{Duration, Instant};

use cq_events::registry::{RegistryError, SchemaId, SchemaRegistry as _};
use cq_events::testing::Fault;

use super::*;

const ID: SchemaId = SchemaId::new(1);

/// What a look-up says when every request meets this fault, and after how long.
async fn meets(fault: Fault) -> (RegistryError, Duration, usize) {
    meets_within(fault, Duration::from_secs(5)).await
}

/// The same, where an answer may take so long.
async fn meets_within(fault: Fault, timeout: Duration) -> (RegistryError, Duration, usize) {
    let site = Site::start().await;
    site.registry.register("lamp-value", LAMP).unwrap();
    site.server.fail(fault);
    let begun = Instant::now();
    let error = site.client_with(|config| config.timeout(timeout)).schema_of(ID).await.unwrap_err();
    let took = begun.elapsed();
    // Nothing of it is kept.
    site.server.heal();
    let asked = site.asked().len();
    assert_eq!(text(&site.client().schema_of(ID).await.unwrap()), LAMP);
    (error, took, asked)
}

fn is_unavailable(error: &RegistryError, words: &str) {
    assert!(matches!(error, RegistryError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

fn is_unexpected(error: &RegistryError, words: &str) {
    assert!(matches!(error, RegistryError::Unexpected { .. }), "{error:?}");
    assert!(error.to_string().contains("GET /schemas/ids/1") && error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn errors_of_the_server_are_asked_for_again_and_told_with_its_words() {
    let (error, _, asked) = meets(Fault::error(500, 50001, "Error in the backend datastore")).await;
    is_unavailable(&error, "status 500 Internal Server Error: Error in the backend datastore");
    assert_eq!(asked, 4);
    let (error, ..) = meets(Fault::answer(503, "<html>\n  down for maintenance")).await;
    is_unavailable(&error, "status 503 Service Unavailable: <html>");
    let (error, _, asked) = meets(Fault::Close).await;
    is_unavailable(&error, "the schema registry at http://127.0.0.1:");
    assert_eq!(asked, 4);
}

#[tokio::test]
async fn a_short_trouble_is_not_noticed() {
    let site = Site::start().await;
    site.registry.register("lamp-value", LAMP).unwrap();
    site.server.fail_next(1, Fault::error(503, 50003, "no leader"));
    site.server.fail_next(1, Fault::Close);
    site.server.fail_next(1, Fault::Hang);
    let client = site.client_with(|config| config.timeout(Duration::from_secs(3)));
    assert_eq!(text(&client.schema_of(ID).await.unwrap()), LAMP);
    assert_eq!(site.asked().len(), 4);
}

#[tokio::test]
async fn who_is_too_many_comes_back_when_told() {
    let site = Site::start().await;
    site.registry.register("lamp-value", LAMP).unwrap();
    site.server.fail_next(1, Fault::error(429, 429, "slow down").header("Retry-After", "1"));
    let client = site.client();
    let begun = Instant::now();
    client.schema_of(ID).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    // Later than anybody waits here.
    let (error, took, asked) = meets(Fault::error(429, 429, "slow down").header("Retry-After", "3600")).await;
    is_unavailable(&error, "slow down (it wants to be asked again after 3600 s)");
    assert_eq!(asked, 1);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test]
async fn answers_that_never_end_are_given_up() {
    for fault in [Fault::Hang, Fault::Endless, Fault::Drip(Duration::from_millis(20))] {
        let (error, took, _) = meets_within(fault.clone(), Duration::from_millis(500)).await;
        is_unavailable(&error, "no answer within");
        // Four time-outs make two seconds; without one it would never end.
        assert!(took < Duration::from_secs(20), "{fault:?} took {took:?}");
    }
}

#[tokio::test]
async fn answers_that_are_too_large_are_not_read() {
    let (error, _, asked) = meets(Fault::Large { bytes: 100 << 20 }).await;
    is_unexpected(&error, "more than 16 MiB");
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn what_is_no_answer_of_a_registry_is_told() {
    let (error, ..) = meets(Fault::answer(200, "<html>log in first</html>")).await;
    is_unexpected(&error, "an answer that is no JSON");
    let (error, _, asked) = meets(Fault::redirect("http://me:hunter2@elsewhere/schemas?token=hunter2")).await;
    is_unexpected(&error, "a redirect (307) to http://elsewhere, which");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert_eq!(asked, 1, "it is not followed");
}

#[tokio::test]
async fn schemas_that_are_none_are_told() {
    let bomb = format!(r#"{}"int"{}"#, r#"{"type":"array","items":"#.repeat(5_000), "}".repeat(5_000));
    let huge = format!(r#"{{"type":"record","name":"A","doc":"{}","fields":[]}}"#, "x".repeat(2 << 20));
    let symbols: Vec<String> = (0..200_000).map(|symbol| format!("S{symbol}")).collect();
    let many = serde_json::json!({"type": "enum", "name": "E", "symbols": symbols}).to_string();
    for (schema, words) in [
        (bomb.as_str(), "nesting depth"),
        (huge.as_str(), "bytes"),
        (many.as_str(), "bytes"),
        (r#"{"type":"record"}"#, "name"),
        ("no JSON", "no valid JSON"),
    ] {
        let body = serde_json::json!({ "schema": schema }).to_string();
        let begun = Instant::now();
        let (error, ..) = meets(Fault::answer(200, body)).await;
        assert!(matches!(error, RegistryError::Schema { .. }), "{error:?}");
        let error = error.to_string();
        assert!(error.contains(words), "{words} is not in {}", &error[..error.len().min(500)]);
        assert!(error.len() < 5_000, "{} bytes", error.len());
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    let (error, ..) = meets(Fault::answer(200, r#"{"schemaType":"PROTOBUF","schema":"message A {}"}"#)).await;
    assert!(error.to_string().contains("PROTOBUF"), "{error}");
}

#[tokio::test]
async fn what_has_no_schema_is_no_answer() {
    for body in [r#"{"id":1}"#, r#"{"error_code":50001,"message":"oh"}"#, "null", "[]", r#"{"status":"UP"}"#]
    {
        let (error, ..) = meets(Fault::answer(200, body)).await;
        is_unexpected(&error, "no `schema`");
    }
    let reference = r#"{"schema":"\"int\"","references":[{"name":"a"}]}"#;
    let (error, ..) = meets(Fault::answer(200, reference)).await;
    is_unexpected(&error, "a reference without name, subject or version");
    // Longer than any clock goes on.
    let (error, ..) = meets(Fault::answer(503, "").header("Retry-After", &u64::MAX.to_string())).await;
    is_unavailable(&error, "status 503");
}

#[tokio::test]
async fn what_a_server_says_is_bounded() {
    let long = "x".repeat(100_000);
    let many: Vec<Vec<&str>> = vec![vec![&long[..5_000]; 30]; 30];
    let site = Site::start().await;
    site.server
        .fail(Fault::answer(422, serde_json::json!({"error_code": 42201, "message": many}).to_string()));
    let error = site.client().register("lamp-value", LAMP).await.unwrap_err().to_string();
    assert!(error.len() < 25_000, "{} bytes", error.len());
    site.server.fail(Fault::answer(200, serde_json::json!({"compatibilityLevel": long}).to_string()));
    let error = site.client().level("lamp-value").await.unwrap_err().to_string();
    assert!(error.len() < 1_000, "{} bytes", error.len());
}

#[tokio::test]
async fn a_subject_that_is_another_path_is_not_asked_for() {
    let site = Site::start().await;
    for subject in ["", ".", ".."] {
        let level = site.client().set_level(Some(subject), cq_events_schema::Level::None).await;
        let error = level.unwrap_err().to_string();
        assert!(error.contains("no subject may be empty, `.` or `..`"), "{error}");
        site.client().register(subject, LAMP).await.unwrap_err();
    }
    assert_eq!(site.asked(), Vec::<String>::new());
    let reference = r#"{"schema":"\"int\"","references":[{"name":"a","subject":"..","version":1}]}"#;
    site.server.fail_next(1, Fault::answer(200, reference));
    site.client().schema_of(ID).await.unwrap_err();
    assert_eq!(site.asked().len(), 1);
}

#[tokio::test]
async fn an_unknown_id_is_one_whatever_the_body_says() {
    for body in [r#"{"error_code":40403,"message":"Schema 1 not found"}"#, r#""Schema 1 not found""#] {
        let (error, _, asked) = meets(Fault::answer(404, body)).await;
        assert!(matches!(error, RegistryError::UnknownId { id: ID, .. }), "{error:?}");
        assert_eq!(asked, 1);
    }
    // A server in between, or a path that is not there, says nothing of the id.
    for body in ["", "default backend - 404", r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#] {
        let (error, ..) = meets(Fault::answer(404, body)).await;
        assert!(matches!(error, RegistryError::Refused { status: 404, .. }), "{error:?}");
        assert!(error.to_string().contains("is SCHEMA_REGISTRY_URL complete?"), "{error}");
    }
    // It is one of another registry, which gives ids from 1 up, too.
    let (here, there) = (Site::start().await, Site::start().await);
    here.registry.register("lamp-value", LAMP).unwrap();
    there.registry.register("lamp-value", LAMP).unwrap();
    let id = there.registry.register("lamp-value", BRIGHTER).unwrap();
    let error = here.client().schema_of(id).await.unwrap_err().to_string();
    assert!(error.contains("schema id 2 is unknown to the schema registry at http://127.0.0.1:"), "{error}");
}

/// Servers read an id as a signed number, and answer to others as to a path that is not there.
#[tokio::test]
async fn an_id_that_no_registry_gives_is_unknown_without_a_question() {
    let site = Site::start().await;
    for number in [1 << 31, u32::MAX] {
        let id = SchemaId::new(number);
        let error = site.client().schema_of(id).await.unwrap_err();
        assert!(matches!(error, RegistryError::UnknownId { id: unknown, .. } if unknown == id), "{error:?}");
        assert!(error.to_string().contains("ids end at 2147483647"), "{error}");
    }
    assert_eq!(site.asked(), Vec::<String>::new());
    site.client().schema_of(SchemaId::new(i32::MAX as u32)).await.unwrap_err();
    assert_eq!(site.asked().len(), 1);
}

/// What says that a path is not there: a registry that has none, or a server in between that does not find its registry.
const NO_PATH: [&str; 3] =
    ["", r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#, "default backend - 404"];

#[tokio::test]
async fn a_guid_is_unknown_where_a_registry_says_so_or_has_no_guids() {
    let (site, guid) = (Site::start().await, uuid::Uuid::from_u128(7));
    let looked_up = async || site.client().schema_of_guid(guid).await.unwrap_err();
    let probe = "GET /schemas/ids/0".to_owned();
    let error = looked_up().await;
    assert!(matches!(error, RegistryError::UnknownGuid { .. }), "{error:?}");
    assert!(!site.asked().contains(&probe), "its own words are enough");
    for body in NO_PATH {
        site.server.fail_next(1, Fault::answer(404, body));
        let error = looked_up().await;
        assert!(matches!(error, RegistryError::UnknownGuid { .. }), "{error:?}");
        assert!(error.to_string().ends_with(", which has no GUIDs"), "{error}");
        assert_eq!(site.asked().last(), Some(&probe));
    }
    // Whatever it says of that id, and to us, as long as it is the registry that speaks.
    for fault in [
        Fault::answer(200, r#"{"schema":"\"int\""}"#),
        Fault::error(403, 40301, "not yours"),
        Fault::error(422, 42201, "no such id"),
        Fault::answer(404, r#""Schema 0 not found""#),
    ] {
        site.server.fail_next(1, Fault::answer(404, ""));
        site.server.fail_next(1, fault.clone());
        let error = looked_up().await;
        assert!(matches!(error, RegistryError::UnknownGuid { .. }), "{fault:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_guid_is_not_unknown_where_no_registry_speaks() {
    let (site, guid) = (Site::start().await, uuid::Uuid::from_u128(7));
    let looked_up = async || site.client().schema_of_guid(guid).await.unwrap_err();
    for fault in NO_PATH.map(|body| Fault::answer(404, body)).into_iter().chain([
        Fault::answer(200, r#"{"status":"UP"}"#),
        Fault::answer(200, "<html>log in first</html>"),
        Fault::redirect("http://elsewhere/"),
        Fault::answer(401, "Unauthorized"),
        Fault::answer(403, r#"{"message":"no Route matched with those values"}"#),
        Fault::answer(403, r#""no""#),
    ]) {
        site.server.fail_next(1, Fault::answer(404, ""));
        site.server.fail_next(1, fault.clone());
        let error = looked_up().await;
        let RegistryError::Refused { status: 404, call, .. } = &error else { panic!("{fault:?}: {error:?}") };
        assert_eq!(**call, *format!("GET /schemas/guids/{guid}"), "the error is that of the GUID");
    }
    site.server.fail_next(1, Fault::answer(404, ""));
    site.server.fail(Fault::error(503, 50003, "no leader"));
    is_unavailable(&looked_up().await, "no leader");
}

/// A server in between that loses its way for a moment makes no dead letters.
#[tokio::test]
async fn a_registry_that_has_answered_for_a_guid_has_guids() {
    let site = Site::start().await;
    let id = site.registry.register("lamp-value", LAMP).unwrap();
    let known = site.registry.guid_of(id).unwrap();
    for answered in [known, uuid::Uuid::from_u128(7)] {
        let client = site.client();
        let _ = client.schema_of_guid(answered).await;
        site.server.fail_next(1, Fault::answer(404, "default backend - 404"));
        let error = client.schema_of_guid(uuid::Uuid::from_u128(8)).await.unwrap_err();
        assert!(matches!(error, RegistryError::Refused { status: 404, .. }), "{error:?}");
        let error = client.schema_of_guid(uuid::Uuid::from_u128(8)).await.unwrap_err();
        assert!(matches!(error, RegistryError::UnknownGuid { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_with_status_code_and_all_messages() {
    let site = Site::start().await;
    let refused = async |fault: Fault| {
        site.server.fail_next(1, fault);
        let before = site.asked().len();
        let error = site.client().register("lamp-value", LAMP).await.unwrap_err();
        assert_eq!(site.asked().len(), before + 1, "4xx is not asked for again");
        error.to_string()
    };
    let error =
        refused(Fault::answer(422, r#"{"error_code":42201,"message":["no name","no fields"]}"#)).await;
    assert!(error.ends_with("refuses POST /subjects/lamp-value/versions?normalize=true: status 422, code 42201: no name; no fields"), "{error}");
    let error = refused(Fault::error(403, 40301, "not yours")).await;
    assert!(error.contains("not yours (SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO"), "{error}");
    let error = refused(Fault::answer(404, "Not Found")).await;
    assert!(error.contains("is SCHEMA_REGISTRY_URL complete?"), "{error}");
    let error = refused(Fault::answer(400, "\u{1b}[31mred\n and more")).await;
    assert!(error.contains("status 400:  [31mred"), "{error:?}");
    site.server.fail_next(1, Fault::answer(409, ""));
    let error = site.client().register("lamp-value", LAMP).await.unwrap_err().to_string();
    assert!(error.contains("(level BACKWARD)") && error.ends_with(" gives no reason"), "{error}");
}
