//! What may follow what.

use cq_events_schema::Level;
use serde_json::json;

use super::*;

/// Whether a schema is compatible, and the messages.
fn check(registry: &MemoryRegistry, target: &str, schema: &str) -> (bool, Vec<String>) {
    let (status, answer) = post(registry, &format!("/compatibility/subjects/{target}?verbose=true"), schema);
    assert_eq!(status, 200, "{answer}");
    let messages = answer["messages"].as_array().unwrap();
    let messages = messages.iter().map(|message| message.as_str().unwrap().to_owned());
    (answer["is_compatible"].as_bool().unwrap(), messages.collect())
}

/// Whether a schema is registered after versions of so many fields, at this level.
fn follows(level: Level, earlier: &[&str], schema: &str) -> bool {
    let registry = MemoryRegistry::with_level(Level::None);
    for schema in earlier {
        register(&registry, "a", schema);
    }
    registry.set_level(None, level);
    let (is_compatible, messages) = check(&registry, "a/versions", schema);
    assert_eq!(is_compatible, messages.is_empty());
    let (status, answer) = post(&registry, "/subjects/a/versions", schema);
    assert_eq!(status, if is_compatible { 200 } else { 409 }, "check and register disagree: {answer}");
    is_compatible
}

#[test]
fn each_level_lets_its_changes_pass_and_no_other() {
    let (one, both) = (record(&[int("x")]), record(&[int("x"), int("y")]));
    let with_default = record(&[int("x"), json!({ "name": "y", "type": "int", "default": 0 })]);
    let changes = [
        (&one, &one, "same"),
        (&both, &one, "a field is taken away"),
        (&one, &both, "a field without default is added"),
        (&one, &with_default, "a field with a default is added"),
    ];
    for (level, expected) in [
        (Level::None, [true, true, true, true]),
        (Level::Backward, [true, true, false, true]),
        (Level::BackwardTransitive, [true, true, false, true]),
        (Level::Forward, [true, false, true, true]),
        (Level::ForwardTransitive, [true, false, true, true]),
        (Level::Full, [true, false, false, true]),
        (Level::FullTransitive, [true, false, false, true]),
    ] {
        for ((old, new, change), expected) in changes.into_iter().zip(expected) {
            assert_eq!(follows(level, &[old], new), expected, "{}: {change}", level.name());
        }
    }
}

#[test]
fn a_transitive_level_looks_at_all_versions_and_another_at_the_last() {
    let text = |kind: &str| record(&[json!({ "name": "x", "type": kind })]);
    let (int, long, double) = (text("int"), text("long"), text("double"));
    // A long does not read a double, which is not the last.
    let earlier = [double.as_str(), int.as_str()];
    assert!(follows(Level::Backward, &earlier, &long));
    assert!(!follows(Level::BackwardTransitive, &earlier, &long));
    let earlier = [int.as_str(), double.as_str()];
    assert!(follows(Level::Forward, &earlier, &long));
    assert!(!follows(Level::ForwardTransitive, &earlier, &long));
}

#[test]
fn the_messages_say_where_and_which_rule_against_which_version_and_by_which_level() {
    let registry = MemoryRegistry::new();
    register(&registry, "a", &grown(1));
    register(&registry, "a", &grown(2));
    let (is_compatible, messages) = check(&registry, "a/versions", &record(&[int("f0"), int("new")]));
    assert!(!is_compatible);
    let all = messages.join("\n");
    for words in [
        "the new schema does not read the old one: R.new: ",
        "[missing-field-without-default]",
        "{oldSchemaVersion: 2}",
        "{compatibility: 'BACKWARD'}",
    ] {
        assert!(all.contains(words), "{words} in {all}");
    }
    let refusal = post(&registry, "/subjects/a/versions", &record(&[int("f0"), int("new")]));
    assert_eq!(refused(refusal, &messages.join(", ")), (409, 409));
}

#[test]
fn a_check_can_be_against_one_version() {
    let registry = MemoryRegistry::with_level(Level::None);
    register(&registry, "a", &grown(1));
    register(&registry, "a", &record(&[int("f0"), int("y")]));
    registry.set_level(Some("a"), Level::Full);
    assert!(check(&registry, "a/versions/1", &grown(2)).0);
    assert!(!check(&registry, "a/versions/2", &grown(2)).0);
    assert!(!check(&registry, "a/versions/latest", &grown(2)).0);
    let refusal = |target: &str| post(&registry, &format!("/compatibility/subjects/{target}"), &grown(1));
    assert_eq!(refused(refusal("a/versions/9"), "Version 9 not found."), (404, 40402));
    assert_eq!(refused(refusal("none/versions/1"), "Version 1 not found."), (404, 40402));
    assert_eq!(refused(refusal("a/versions/x"), "not a valid version id"), (422, 42202));
}

#[test]
fn anything_goes_with_a_subject_without_versions_and_messages_come_when_asked_for() {
    let registry = MemoryRegistry::new();
    assert!(check(&registry, "none/versions", &grown(1)).0);
    assert!(check(&registry, "none/versions/latest", &grown(1)).0);
    let quiet = post(&registry, "/compatibility/subjects/none/versions", &grown(1));
    assert_eq!(quiet, (200, json!({ "is_compatible": true })));
    // Confluent refuses an invalid schema only where no messages are asked for.
    let (is_compatible, messages) = check(&registry, "none/versions", "{");
    assert!(!is_compatible && messages[0].contains("no valid JSON"), "{messages:?}");
    let refusal = post(&registry, "/compatibility/subjects/none/versions", "{");
    assert_eq!(refused(refusal, "no valid JSON"), (422, 42201));
}

#[test]
fn a_version_that_was_deleted_softly_does_not_count() {
    let registry = MemoryRegistry::new();
    register(&registry, "a", &grown(1));
    let other = record(&[int("f0"), int("y")]);
    assert!(!check(&registry, "a/versions", &other).0);
    assert_eq!(delete(&registry, "/subjects/a/versions/1"), (200, json!(1)));
    assert!(check(&registry, "a/versions", &other).0);
    assert_eq!(post(&registry, "/subjects/a/versions", &other).1["version"], 2);
}
