//! The versions of a subject: which is ours, and which count.

use cq_events::registry::{Registered, Registration, RegistryError, SchemaRegistry as _, SubjectSchema};
use cq_events::testing::Fault;
use cq_events_schema::Level;

use super::*;

const SUBJECT: &str = "lamp-value";
/// How many versions the client asks for at once.
const AT_ONCE: usize = 8;

/// One of many versions that go together at no level but NONE.
fn sized(size: usize) -> String {
    cq_events_schema::normalise(&format!(r#"{{"type":"fixed","name":"home.Key","size":{size}}}"#)).unwrap()
}

async fn with_versions(count: usize) -> Site {
    let site = Site::start().await;
    site.registry.set_level(None, Level::None);
    for size in 1..=count {
        site.registry.register(SUBJECT, &sized(size)).unwrap();
    }
    site
}

fn wanted(schema: &str, level: Level) -> SubjectSchema<'_> {
    SubjectSchema::new(SUBJECT, schema).registration(Registration::IfAbsent).level(level)
}

fn numbers(versions: &[(i32, Result<Registered, RegistryError>)]) -> Vec<i32> {
    versions.iter().map(|(number, _)| *number).collect()
}

/// The registry tells the same schemas apart, as Confluent's does where one was registered in another form.
fn knows_no_schema(site: &Site) {
    site.server.fail_next(1, Fault::error(404, 40403, "Schema not found"));
}

#[tokio::test]
async fn ours_is_looked_for_from_the_newest_on_among_all() {
    let site = with_versions(150).await;
    for (size, least) in [(150, 1), (149, 2), (1, 150)] {
        let client = site.client();
        let before = site.asked().len();
        knows_no_schema(&site);
        let found = client.find_same(SUBJECT, &sized(size)).await.unwrap().unwrap();
        assert_eq!(found.version, size as i32);
        let asked = site.asked().len() - before - 2;
        assert!((least..least + AT_ONCE).contains(&asked), "{asked}: and not much further");
    }
    let client = site.client();
    assert_eq!(client.find_same(SUBJECT, &sized(151)).await.unwrap(), None);
    assert_eq!(client.find_same("another", &sized(1)).await.unwrap(), None);
    let error = client.find_same(SUBJECT, "{").await.unwrap_err();
    assert!(matches!(error, RegistryError::Schema { .. }), "{error:?}");
}

#[tokio::test]
async fn a_history_has_what_counts_and_what_cannot_be_read() {
    let site = with_versions(3).await;
    let client = site.client();
    let all = client.history(SUBJECT).await.unwrap();
    assert_eq!(numbers(&all), [1, 2, 3]);
    assert!(all.iter().all(|(number, it)| it.as_ref().is_ok_and(|it| it.version == *number)));
    for (level, counting) in [
        (Level::None, &[][..]),
        (Level::Forward, &[3]),
        (Level::Full, &[3]),
        (Level::BackwardTransitive, &[1, 2, 3]),
    ] {
        let versions = client.predecessors(SUBJECT, level).await.unwrap();
        assert_eq!(numbers(&versions), counting, "{level:?}");
        assert!(client.predecessors("another", level).await.unwrap().is_empty());
    }

    site.server.fail_next(1, Fault::answer(200, "[3]"));
    site.server
        .fail_next(1, Fault::answer(200, r#"{"subject":"lamp-value","id":3,"version":3,"schema":"{"}"#));
    let all = client.history(SUBJECT).await.unwrap();
    assert_eq!(numbers(&all), [3]);
    assert!(matches!(all[0].1, Err(RegistryError::Schema { .. })), "{:?}", all[0]);
    assert!(client.history(SUBJECT).await.unwrap()[2].1.is_ok(), "that is not kept");
}

/// What is not known to go with a version is not registered: the version before it says nothing of that.
#[tokio::test]
async fn a_version_that_counts_and_cannot_be_read_is_told() {
    let unreadable =
        r#"{"subject":"lamp-value","id":7,"version":2,"schema":"message A {}","schemaType":"PROTOBUF"}"#;
    let site = Site::start().await;
    site.registry.set_level(None, Level::None);
    site.registry.register(SUBJECT, LAMP).unwrap();
    site.registry.register(SUBJECT, OTHER).unwrap();
    let lamp = serde_json::json!({ "subject": SUBJECT, "id": 1, "version": 3, "schema": LAMP }).to_string();
    let started = async |level, numbers: &str, versions: &[&str]| {
        knows_no_schema(&site);
        site.server.fail_next(1, Fault::answer(200, numbers));
        for version in versions {
            site.server.fail_next(1, Fault::answer(200, *version));
        }
        site.client().id_of(&wanted(BRIGHTER, level)).await
    };
    for (level, numbers, versions) in [
        (Level::Backward, "[1,2]", &[unreadable][..]),
        (Level::FullTransitive, "[1,2]", &[unreadable]),
        (Level::FullTransitive, "[2,3]", &[&lamp, unreadable]),
    ] {
        let error = started(level, numbers, versions).await.unwrap_err();
        let RegistryError::UnreadableVersion { subject, version: 2, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(&**subject, SUBJECT);
        let text = error.to_string();
        for part in
            ["version 2 of subject lamp-value", level.name(), "of the type PROTOBUF", "delete that version"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    assert_eq!(site.registry.versions(SUBJECT), [1, 2], "nothing was registered");
    started(Level::Backward, "[2,3]", &[&lamp, unreadable]).await.expect("only the latest counts");
}

/// A version may have been deleted since its number was told, or be asked of a server that does not know it yet.
#[tokio::test]
async fn what_is_told_and_not_there_is_read_again() {
    let site = with_versions(3).await;
    let client = site.client();
    site.server.fail_next(1, Fault::answer(200, "[1,2,3,4]"));
    assert_eq!(numbers(&client.history(SUBJECT).await.unwrap()), [1, 2, 3], "the last was deleted since");

    for level in [Level::Backward, Level::BackwardTransitive] {
        site.server.fail_next(1, Fault::answer(200, "[1,2,3]"));
        site.server.fail_next(1, Fault::error(404, 40402, "Version 3 not found."));
        let versions = client.predecessors(SUBJECT, level).await.unwrap();
        assert_eq!(numbers(&versions).last(), Some(&3), "it counts, though it was late: {level:?}");
    }

    // The registry knows no version of that level's, as far as it goes: what does not go with it is not registered.
    site.registry.register(SUBJECT, LAMP).unwrap();
    knows_no_schema(&site);
    site.server.fail_next(1, Fault::answer(200, "[4]"));
    site.server.fail_next(1, Fault::error(404, 40402, "Version 4 not found."));
    let error = site.client().id_of(&wanted(OTHER, Level::Backward)).await.unwrap_err();
    assert!(matches!(error, RegistryError::Incompatible { .. }), "{error:?}");

    for _ in 0..5 {
        site.server.fail_next(1, Fault::answer(200, "[7]"));
        site.server.fail_next(1, Fault::error(404, 40402, "Version 7 not found."));
    }
    let error = client.history(SUBJECT).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unavailable { .. }), "{error:?}");
    assert!(
        error.to_string().contains("version 7 of subject lamp-value is told to be there, and is not"),
        "{error}"
    );
}

/// A number is given again where the latest version was deleted for good.
#[tokio::test]
async fn what_a_version_was_is_not_remembered() {
    let site = with_versions(2).await;
    let client = site.client();
    assert_eq!(numbers(&client.history(SUBJECT).await.unwrap()), [1, 2]);
    let another =
        serde_json::json!({ "subject": SUBJECT, "id": 9, "version": 2, "schema": LAMP }).to_string();
    let reused = || {
        site.server.fail_next(1, Fault::answer(200, "[2]"));
        site.server.fail_next(1, Fault::answer(200, &*another));
    };
    reused();
    let all = client.history(SUBJECT).await.unwrap();
    assert_eq!(all[0].1.as_ref().map(|version| (&*version.schema, version.id.get())), Ok((LAMP, 9)));
    knows_no_schema(&site);
    reused();
    assert_eq!(client.find_same(SUBJECT, &sized(2)).await.unwrap(), None);
}

/// An answer alone comes in time; hundreds of them do not.
#[tokio::test]
async fn a_start_over_many_versions_has_a_deadline() {
    let count = 600;
    let site = with_versions(count).await;
    let client = site.client_with(|config| config.timeout(Duration::from_secs(1)));
    let exact = SubjectSchema::new(SUBJECT, LAMP).registration(Registration::Exact);
    knows_no_schema(&site);
    site.server.fail_next(1, Fault::answer(200, format!("{:?}", (1..=count).collect::<Vec<_>>())));
    // A version's answer has more than a hundred bytes: it takes a third of its time, and all take twice the deadline.
    site.server.fail(Fault::Drip(Duration::from_millis(2)));
    let begun = std::time::Instant::now();
    let error = client.id_of(&exact).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("not all about subject lamp-value within 12s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    site.server.heal();
    let error = site.client().id_of(&exact).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotRegistered { latest: Some(600), .. }), "{error:?}");
}
