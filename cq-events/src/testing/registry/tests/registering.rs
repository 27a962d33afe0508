//! Registering, looking up, and reading back.

use serde_json::json;

use super::*;

#[test]
fn a_new_schema_gets_the_next_id_and_the_same_schema_the_same_one_everywhere() {
    let registry = MemoryRegistry::new();
    let (status, answer) = post(&registry, "/subjects/a/versions", &grown(1));
    assert_eq!((status, &answer["id"], &answer["version"]), (200, &json!(1), &json!(1)));
    assert_eq!(answer["schema"], json!(grown(1)));
    assert_eq!(answer.get("schemaType"), None);
    assert_eq!(register(&registry, "a", &grown(2)), 2);
    assert_eq!(register(&registry, "b", &grown(2)), 2);
    assert_eq!(register(&registry, "a", &grown(1)), 1);
    assert_eq!(get(&registry, "/subjects/a/versions").1, json!([1, 2]));
    assert_eq!(get(&registry, "/subjects/b/versions").1, json!([1]));
}

#[test]
fn spacing_and_the_order_of_keys_make_no_other_schema_but_defaults_and_documentation_do() {
    let registry = MemoryRegistry::new();
    assert_eq!(
        register(&registry, "a", r#"{"type":"record","name":"a.R","fields":[{"name":"x","type":"int"}]}"#),
        1
    );
    let same =
        r#"{ "fields": [ {"type": "int", "name": "x"} ], "namespace": "a", "name": "R", "type": "record" }"#;
    assert_eq!(register(&registry, "a", same), 1);
    assert_eq!(register(&registry, "b", same), 1);
    let text = get(&registry, "/schemas/ids/1").1["schema"].clone();
    assert!(!text.as_str().unwrap().contains(": "), "as it was first registered: {text}");
    assert_eq!(register(&registry, "a", &record(&[json!({"name": "x", "type": "int", "doc": "x"})])), 2);
    assert_eq!(register(&registry, "a", &record(&[json!({"name": "x", "type": "int", "default": 1})])), 3);
}

#[test]
fn a_schema_that_is_refused_uses_no_id() {
    let registry = MemoryRegistry::new();
    register(&registry, "a", &grown(1));
    let other = record(&[int("f0"), int("no_default")]);
    assert_eq!(
        refused(post(&registry, "/subjects/a/versions", &other), "subject \"a\", details: ["),
        (409, 409)
    );
    assert_eq!(
        refused(post(&registry, "/subjects/a/versions", "{"), "Invalid schema of type AVRO"),
        (422, 42201)
    );
    assert_eq!(register(&registry, "a", &grown(2)), 2);
}

#[test]
fn what_is_no_avro_schema_is_refused_with_the_reason() {
    let registry = MemoryRegistry::new();
    let versions = "/subjects/a/versions";
    for (schema, words) in [
        ("", "Empty schema"),
        (" ", "Empty schema"),
        ("{", "no valid JSON"),
        (r#""a.Missing""#, "unknown type `a.Missing`"),
        (r#"{"type":"record","name":"R","fields":[{"name":"x"}]}"#, "schema:1:"),
        (r#"{"type":"record","name":"R","fields":[{"name":"x","type":"int","default":"1"}]}"#, "default"),
    ] {
        assert_eq!(refused(post(&registry, versions, schema), words), (422, 42201), "{schema}");
    }
    let large = format!("\"int\"{}", " ".repeat(1 << 20));
    assert_eq!(refused(post(&registry, versions, &large), "too large"), (422, 42209));
    for (body, words) in [
        (json!({ "schema": "{}", "schemaType": "JSON" }), "Invalid schema type JSON"),
        (json!({ "schema": "x", "schemaType": "PROTOBUF" }), "Invalid schema type PROTOBUF"),
        (json!({ "schema": "\"int\"", "ruleSet": { "domainRules": [1] } }), "`ruleSet`"),
        (json!({ "schema": "\"int\"", "metadata": { "properties": { "a": "b" } } }), "`metadata`"),
    ] {
        assert_eq!(refused(ask(&registry, "POST", versions, &body), words), (422, 42201), "{body}");
    }
    let nothing =
        json!({ "schema": "\"int\"", "schemaType": null, "references": [], "metadata": null, "ruleSet": {} });
    assert_eq!(ask(&registry, "POST", versions, &nothing).0, 200);
    assert_eq!(refused(ask(&registry, "POST", versions, &json!([])), "no JSON object"), (400, 400));
    let garbage = registry.answer(&Request::new("POST", versions, "garbage"));
    assert_eq!(garbage.status, 400);
}

#[test]
fn a_look_up_finds_a_schema_in_its_subject_alone() {
    let registry = MemoryRegistry::new();
    register(&registry, "a", &grown(1));
    register(&registry, "a", &grown(2));
    register(&registry, "b", &grown(3));
    let (status, found) = post(&registry, "/subjects/a?normalize=true&deleted=False", &grown(1));
    assert_eq!(status, 200);
    assert_eq!((&found["subject"], &found["version"], &found["id"]), (&json!("a"), &json!(1), &json!(1)));
    assert_eq!(refused(post(&registry, "/subjects/a", &grown(3)), "Schema not found"), (404, 40403));
    assert_eq!(refused(post(&registry, "/subjects/c", &grown(1)), "Subject 'c' not found."), (404, 40401));
    assert_eq!(refused(post(&registry, "/subjects/a", "{"), "Invalid schema"), (422, 42201));
}

#[test]
fn versions_are_read_by_their_numbers_and_as_the_latest() {
    let registry = MemoryRegistry::new();
    register(&registry, "a", &grown(1));
    register(&registry, "a", &grown(2));
    for (version, id) in [("1", 1), ("2", 2), ("latest", 2), ("-1", 2)] {
        let (status, answer) = get(&registry, &format!("/subjects/a/versions/{version}"));
        assert_eq!((status, &answer["id"], &answer["subject"]), (200, &json!(id), &json!("a")), "{version}");
    }
    assert_eq!(refused(get(&registry, "/subjects/a/versions/3"), "Version 3 not found."), (404, 40402));
    assert_eq!(refused(get(&registry, "/subjects/b/versions/1"), "Subject 'b' not found."), (404, 40401));
    assert_eq!(refused(get(&registry, "/subjects/b/versions"), "Subject 'b' not found."), (404, 40401));
    for wrong in ["0", "-2", "first", "2147483648"] {
        let refusal =
            refused(get(&registry, &format!("/subjects/a/versions/{wrong}")), "not a valid version id");
        assert_eq!(refusal, (422, 42202), "{wrong}");
    }
    // The text itself, and no JSON string of it.
    let (_, schema) = get(&registry, "/subjects/a/versions/1/schema");
    assert_eq!(schema["name"], "R");
}

#[test]
fn schemas_are_read_by_id_and_by_guid_with_the_places_where_they_stand() {
    let registry = MemoryRegistry::new();
    register(&registry, "b", &grown(1));
    register(&registry, "a", &grown(1));
    register(&registry, "a", &grown(2));
    let (_, by_id) = get(&registry, "/schemas/ids/1");
    assert_eq!(by_id["schema"], json!(grown(1)));
    for (asked, subject, version) in [
        ("/schemas/ids/1?subject=b", "b", 1),
        ("/schemas/ids/1?subject=none", "a", 1),
        ("/schemas/ids/2?subject=a", "a", 2),
    ] {
        let (_, answer) = get(&registry, asked);
        assert_eq!((&answer["subject"], &answer["version"]), (&json!(subject), &json!(version)), "{asked}");
    }
    assert_eq!((by_id.get("subject"), by_id.get("version")), (None, None), "no subject was asked for");
    let guid = by_id["guid"].as_str().unwrap();
    assert_eq!(get(&registry, &format!("/schemas/guids/{guid}?subject=b")).1, by_id);
    assert_eq!(get(&registry, &format!("/schemas/guids/{guid}/ids")).1, json!([{ "context": ".", "id": 1 }]));
    assert_eq!(get(&registry, "/schemas/ids/1/schema").1["name"], "R");
    assert_eq!(get(&registry, "/schemas/ids/1/subjects").1, json!(["a", "b"]));
    let versions = json!([{ "subject": "a", "version": 1 }, { "subject": "b", "version": 1 }]);
    assert_eq!(get(&registry, "/schemas/ids/1/versions").1, versions);
    assert_eq!(get(&registry, "/schemas/ids/1/subjects?offset=1").1, json!(["b"]));
    for unknown in
        ["/schemas/ids/7", "/schemas/ids/7/schema", "/schemas/ids/7/subjects", "/schemas/ids/7/versions"]
    {
        assert_eq!(refused(get(&registry, unknown), "Schema 7 not found"), (404, 40403), "{unknown}");
    }
    let largest = get(&registry, "/schemas/ids/2147483647");
    assert_eq!(refused(largest, "Schema 2147483647 not found"), (404, 40403));
    assert_eq!(refused(get(&registry, "/schemas/ids/-1"), "Schema -1 not found"), (404, 40403));
    for unknown in ["00000000-0000-0000-0000-000000000000", "none"] {
        assert_eq!(refused(get(&registry, &format!("/schemas/guids/{unknown}")), unknown), (404, 40403));
        assert_eq!(get(&registry, &format!("/schemas/guids/{unknown}/ids")), (200, json!([])), "{unknown}");
    }
    // A GUID is that of the content: another registry gives the same, and another schema another.
    let other = MemoryRegistry::new();
    register(&other, "x", &grown(2));
    register(&other, "y", &grown(1));
    assert_eq!(get(&other, "/schemas/ids/2").1["guid"], json!(guid));
    assert_ne!(get(&other, "/schemas/ids/1").1["guid"], json!(guid));
}

#[test]
fn subjects_are_listed_by_prefix_and_in_pages() {
    let registry = MemoryRegistry::new();
    for subject in ["b-value", "a-value", "a-key"] {
        register(&registry, subject, "\"int\"");
    }
    let list = |target: &str| get(&registry, target).1;
    assert_eq!(list("/subjects"), json!(["a-key", "a-value", "b-value"]));
    assert_eq!(list("/subjects?subjectPrefix=a-"), json!(["a-key", "a-value"]));
    assert_eq!(list("/subjects?subjectPrefix=%3A*%3Ab"), json!(["b-value"]));
    assert_eq!(list("/subjects?offset=1&limit=1"), json!(["a-value"]));
    assert_eq!(list("/subjects?limit=-1"), json!(["a-key", "a-value", "b-value"]));
    assert_eq!(list("/subjects?offset=9"), json!([]));
}

#[test]
fn all_schemas_are_listed_with_their_places() {
    let registry = MemoryRegistry::new();
    register(&registry, "b", &grown(1));
    register(&registry, "a", &grown(1));
    register(&registry, "a", &grown(2));
    let list = |target: &str| {
        let (_, listed) = get(&registry, target);
        let listed = listed.as_array().unwrap().iter();
        listed
            .map(|it| format!("{} {} {}", it["subject"].as_str().unwrap(), it["version"], it["id"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(list("/schemas"), ["a 1 1", "a 2 2", "b 1 1"]);
    assert_eq!(list("/schemas?latestOnly=true"), ["a 2 2", "b 1 1"]);
    assert_eq!(list("/schemas?subjectPrefix=a&limit=1"), ["a 1 1"]);
    delete(&registry, "/subjects/a/versions/2");
    assert_eq!(list("/schemas?latestOnly=true"), ["a 1 1", "b 1 1"]);
    assert_eq!(list("/schemas?latestOnly=true&deleted=true"), ["a 2 2", "b 1 1"]);
}

#[test]
fn a_full_registry_takes_no_more_and_goes_on_with_what_it_has() {
    let registry = MemoryRegistry::new();
    let schema = |index: usize| format!(r#"{{"type":"fixed","name":"F{index}","size":1}}"#);
    for index in 0..10_000 {
        registry.register(&format!("s{index}"), &schema(index)).unwrap();
    }
    let refusal = post(&registry, "/subjects/more/versions", &schema(10_000));
    assert_eq!(refused(refusal, "keeps 10000 schemas"), (422, 42205));
    assert_eq!(registry.versions("more"), [0; 0]);
    assert_eq!(register(&registry, "more", &schema(7)), 8);
    delete(&registry, "/subjects/s0");
    delete(&registry, "/subjects/s0?permanent=true");
    assert_eq!(register(&registry, "more", &schema(7)), 8);
    assert_eq!(register(&registry, "another", &schema(10_000)), 10_001);
}

#[test]
fn names_of_subjects_are_decoded_and_checked() {
    let registry = MemoryRegistry::new();
    let name = "a/b %ö?+-value";
    let encoded = "a%2Fb%20%25%C3%B6%3F+-value";
    register(&registry, encoded, "\"int\"");
    assert_eq!(registry.subjects(), [name]);
    assert_eq!(get(&registry, &format!("/subjects/{encoded}/versions/1")).1["subject"], name);
    register(&registry, ":.:plain", "\"int\"");
    assert_eq!(registry.versions("plain"), [1]);
    for wrong in ["__GLOBAL", "__EMPTY", ":.other:a", "a%0Ab"] {
        let refusal = post(&registry, &format!("/subjects/{wrong}/versions"), "\"int\"");
        assert_eq!(refused(refusal, "is not a valid"), (422, 42208), "{wrong}");
    }
}

#[test]
fn other_paths_and_methods_are_refused() {
    let registry = MemoryRegistry::new();
    register(&registry, "a", "\"int\"");
    for path in [
        "/nothing",
        "/subjects/a/b",
        "/schemas/x",
        "/schemas/ids/x",
        "/schemas/ids/2147483648",
        "/schemas/ids/4294967295/versions",
        "/associations/resources/r",
        "/exporters",
    ] {
        assert_eq!(refused(get(&registry, path), "HTTP 404 Not Found"), (404, 404), "{path}");
    }
    for (method, path) in [
        ("HEAD", "/"),
        ("POST", "/subjects"),
        ("PUT", "/subjects/a"),
        ("PATCH", "/subjects/a/versions"),
        ("POST", "/subjects/a/versions/1"),
        ("POST", "/subjects/a/versions/1/schema"),
        ("POST", "/subjects/a/versions/1/referencedby"),
        ("DELETE", "/schemas/ids/1"),
        ("POST", "/schemas/guids/x"),
        ("GET", "/compatibility/subjects/a/versions"),
        ("POST", "/config"),
        ("POST", "/mode/a"),
        ("HEAD", "/subjects"),
        ("PUT", "/schemas"),
    ] {
        let refusal = ask(&registry, method, path, &Value::Null);
        assert_eq!(refused(refusal, "HTTP 405 Method Not Allowed"), (405, 405), "{method} {path}");
    }
}

#[test]
fn what_clients_ask_at_their_start_is_answered() {
    let registry = MemoryRegistry::new();
    assert_eq!(get(&registry, "/"), (200, json!({})));
    assert_eq!(get(&registry, "/contexts"), (200, json!(["."])));
    assert_eq!(get(&registry, "/schemas/types"), (200, json!(["AVRO"])));
    assert_eq!(get(&registry, "/v1/metadata/id").1["scope"]["path"], json!([]));
    assert_eq!(get(&registry, "/v1/metadata/version").1["version"], env!("CARGO_PKG_VERSION"));
}
