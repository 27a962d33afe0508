//! Schemas that use types of other subjects.

use serde_json::json;

use super::*;

/// Posts a schema that refers to versions of subjects, by names of types.
fn post_with(
    registry: &MemoryRegistry,
    target: &str,
    schema: &str,
    references: &[(&str, &str, i32)],
) -> (u16, Value) {
    let references = references.iter();
    let references: Vec<Value> = references
        .map(|(name, subject, version)| json!({ "name": name, "subject": subject, "version": version }))
        .collect();
    ask(registry, "POST", target, &json!({ "schema": schema, "references": references }))
}

const USES: &str = r#"{"type":"record","name":"a.User","fields":[{"name":"r","type":"a.R"}]}"#;

/// A registry with `a.R` under `r`, and under `user` what refers to it.
fn with_user() -> MemoryRegistry {
    let registry = MemoryRegistry::new();
    register(&registry, "r", &grown(1));
    let (status, answer) = post_with(&registry, "/subjects/user/versions", USES, &[("a.R", "r", 1)]);
    assert_eq!((status, &answer["id"]), (200, &json!(2)), "{answer}");
    registry
}

#[test]
fn a_reference_is_kept_and_given_back_and_resolved_when_asked_for() {
    let registry = with_user();
    let (_, read) = get(&registry, "/schemas/ids/2");
    assert_eq!(read["schema"], json!(USES));
    assert_eq!(read["references"], json!([{ "name": "a.R", "subject": "r", "version": 1 }]));
    assert_eq!(get(&registry, "/subjects/user/versions/1").1["references"], read["references"]);
    let (_, resolved) = get(&registry, "/schemas/ids/2/schema?format=resolved");
    assert_eq!(resolved["fields"][0]["type"]["fields"][0]["name"], "f0");
    assert_eq!(get(&registry, "/subjects/r/versions/1/referencedby"), (200, json!([2])));
    assert_eq!(get(&registry, "/subjects/user/versions/latest/referencedby"), (200, json!([])));
}

#[test]
fn the_root_may_be_a_union_of_names_and_references_may_have_references() {
    let registry = with_user();
    let references = [("a.R", "r", 1), ("a.User", "user", -1)];
    let union = r#"["a.R","a.User"]"#;
    let (status, answer) = post_with(&registry, "/subjects/union/versions", union, &references);
    assert_eq!((status, &answer["id"]), (200, &json!(3)), "{answer}");
    assert_eq!(answer["references"][1]["version"], 1, "-1 is the latest: {answer}");
    // a.User alone leads to a.R.
    let (status, answer) =
        post_with(&registry, "/subjects/other/versions", "[\"a.User\"]", &[("a.User", "user", 1)]);
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_reference_that_leads_nowhere_is_refused_with_the_reason() {
    let registry = with_user();
    for (name, subject, version) in [("a.R", "none", 1), ("a.R", "r", 9)] {
        let refusal = post_with(&registry, "/subjects/x/versions", USES, &[(name, subject, version)]);
        let words = format!("No schema reference found for subject \"{subject}\" and version {version}");
        assert_eq!(refused(refusal, &words), (422, 42201));
    }
    let without = post(&registry, "/subjects/x/versions", USES);
    assert_eq!(refused(without, "unknown type `a.R`"), (422, 42201));
    let half = json!({ "schema": USES, "references": [{ "name": "a.R" }] });
    let refusal = ask(&registry, "POST", "/subjects/x/versions", &half);
    assert_eq!(refused(refusal, "a name, a subject and a version"), (422, 42201));
}

#[test]
fn a_schema_is_found_in_its_subject_with_its_references_written_out_as_well() {
    let registry = with_user();
    let resolved = get(&registry, "/schemas/ids/2/schema?format=resolved").1.to_string();
    assert_eq!(post(&registry, "/subjects/user", &resolved).1["id"], 2);
    assert_eq!(register(&registry, "user", &resolved), 2);
    // Elsewhere it is another schema, as in Confluent's registry.
    assert_eq!(register(&registry, "elsewhere", &resolved), 3);
    assert_eq!(post_with(&registry, "/subjects/again/versions", USES, &[("a.R", "r", 1)]).1["id"], 2);
}

#[test]
fn a_schema_with_references_is_another_than_one_with_its_types_written_out() {
    let registry = with_user();
    let resolved = get(&registry, "/schemas/ids/2/schema?format=resolved").1.to_string();
    assert_eq!(register(&registry, "whole", &resolved), 3);
    let references = [("a.R", "r", 1)];
    let unknown = post_with(&registry, "/subjects/whole", USES, &references);
    assert_eq!(refused(unknown, "Schema not found"), (404, 40403));
    let (_, added) = post_with(&registry, "/subjects/whole/versions", USES, &references);
    assert_eq!((&added["id"], &added["version"]), (&json!(2), &json!(2)));
    // With both there, each is found as it is.
    assert_eq!(post(&registry, "/subjects/whole", &resolved).1["version"], 1);
    assert_eq!(post_with(&registry, "/subjects/whole", USES, &references).1["version"], 2);
}

#[test]
fn compatibility_is_that_of_the_whole() {
    let registry = with_user();
    registry.set_level(Some("r"), cq_events_schema::Level::None);
    register(&registry, "r", &record(&[int("other")]));
    let check = |version| {
        let target = "/compatibility/subjects/user/versions";
        post_with(&registry, target, USES, &[("a.R", "r", version)]).1["is_compatible"].clone()
    };
    assert_eq!(check(1), true);
    assert_eq!(check(2), false);
}

#[test]
fn what_is_referred_to_cannot_be_deleted_before_what_refers() {
    let registry = with_user();
    let words = "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=r,version=1}.";
    assert_eq!(refused(delete(&registry, "/subjects/r"), words), (422, 42206));
    assert_eq!(refused(delete(&registry, "/subjects/r/versions/1"), words), (422, 42206));
    assert_eq!(delete(&registry, "/subjects/user").0, 200);
    assert_eq!(get(&registry, "/subjects/r/versions/1/referencedby").1, json!([]));
    assert_eq!(get(&registry, "/subjects/r/versions/1/referencedby?deleted=true").1, json!([2]));
    assert_eq!(delete(&registry, "/subjects/r").0, 200);
    // What was deleted softly is still read with all that it needs.
    assert_eq!(refused(delete(&registry, "/subjects/r?permanent=true"), words), (422, 42206));
    assert_eq!(delete(&registry, "/subjects/user?permanent=true").0, 200);
    assert_eq!(delete(&registry, "/subjects/r?permanent=true").0, 200);
}

#[test]
fn very_many_references_and_very_deep_ones_are_refused() {
    let registry = MemoryRegistry::new();
    let named = |index: usize, inner: &str| {
        let fields = json!([{ "name": "inner", "type": ["null", inner] }]);
        json!({ "type": "record", "name": format!("N{index}"), "fields": fields }).to_string()
    };
    register(&registry, "n0", &named(0, "int"));
    let deepest = (1..100).find_map(|index| {
        let (name, subject) = (format!("N{}", index - 1), format!("n{}", index - 1));
        let target = format!("/subjects/n{index}/versions");
        let answer = post_with(&registry, &target, &named(index, &name), &[(&name, &subject, 1)]);
        (answer.0 != 200).then_some(answer)
    });
    assert_eq!(refused(deepest.unwrap(), "levels deep"), (422, 42201));

    let subjects: Vec<String> = (0..101).map(|index| format!("w{index}")).collect();
    subjects.iter().enumerate().for_each(|(index, subject)| {
        register(&registry, subject, &named(1000 + index, "int"));
    });
    let references: Vec<_> = subjects.iter().map(|subject| ("N", subject.as_str(), 1)).collect();
    assert_eq!(post_with(&registry, "/subjects/wide/versions", "\"int\"", &references[1..]).0, 200);
    let refusal = post_with(&registry, "/subjects/wider/versions", "\"int\"", &references);
    assert_eq!(refused(refusal, "more than 100 references"), (422, 42201));
}
