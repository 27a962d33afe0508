//! Schemas at the edges of what can be told apart.
#![allow(clippy::panic, clippy::unwrap_used, reason = "it is all tests")]

use std::fs;

/// What is generated of these files.
fn generate(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let generated = cq_events_build::generate(&folder.path().join("streams.toml"), folder.path());
    generated.code.unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// What is generated of an event with these fields.
fn event(fields: &str) -> String {
    let schema =
        format!(r#"[{{"type": "record", "name": "Thing", "namespace": "test", "fields": [{fields}]}}]"#);
    let streams = "[stream.test]\nschema = \"test.avsc\"\ntopic = \"test.events\"\n";
    generate(&[("streams.toml", streams), ("test.avsc", &schema)])
}

#[test]
fn events_of_one_name_in_a_shared_file_are_different_types() {
    let streams = "shared = [\"events.avsc\"]\n\
                   [stream.a]\nschema = \"a.avsc\"\ntopic = \"a\"\n[stream.b]\nschema = \"b.avsc\"\ntopic = \"b\"\n";
    let record = |namespace: &str| {
        format!(
            r#"{{"type": "record", "name": "Foo", "namespace": "{namespace}", "fields": [{{"name": "a", "type": "int"}}]}}"#
        )
    };
    let code = generate(&[
        ("streams.toml", streams),
        ("events.avsc", &format!("[{}, {}]", record("x"), record("y"))),
        ("a.avsc", r#"["x.Foo"]"#),
        ("b.avsc", r#"["y.Foo"]"#),
    ]);
    let structs: Vec<&str> =
        code.lines().filter(|line| line.contains("pub struct") && line.contains("Foo {")).collect();
    assert_eq!(structs.len(), 2, "{structs:?}");
    assert_ne!(structs[0], structs[1]);
    assert_eq!(code.matches("Foo(super::events::").count(), 2, "both keep the name as a variant");
}

#[test]
fn an_event_with_the_name_of_another_streams_enum_gets_another_name() {
    let streams =
        "[stream.a]\nschema = \"a.avsc\"\ntopic = \"a\"\n[stream.b]\nschema = \"b.avsc\"\ntopic = \"b\"\n";
    let record = |name: &str| {
        format!(
            r#"{{"type": "record", "name": "{name}", "namespace": "t", "fields": [{{"name": "a", "type": "int"}}]}}"#
        )
    };
    let holder = format!(
        r#"[{{"type": "record", "name": "Own", "namespace": "t", "fields": [{{"name": "a", "type": {}}}]}}]"#,
        record("AEvent")
    );
    let code = generate(&[("streams.toml", streams), ("a.avsc", &holder), ("b.avsc", r#"["t.AEvent"]"#)]);
    assert!(code.contains("pub enum AEvent {") && code.contains("pub struct AEvent2 {"), "{code}");
}

#[test]
fn personal_data_is_hidden_also_where_the_type_is_tagged() {
    for ty in [
        r#"{"type": "string", "confluent:tags": ["PII"]}"#,
        r#"["null", {"type": "string", "confluent:tags": ["PII"]}]"#,
        r#"{"type": "array", "items": {"type": "string", "confluent:tags": ["PII"]}}"#,
        r#"{"type": "enum", "name": "E", "symbols": ["A"], "confluent:tags": ["PII"]}"#,
    ] {
        let code = event(&format!(r#"{{"name": "mail", "type": {ty}}}"#));
        assert!(code.contains(r#".field("mail", &::cq_events::__private::Hidden)"#), "{ty}\n{code}");
    }
}

#[test]
fn logical_types_of_other_programs_are_their_base_types_also_where_their_names_end_in_ours() {
    let code = event(r#"{"name": "amount", "type": {"type": "bytes", "logicalType": "big-decimal"}}"#);
    assert!(
        code.contains("pub amount: ::std::vec::Vec<u8>")
            || code.contains("pub amount: ::std::vec::Vec<::core::primitive::u8>"),
        "{code}"
    );
}

#[test]
fn documentation_has_no_characters_that_turn_the_text() {
    let code = event("{\"name\": \"a\", \"type\": \"int\", \"doc\": \"left \u{202E}right\u{2069}\"}");
    assert!(code.contains("left right") && !code.contains('\u{202E}'), "{code}");
}

#[test]
fn a_property_that_stands_twice_on_a_type_is_kept_once() {
    let code = event(r#"{"name": "a", "type": {"type": {"type": "string", "x": 1}, "x": 2}}"#);
    assert!(code.contains(r#"\"x\":2"#) && !code.contains(r#"\"x\":1"#), "{code}");
}

#[test]
fn streams_that_share_a_subject_have_one_level_for_it() {
    let generate = |first: &str, second: &str| {
        let folder = tempfile::tempdir().unwrap();
        let streams = format!(
            "[stream.a]\nschema = \"a.avsc\"\ntopic = \"a\"\n{first}\n[stream.b]\nschema = \"b.avsc\"\ntopic = \"b\"\n{second}\n"
        );
        let record = r#"[{"type": "record", "name": "t.E", "fields": [{"name": "a", "type": "int"}]}]"#;
        for (name, text) in [("streams.toml", &*streams), ("a.avsc", record), ("b.avsc", r#"["t.E"]"#)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        cq_events_build::generate(&folder.path().join("streams.toml"), folder.path()).code
    };
    let with = |subject: &str, level: &str| format!("subject = \"{subject}\"\ncompatibility = \"{level}\"");
    let mistakes = generate(&with("record", "FULL"), &with("record", "NONE")).unwrap_err().to_string();
    assert_eq!(
        mistakes,
        "streams.toml:6:9: the streams `a` and `b` have one subject `t.E`, with two levels: FULL and NONE\n  \
         | [stream.b]\n  |         ^\n  \
         = give both the same `compatibility`, or one of them subject = \"topic-record\""
    );
    for (first, second) in [
        (with("record", "FULL"), with("record", "FULL")),
        (with("record", "FULL"), with("topic-record", "NONE")),
        (with("record", "FULL"), "subject = \"record\"".to_owned()),
        (with("topic", "FULL"), with("topic", "NONE")),
    ] {
        assert!(generate(&first, &second).is_ok(), "{first}, {second}");
    }
}
