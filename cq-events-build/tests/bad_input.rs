//! Schemas as no one writes them by hand: large, deep, with other line ends, or trying to become Rust code.
#![allow(clippy::unwrap_used, reason = "it is all tests")]

use std::fmt::Write as _;

/// What is generated for the schema of a stream: the code, or the mistakes.
fn generate(schema: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let streams = folder.path().join("streams.toml");
    std::fs::write(&streams, "[stream.test]\nschema = \"test.avsc\"\ntopic = \"test.events\"\n").unwrap();
    std::fs::write(folder.path().join("test.avsc"), schema).unwrap();
    cq_events_build::generate(&streams, folder.path()).code.map_err(|mistakes| mistakes.to_string())
}

/// A stream of one event with these fields.
fn event(fields: &str) -> String {
    format!(r#"[{{"type": "record", "name": "Test", "namespace": "test", "fields": [{fields}]}}]"#)
}

#[test]
fn a_schema_of_a_megabyte_is_generated_and_one_of_five_is_a_clear_error() {
    let code = generate(&with_fields(800)).unwrap();
    assert!(code.contains("pub field_799: ::core::primitive::i32"));
    let large = with_fields(4_000);
    let mistakes = generate(&large).unwrap_err();
    let expected = format!("test.avsc:1:1: {} bytes, but a schema may have 1048576", large.len());
    assert!(mistakes.starts_with(&expected), "{mistakes:.200}");
}

/// An event with so many fields, of more than a kilobyte each.
fn with_fields(count: usize) -> String {
    let doc = "It goes on. ".repeat(100);
    let mut fields = String::new();
    for number in 0..count {
        let separator = if number == 0 { "" } else { ",\n" };
        write!(fields, r#"{separator}{{"name": "field_{number}", "type": "int", "doc": "{doc}"}}"#).unwrap();
    }
    event(&fields)
}

/// Records that are defined in each other, so deep.
fn nested(depth: usize) -> String {
    let mut ty = r#""int""#.to_owned();
    for number in 0..depth {
        let fields = format!(r#"[{{"name": "inner", "type": {ty}}}]"#);
        ty = format!(r#"{{"type": "record", "name": "Record{number}", "fields": {fields}}}"#);
    }
    event(&format!(r#"{{"name": "outer", "type": {ty}}}"#))
}

#[test]
fn a_thousand_records_in_each_other_are_a_clear_error() {
    for depth in [1_000, 5_000] {
        let mistakes = generate(&nested(depth)).unwrap_err();
        assert!(mistakes.starts_with("test.avsc:1:"), "{mistakes:.300}");
        assert!(mistakes.contains("nesting depth") || mistakes.contains("bytes, but"), "{mistakes:.300}");
    }
    assert!(generate(&nested(10)).is_ok());
    assert!(generate(&"[".repeat(1_000_000)).is_err());
}

/// Records of which each names the next: so many levels, once every type is inlined where it is used.
fn chain(length: usize) -> String {
    let mut records = String::new();
    for number in 0..length {
        let next = if number + 1 == length { "int".to_owned() } else { format!("Record{}", number + 1) };
        let fields = format!(r#"[{{"name": "next", "type": "{next}"}}]"#);
        let separator = if number == 0 { "" } else { ", " };
        write!(records, r#"{separator}{{"type": "record", "name": "Record{number}", "namespace": "test", "fields": {fields}}}"#)
            .unwrap();
    }
    format!("[{records}]")
}

#[test]
fn a_long_chain_of_records_by_name_is_generated_and_what_no_reader_could_parse_is_a_clear_error() {
    assert!(generate(&chain(90)).unwrap().contains("pub struct Record89 "));
    for length in [100, 1_000] {
        let mistakes = generate(&chain(length)).unwrap_err();
        // At the type that lies too deep once all are in one text.
        assert!(mistakes.starts_with("test.avsc:1:10"), "{mistakes:.300}");
        assert!(mistakes.contains(": types nested more than 96 levels deep\n"), "{mistakes:.300}");
    }
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing_but_the_docs_lines() {
    let unix = "[\n{\"type\": \"record\", \"name\": \"Test\", \"namespace\": \"test\",\n\"fields\": [\n\
                {\"name\": \"id\", \"type\": \"int\"}]}\n]\n";
    let windows = format!("\u{FEFF}{}", unix.replace('\n', "\r\n"));
    assert_eq!(generate(unix).unwrap(), generate(&windows).unwrap());
    let mistakes = generate(&windows.replace("\"int\"", "\"itn\"")).unwrap_err();
    assert!(mistakes.starts_with("test.avsc:4:24: unknown type `test.itn`"), "{mistakes}");
}

#[test]
fn names_that_try_to_be_code_are_errors() {
    for name in [
        "x: u8) {} fn f(",
        "a\\\" b",
        "A<T>",
        "a-b",
        "",
        "1a",
        "größe",
        "a.b\\u0000",
        "r#type",
        "'a",
        "x\\n}",
    ] {
        let field = format!(r#"{{"name": "{name}", "type": "int"}}"#);
        assert!(generate(&event(&field)).is_err(), "{name}");
        let symbols =
            format!(r#"{{"name": "x", "type": {{"type": "enum", "name": "E", "symbols": ["{name}"]}}}}"#);
        assert!(generate(&event(&symbols)).is_err(), "{name}");
        let record = event(r#"{"name": "x", "type": "int"}"#).replace("\"Test\"", &format!("\"{name}\""));
        // A dot in a record's name is its namespace.
        assert!(generate(&record).is_err(), "{name}");
    }
}

#[test]
fn texts_that_try_to_be_code_stay_texts() {
    let text = r#"\"] pub struct Injected; #[doc = \"\n*/ pub struct Injected; /*\n```\npub struct Injected;\n```\n{}"#;
    let field = format!(
        r#"{{"name": "x", "type": "string", "doc": "{text}", "default": "{text}", "other": "{text}"}}"#
    );
    let schema = event(&field).replace("\"fields\"", &format!("\"doc\": \"{text}\", \"fields\""));
    let code = generate(&schema).unwrap();
    let file: syn::File = syn::parse_str(&code).unwrap();
    let test = file.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "test" => module.content.as_ref(),
        _ => None,
    });
    let structs: Vec<_> = test
        .unwrap()
        .1
        .iter()
        .filter_map(|item| match item {
            syn::Item::Struct(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(structs, ["Test", "TestBuilder", "TestRef"]);
}
