//! Deleting softly, and for good.

use serde_json::json;

use super::*;

fn two_versions() -> MemoryRegistry {
    let registry = MemoryRegistry::new();
    register(&registry, "a", &grown(1));
    register(&registry, "a", &grown(2));
    registry
}

#[test]
fn a_softly_deleted_version_is_gone_from_its_subject_and_still_read_by_its_id() {
    let registry = two_versions();
    assert_eq!(delete(&registry, "/subjects/a/versions/latest"), (200, json!(2)));
    assert_eq!(get(&registry, "/subjects/a/versions").1, json!([1]));
    assert_eq!(get(&registry, "/subjects/a/versions?deleted=true").1, json!([1, 2]));
    assert_eq!(refused(get(&registry, "/subjects/a/versions/2"), "Version 2 not found."), (404, 40402));
    assert_eq!(get(&registry, "/subjects/a/versions/2?deleted=true").0, 200);
    assert_eq!(get(&registry, "/subjects/a/versions/latest").1["version"], 1);
    assert_eq!(get(&registry, "/schemas/ids/2").0, 200);
    assert_eq!(get(&registry, "/schemas/ids/2/subjects").1, json!([]));
    assert_eq!(get(&registry, "/schemas/ids/2/subjects?deleted=true").1, json!(["a"]));
    assert_eq!(refused(post(&registry, "/subjects/a", &grown(2)), "Schema not found"), (404, 40403));
    assert_eq!(post(&registry, "/subjects/a?deleted=true", &grown(2)).1["version"], 2);
}

#[test]
fn a_deleted_version_comes_back_with_its_id_as_a_new_one() {
    let registry = two_versions();
    delete(&registry, "/subjects/a/versions/2");
    let (_, again) = post(&registry, "/subjects/a/versions", &grown(2));
    assert_eq!((&again["id"], &again["version"]), (&json!(2), &json!(3)));
}

#[test]
fn a_version_is_deleted_softly_first_and_once() {
    let registry = two_versions();
    let version = "/subjects/a/versions/1";
    let for_good = "/subjects/a/versions/1?permanent=true";
    assert_eq!(refused(delete(&registry, for_good), "Version 1 was not deleted first"), (404, 40407));
    assert_eq!(delete(&registry, version), (200, json!(1)));
    assert_eq!(refused(delete(&registry, version), "Version 1 was soft deleted."), (404, 40406));
    assert_eq!(delete(&registry, for_good), (200, json!(1)));
    assert_eq!(refused(delete(&registry, for_good), "Version 1 not found."), (404, 40402));
    assert_eq!(refused(delete(&registry, "/subjects/b/versions/1"), "Subject 'b'"), (404, 40401));
    assert_eq!(refused(delete(&registry, "/subjects/a/versions/0"), "not a valid version id"), (422, 42202));
}

#[test]
fn the_latest_version_is_never_one_that_was_deleted() {
    let registry = two_versions();
    let for_good = "/subjects/a/versions/latest?permanent=true";
    assert_eq!(delete(&registry, "/subjects/a/versions/latest"), (200, json!(2)));
    assert_eq!(refused(delete(&registry, for_good), "Version 1 was not deleted first"), (404, 40407));
}

#[test]
fn a_subject_is_deleted_softly_first_and_once() {
    let registry = two_versions();
    let for_good = "/subjects/a?permanent=true";
    assert_eq!(refused(delete(&registry, "/subjects/b"), "Subject 'b' not found."), (404, 40401));
    assert_eq!(refused(delete(&registry, for_good), "was not deleted first"), (404, 40405));
    assert_eq!(delete(&registry, "/subjects/a"), (200, json!([1, 2])));
    assert_eq!(refused(delete(&registry, "/subjects/a"), "was soft deleted."), (404, 40404));
    assert_eq!(get(&registry, "/subjects").1, json!([]));
    assert_eq!(get(&registry, "/subjects?deleted=true").1, json!(["a"]));
    assert_eq!(refused(get(&registry, "/subjects/a/versions"), "Subject 'a' not found."), (404, 40401));
    assert_eq!(delete(&registry, for_good), (200, json!([1, 2])));
    assert_eq!(refused(delete(&registry, for_good), "Subject 'a' not found."), (404, 40401));
}

#[test]
fn what_is_deleted_for_good_everywhere_is_unknown_by_its_id_which_is_not_given_again() {
    let registry = two_versions();
    register(&registry, "b", &grown(1));
    delete(&registry, "/subjects/a");
    delete(&registry, "/subjects/a?permanent=true");
    assert_eq!(get(&registry, "/schemas/ids/1").0, 200, "it stands in b");
    assert_eq!(refused(get(&registry, "/schemas/ids/2"), "Schema 2 not found"), (404, 40403));
    assert_eq!(register(&registry, "a", &grown(2)), 3);
    assert_eq!(registry.versions("a"), [1]);
}

#[test]
fn the_level_and_mode_of_a_subject_go_with_its_last_version() {
    for deletions in [
        ["/subjects/a", "/subjects/a?permanent=true"].as_slice(),
        &[
            "/subjects/a/versions/1",
            "/subjects/a/versions/2",
            "/subjects/a/versions/2?permanent=true",
            "/subjects/a/versions/1?permanent=true",
        ],
    ] {
        let registry = two_versions();
        ask(&registry, "PUT", "/config/a", &json!({ "compatibility": "NONE" }));
        ask(&registry, "PUT", "/mode/a", &json!({ "mode": "READWRITE" }));
        for target in deletions {
            assert_eq!(get(&registry, "/config/a").1, json!({ "compatibilityLevel": "NONE" }), "{target}");
            assert_eq!(get(&registry, "/mode/a").1, json!({ "mode": "READWRITE" }), "{target}");
            assert_eq!(delete(&registry, target).0, 200, "{target}");
        }
        assert_eq!(get(&registry, "/config/a").1["error_code"], 40408);
        assert_eq!(get(&registry, "/mode/a").1["error_code"], 40409);
    }
}
