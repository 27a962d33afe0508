//! The normalised form: one text per schema, whatever its spelling.

use cq_events_schema::normalise;

const THING: &str = r#"{"type":"record","name":"Thing","namespace":"a.b","doc":"D","aliases":["a.b.Old"],"fields":[
    {"name":"id","type":"string","doc":"I"},
    {"name":"size","type":{"type":"enum","name":"Size","symbols":["S","L"],"default":"S"},"default":"L"},
    {"name":"next","type":["null","Size"],"default":null,"order":"ignore"},
    {"name":"cost","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2},"cq.x":[1,{"b":2,"a":1}]}
]}"#;

/// The same schema: other order of keys, other spacing, names written in other ways.
const THING_SPELT_OTHERWISE: &str = r#"{ "fields" : [
    {"doc": "I", "name": "id", "type": {"type": "string"}},
    {"default": "L", "name": "size", "type": {"symbols": ["S", "L"], "namespace": "a.b", "default": "S", "name": "Size", "type": "enum"}},
    {"order": "ignore", "name": "next", "type": ["null", "a.b.Size"], "default": null},
    {"cq.x": [1, {"a": 1, "b": 2}], "name": "cost", "type": {"scale": 2, "precision": 4, "logicalType": "decimal", "type": "bytes"}}
  ], "aliases": ["Old"], "doc": "D", "name": "a.b.Thing", "type": "record" }"#;

#[test]
fn one_schema_has_one_normalised_form() {
    let normalised = normalise(THING).unwrap();
    assert_eq!(normalise(THING_SPELT_OTHERWISE).unwrap(), normalised);
    assert_eq!(normalise(&normalised).unwrap(), normalised, "normalising again changes nothing");
    assert!(!normalised.contains('\n'));
}

#[test]
fn what_readers_or_people_see_is_kept() {
    let normalised = normalise(THING).unwrap();
    for (from, to) in [
        (r#""doc":"I""#, r#""doc":"J""#),
        (r#""default":"L""#, r#""default":"S""#),
        (r#""scale":2"#, r#""scale":1"#),
        (r#"["a.b.Old"]"#, r#"["a.b.Older"]"#),
        (r#""cq.x":[1"#, r#""cq.x":[2"#),
        (r#""order":"ignore""#, r#""order":"descending""#),
    ] {
        let changed = THING.replace(from, to);
        assert_ne!(changed, THING, "{from} is there");
        assert_ne!(normalise(&changed).unwrap(), normalised, "{from} became {to}");
    }
}

#[test]
fn text_of_every_kind_survives() {
    let schema = r#"{"type":"fixed","name":"F","size":2,"doc":"\"\\\n\t\u0001 é 🦀"}"#;
    let normalised = normalise(schema).unwrap();
    assert!(normalised.contains(r#""doc":"\"\\\n\t\u0001 é 🦀""#), "{normalised}");
    assert_eq!(normalise(&normalised).unwrap(), normalised);
}

#[test]
fn hostile_texts_are_refused_without_a_crash() {
    let deep_json = "[".repeat(100_000);
    let deep_type = format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(400), "}".repeat(400));
    let large = format!("\"{}\"", "x".repeat(2 << 20));
    let many: Vec<_> =
        (0..1_001).map(|n| format!(r#"{{"type":"enum","name":"E{n}","symbols":["A"]}}"#)).collect();
    let huge_fixed = r#"{"type":"fixed","name":"F","size":1000000000}"#.to_owned();
    // A chain of references that is flat as it is written, and deep once it is assembled.
    let link = |n: usize| {
        let next = if n == 0 { "int".to_owned() } else { format!("R{}", n - 1) };
        format!(r#"{{"type":"record","name":"R{n}","fields":[{{"name":"a","type":["null","{next}"]}}]}}"#)
    };
    let chain = format!("[{}]", (0..100).rev().map(link).collect::<Vec<_>>().join(","));
    for text in
        [chain, deep_json, deep_type, large, format!("[{}]", many.join(",")), huge_fixed, String::new()]
    {
        let error = normalise(&text).unwrap_err().to_string();
        assert!(error.starts_with("schema:1:"), "{}", &error[..error.len().min(200)]);
    }
}

/// Found by fuzzing: the outer object's keys stood beside the inner one's, which made a text that is no schema.
#[test]
fn what_an_outer_object_says_of_the_type_does_not_count() {
    let nested = r#"{"type":{"type":"map","values":"string"},"values":"x","cq.a":1}"#;
    assert_eq!(normalise(nested).unwrap(), r#"{"type":"map","values":"string","cq.a":1}"#);
    let logical = r#"{"type":{"type":"long"},"logicalType":"timestamp-millis"}"#;
    assert_eq!(normalise(logical).unwrap(), "\"long\"");
    let two = r#"{"type":{"type":"long","logicalType":"timestamp-micros"},"logicalType":"timestamp-millis"}"#;
    assert_eq!(normalise(two).unwrap(), r#"{"type":"long","logicalType":"timestamp-micros"}"#);
    let unknown = r#"{"type":"long","logicalType":"my-own"}"#;
    assert_eq!(normalise(unknown).unwrap(), unknown);
}
