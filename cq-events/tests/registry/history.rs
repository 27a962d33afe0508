//! The versions of a subject: which is ours, and which count.

use cq_events::registry::{Registered, Registration, RegistryError, SchemaRegistry as _, SubjectSchema};
use cq_events::testing::Fault;
use cq_events_schema::Level;

use super::*;

const SUBJECT: &str = "lamp-value";

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
    for (size, asked) in [(150, 1), (149, 2), (1, 150)] {
        let client = site.client();
        let before = site.asked().len();
        knows_no_schema(&site);
        let found = client.find_same(SUBJECT, &sized(size)).await.unwrap().unwrap();
        assert_eq!(found.version, size as i32);
        assert_eq!(site.asked().len() - before, 2 + asked, "and no further");
    }
    let client = site.client();
    assert_eq!(client.find_same(SUBJECT, &sized(151)).await.unwrap(), None);
    assert_eq!(client.find_same("another", &sized(1)).await.unwrap(), None);
    let error = client.find_same(SUBJECT, "{").await.unwrap_err();
    assert!(matches!(error, RegistryError::Schema { .. }), "{error:?}");
    let before = site.asked().len();
    knows_no_schema(&site);
    let exact = SubjectSchema::new(SUBJECT, sized(1)).registration(Registration::Exact);
    client.id_of(&exact).await.unwrap();
    assert_eq!(site.asked().len() - before, 2, "what was read is kept");
}

#[tokio::test]
async fn a_history_has_what_counts_and_what_cannot_be_read() {
    let site = with_versions(3).await;
    let client = site.client();
    let all = client.history(SUBJECT).await.unwrap();
    assert_eq!(numbers(&all), [1, 2, 3]);
    assert!(all.iter().all(|(number, it)| it.as_ref().is_ok_and(|it| it.version == *number)));
    let before = site.asked().len();
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
    assert!(site.asked()[before..].iter().all(|call| call.ends_with("/versions")), "they are known");

    let client = site.client();
    site.server.fail_next(1, Fault::answer(200, "[1,2,3,4]"));
    site.server
        .fail_next(1, Fault::answer(200, r#"{"subject":"lamp-value","id":1,"version":1,"schema":"{"}"#));
    let all = client.history(SUBJECT).await.unwrap();
    assert_eq!(numbers(&all), [1, 2, 3], "the last was removed since");
    assert!(matches!(all[0].1, Err(RegistryError::Schema { .. })), "{:?}", all[0]);
    assert!(client.history(SUBJECT).await.unwrap()[0].1.is_ok(), "that is not kept");
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

/// An answer alone comes in time; hundreds of them do not.
#[tokio::test]
async fn a_start_over_many_versions_has_a_deadline_and_goes_on_the_next_time() {
    let site = with_versions(200).await;
    let client = site.client_with(|config| config.timeout(Duration::from_millis(200)));
    let exact = SubjectSchema::new(SUBJECT, LAMP).registration(Registration::Exact);
    knows_no_schema(&site);
    site.server.fail_next(1, Fault::answer(200, format!("{:?}", (1..=200).collect::<Vec<_>>())));
    for size in (1..=200).rev() {
        // Which is waited after, for 50 ms at the least.
        site.server.fail_next(1, Fault::error(503, 50003, "no leader"));
        let version =
            serde_json::json!({ "subject": SUBJECT, "id": size, "version": size, "schema": sized(size) });
        site.server.fail_next(1, Fault::answer(200, version.to_string()));
    }
    let begun = std::time::Instant::now();
    let error = client.id_of(&exact).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("not all about subject lamp-value within 2.4s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    site.server.heal();
    let before = site.asked().len();
    let ends = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            match client.id_of(&exact).await.unwrap_err() {
                RegistryError::Unavailable { .. } => {}
                error => break error,
            }
        }
    });
    let error = ends.await.unwrap();
    assert!(matches!(error, RegistryError::NotRegistered { latest: Some(200), .. }), "{error:?}");
    let asked = &site.asked()[before..];
    let versions = asked.iter().filter(|call| call.contains("/versions/")).count();
    assert!(versions < 200, "{versions}: what was read is not asked for again");
}
