//! Canonical forms and fingerprints, by the vectors that Apache Avro publishes: `share/test/data/schema-tests.txt` of
//! github.com/apache/avro, under the Apache License 2.0 as its head says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is all tests")]

use cq_events_schema::Schemas;

const VECTORS: &str = include_str!("schema-tests.txt");

#[derive(Default)]
struct Vector {
    number: String,
    input: String,
    canonical: String,
    fingerprint: Option<i64>,
}

fn vectors() -> Vec<Vector> {
    let mut vectors: Vec<Vector> = Vec::new();
    let mut number = String::new();
    let mut lines = VECTORS.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(comment) = line.strip_prefix("// ") {
            number = comment.to_owned();
        }
        let Some((key, value)) =
            line.strip_prefix("<<").and_then(|rest| rest.split_once(' ').or(Some((rest, ""))))
        else {
            continue;
        };
        // A long value goes on until a line that repeats its key.
        let value = match lines.peek() {
            _ if key != "INPUT" || !value.is_empty() => value.to_owned(),
            _ => lines.by_ref().take_while(|line| *line != "INPUT").collect::<Vec<_>>().join("\n"),
        };
        match (key, vectors.last_mut()) {
            ("INPUT", _) => {
                vectors.push(Vector { number: number.clone(), input: value, ..Vector::default() })
            }
            ("canonical", Some(vector)) => vector.canonical = value,
            ("fingerprint", Some(vector)) => vector.fingerprint = Some(value.trim().parse().unwrap()),
            (key, _) => panic!("{key} in the vectors"),
        }
    }
    vectors
}

#[test]
fn the_published_vectors_hold() {
    let (mut forms, mut fingerprints) = (0, 0);
    for vector in vectors() {
        let schemas = Schemas::parse_text("input", &vector.input).unwrap();
        let root = schemas.roots().first().unwrap();
        assert_eq!(schemas.canonical(root), vector.canonical, "vector {}", vector.number);
        forms += 1;
        if let Some(fingerprint) = vector.fingerprint {
            assert_eq!(schemas.fingerprint(root) as i64, fingerprint, "vector {}", vector.number);
            fingerprints += 1;
        }
    }
    assert_eq!((forms, fingerprints), (34, 26));
}

#[test]
fn a_named_type_is_written_once_and_a_canonical_form_is_its_own() {
    let text = r#"{"type":"record","name":"R","namespace":"a","doc":"D","fields":[
        {"name":"one","type":{"type":"fixed","name":"F","size":2,"logicalType":"x"},"default":"ab"},
        {"name":"two","type":["null","F","R"],"aliases":["zwei"]}]}"#;
    let schemas = Schemas::parse_text("input", text).unwrap();
    let form = schemas.canonical(schemas.roots().first().unwrap());
    assert_eq!(
        form,
        r#"{"name":"a.R","type":"record","fields":[{"name":"one","type":{"name":"a.F","type":"fixed","size":2}},{"name":"two","type":["null","a.F","a.R"]}]}"#
    );
    let again = Schemas::parse_text("input", &form).unwrap();
    assert_eq!(again.canonical(again.roots().first().unwrap()), form);
    assert_eq!(
        again.fingerprint(again.roots().first().unwrap()),
        schemas.fingerprint(schemas.roots().first().unwrap())
    );
}
