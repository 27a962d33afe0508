//! Levels and modes.

use serde_json::json;

use super::*;

#[test]
fn a_level_is_set_read_and_taken_away_for_all_and_for_one() {
    let registry = MemoryRegistry::new();
    assert_eq!(get(&registry, "/config"), (200, json!({ "compatibilityLevel": "BACKWARD" })));
    let words = "Subject 'a' does not have subject-level compatibility configured";
    assert_eq!(refused(get(&registry, "/config/a"), words), (404, 40408));
    assert_eq!(
        get(&registry, "/config/a?defaultToGlobal=true").1,
        json!({ "compatibilityLevel": "BACKWARD" })
    );
    let put = |target: &str, level: &str| ask(&registry, "PUT", target, &json!({ "compatibility": level }));
    assert_eq!(put("/config", "FORWARD"), (200, json!({ "compatibility": "FORWARD" })));
    assert_eq!(put("/config/a", "full_transitive"), (200, json!({ "compatibility": "FULL_TRANSITIVE" })));
    assert_eq!(get(&registry, "/config/a").1, json!({ "compatibilityLevel": "FULL_TRANSITIVE" }));
    assert_eq!(
        get(&registry, "/config/b?defaultToGlobal=TRUE").1,
        json!({ "compatibilityLevel": "FORWARD" })
    );
    assert_eq!(delete(&registry, "/config/a"), (200, json!({ "compatibilityLevel": "FULL_TRANSITIVE" })));
    assert_eq!(refused(delete(&registry, "/config/a"), "Subject 'a' not found."), (404, 40401));
    assert_eq!(delete(&registry, "/config").0, 200);
    assert_eq!(get(&registry, "/config").1, json!({ "compatibilityLevel": "BACKWARD" }));
    for wrong in [json!({ "compatibility": "SIDEWAYS" }), json!({}), json!({ "compatibility": 1 })] {
        let refusal = ask(&registry, "PUT", "/config/a", &wrong);
        assert_eq!(refused(refusal, "Invalid compatibility level."), (422, 42203), "{wrong}");
    }
}

#[test]
fn a_mode_is_set_read_and_taken_away() {
    let registry = MemoryRegistry::new();
    let put = |target: &str, mode: &str| ask(&registry, "PUT", target, &json!({ "mode": mode }));
    assert_eq!(get(&registry, "/mode"), (200, json!({ "mode": "READWRITE" })));
    assert_eq!(refused(get(&registry, "/mode/a"), "subject-level mode configured"), (404, 40409));
    assert_eq!(get(&registry, "/mode/a?defaultToGlobal=true").1, json!({ "mode": "READWRITE" }));
    assert_eq!(put("/mode/a", "readonly"), (200, json!({ "mode": "READONLY" })));
    assert_eq!(get(&registry, "/mode/a").1, json!({ "mode": "READONLY" }));
    assert_eq!(delete(&registry, "/mode/a"), (200, json!({ "mode": "READONLY" })));
    assert_eq!(refused(delete(&registry, "/mode/a"), "Subject 'a' not found."), (404, 40401));
    assert_eq!(refused(put("/mode", "WRITEONLY"), "Invalid mode."), (422, 42204));
    assert_eq!(put("/mode", "READONLY").0, 200);
    assert_eq!(delete(&registry, "/mode").1, json!({ "mode": "READONLY" }));
    assert_eq!(get(&registry, "/mode").1, json!({ "mode": "READWRITE" }));
}

#[test]
fn nothing_is_changed_where_it_is_read_only() {
    let registry = MemoryRegistry::new();
    register(&registry, "a", &grown(1));
    let put = |target: &str, mode: &str| ask(&registry, "PUT", target, &json!({ "mode": mode }));
    put("/mode/a", "READONLY");
    let level = json!({ "compatibility": "NONE" });
    let words = "Subject a in context . is in read-only mode";
    for refusal in [
        post(&registry, "/subjects/a/versions", &grown(2)),
        delete(&registry, "/subjects/a"),
        delete(&registry, "/subjects/a/versions/1"),
        ask(&registry, "PUT", "/config/a", &level),
        delete(&registry, "/config/a"),
    ] {
        assert_eq!(refused(refusal, words), (422, 42205));
    }
    assert_eq!(post(&registry, "/subjects/a", &grown(1)).0, 200, "reading goes on");
    assert_eq!(register(&registry, "a", &grown(1)), 1, "what is there already is no change");
    assert_eq!(refused(post(&registry, "/subjects/a/versions", "{"), "Invalid schema"), (422, 42201));
    assert_eq!(register(&registry, "b", &grown(2)), 2);
    // The registry's own mode counts where a subject has none, and its override even there.
    put("/mode", "READONLY");
    put("/mode/a", "READWRITE");
    assert_eq!(register(&registry, "a", &grown(2)), 2);
    assert_eq!(refused(post(&registry, "/subjects/b/versions", &grown(3)), "read-only"), (422, 42205));
    assert_eq!(refused(ask(&registry, "PUT", "/config", &level), "read-only"), (422, 42205));
    // What is not there is not protected.
    assert_eq!(refused(delete(&registry, "/subjects/c"), "Subject 'c' not found."), (404, 40401));
    assert_eq!(refused(delete(&registry, "/subjects/b/versions/7"), "Version 7 not found."), (404, 40402));
    put("/mode", "READONLY_OVERRIDE");
    assert_eq!(refused(post(&registry, "/subjects/a/versions", &grown(3)), "read-only"), (422, 42205));
}

#[test]
fn schemas_are_imported_with_their_ids_and_versions() {
    let registry = MemoryRegistry::new();
    let put = |target: &str| ask(&registry, "PUT", target, &json!({ "mode": "IMPORT" }));
    let import = |subject: &str, schema: &str, id: u32, version: i32| {
        let body = json!({ "schema": schema, "id": id, "version": version });
        ask(&registry, "POST", &format!("/subjects/{subject}/versions"), &body)
    };
    assert_eq!(refused(import("a", &grown(1), 40, 3), "is not in import mode"), (422, 42205));
    assert_eq!(put("/mode/a").0, 200);
    let (_, imported) = import("a", &grown(1), 40, 3);
    assert_eq!((&imported["id"], &imported["version"]), (&json!(40), &json!(3)));
    // Whatever its compatibility.
    assert_eq!(import("a", &record(&[int("y")]), 41, 7).0, 200);
    assert_eq!(registry.versions("a"), [3, 7]);
    assert_eq!(register(&registry, "a", &grown(1)), 40, "it is there already");
    assert_eq!(refused(import("a", &grown(2), 40, 8), "Overwrite new schema with id 40"), (422, 42205));
    assert_eq!(import("a", &grown(2), 39, 7).1["version"], 7, "it is overwritten");
    assert_eq!(refused(get(&registry, "/schemas/ids/41"), "Schema 41 not found"), (404, 40403));
    let without_id = post(&registry, "/subjects/a/versions", &grown(3));
    assert_eq!(refused(without_id, "is not in read-write mode"), (422, 42205));
    // What was imported is imported again without a change, also where nothing is imported any more.
    assert_eq!(delete(&registry, "/mode/a").0, 200);
    assert_eq!(import("a", &grown(1), 40, 3).1["version"], 3);
    for (id, version) in [(40, 4), (41, 3)] {
        assert_eq!(refused(import("a", &grown(1), id, version), "is not in import mode"), (422, 42205));
    }
    // The others go on behind what was imported.
    assert_eq!(register(&registry, "b", &grown(4)), 42);
    assert_eq!(refused(put("/mode/b"), "Cannot import since found existing subjects"), (422, 42205));
    assert_eq!(refused(put("/mode"), "Cannot import since found existing subjects"), (422, 42205));
    assert_eq!(put("/mode/b?force=true").0, 200);
}

#[test]
fn a_given_version_has_to_be_the_next() {
    let registry = MemoryRegistry::new();
    let at = |version: i32| {
        let body = json!({ "schema": grown(1), "version": version });
        ask(&registry, "POST", "/subjects/a/versions", &body)
    };
    assert_eq!(refused(at(2), "Version is not one more than previous version"), (422, 42201));
    assert_eq!(at(1).0, 200);
}
