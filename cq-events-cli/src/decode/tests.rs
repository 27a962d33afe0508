//! A value of every kind, as JSON.

use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Decimal, Schema};
use cq_events::codec::{read_frame, write_frame};
use cq_events::registry::{LocalRegistry, SchemaId, SchemaRegistry, SubjectSchema};
use tempfile::TempDir;
use tokio::runtime::Builder;

use super::*;

/// What is made of a value without headers.
fn decode(value: &[u8], library: &mut Library, reveals: bool) -> Decoded {
    super::decode(read_frame(value).map(|(id, datum)| (id.into(), datum)), library, reveals)
}

/// The library with one schema, its id, and the datum in a frame.
fn written(schema: &str, value: Value) -> (TempDir, Library, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schema.avsc"), schema).unwrap();
    let library = Library::new(Some(folder.path()), None).unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    let registry = LocalRegistry::default();
    let id = runtime.block_on(registry.id_of(&SubjectSchema::new("any", schema))).unwrap();
    let mut bytes = Vec::new();
    write_frame(id, &mut bytes);
    let schema = Schema::parse_str(schema).unwrap();
    let writer = GenericDatumWriter::builder(&schema).build().unwrap();
    bytes.extend(writer.write_value_to_vec(value).unwrap());
    (folder, library, bytes)
}

fn record(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn some(branch: u32, value: Value) -> Value {
    Value::Union(branch, Box::new(value))
}

fn json(decoded: &Decoded) -> String {
    crate::json::to_string(decoded.value.as_ref().unwrap()).unwrap()
}

const EVERY_KIND: &str = r#"[{"type": "record", "name": "a.Every", "fields": [
    {"name": "z_first", "type": "boolean"},
    {"name": "int", "type": "int"},
    {"name": "long", "type": "long"},
    {"name": "float", "type": "float"},
    {"name": "nan", "type": "double"},
    {"name": "bytes", "type": "bytes"},
    {"name": "list", "type": {"type": "array", "items": ["null", "string"]}},
    {"name": "map", "type": {"type": "map", "values": "int"}},
    {"name": "either", "type": ["null", "string", {"type": "enum", "name": "E", "symbols": ["X", "Y"]}]},
    {"name": "fixed", "type": {"type": "fixed", "name": "F", "size": 2}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 40, "scale": 2}},
    {"name": "date", "type": {"type": "int", "logicalType": "date"}},
    {"name": "time", "type": {"type": "int", "logicalType": "time-millis"}},
    {"name": "no_time", "type": {"type": "long", "logicalType": "time-micros"}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
    {"name": "uuid", "type": {"type": "string", "logicalType": "uuid"}}]}]"#;

fn every_kind() -> Value {
    some(
        0,
        record([
            ("z_first", Value::Boolean(true)),
            ("int", Value::Int(-7)),
            ("long", Value::Long(i64::MAX)),
            ("float", Value::Float(0.1)),
            ("nan", Value::Double(f64::NAN)),
            ("bytes", Value::Bytes(vec![0x41, 0xff, 0x1b])),
            (
                "list",
                Value::Array(vec![some(0, Value::Null), some(1, Value::String("x\u{1b}[2J".to_owned()))]),
            ),
            ("map", Value::Map([("b".to_owned(), Value::Int(2)), ("a".to_owned(), Value::Int(1))].into())),
            ("either", some(2, Value::Enum(1, "Y".to_owned()))),
            ("fixed", Value::Fixed(2, vec![1, 2])),
            ("price", Value::Decimal(Decimal::from((-1250_i128).to_be_bytes()))),
            ("date", Value::Date(20_454)),
            ("time", Value::TimeMillis(45_296_789)),
            ("no_time", Value::TimeMicros(-1)),
            ("at", Value::TimestampMicros(1_767_323_045_000_001)),
            ("local", Value::LocalTimestampMillis(0)),
            ("uuid", Value::Uuid("550e8400-e29b-41d4-a716-446655440000".parse().unwrap())),
        ]),
    )
}

#[test]
fn every_kind_of_value_has_its_form() {
    let (_folder, mut library, bytes) = written(EVERY_KIND, every_kind());
    let decoded = decode(&bytes, &mut library, false);
    assert_eq!(decoded.event.as_deref(), Some("a.Every"));
    let expected = [
        r#"{"a.Every":{"z_first":true,"int":-7,"long":9223372036854775807,"float":0.1,"nan":"NaN","#,
        r#""bytes":"Aÿ\u001b","list":[null,"x\u001b[2J"],"map":{"a":1,"b":2},"either":{"a.E":"Y"},"#,
        r#""fixed":"\u0001\u0002","price":"-12.50","date":"2026-01-01","time":"12:34:56.789","no_time":-1,"#,
        r#""at":"2026-01-02T03:04:05.000001Z","local":"1970-01-01T00:00:00","#,
        r#""uuid":"550e8400-e29b-41d4-a716-446655440000"}}"#,
    ];
    assert_eq!(json(&decoded), expected.concat());
}

#[test]
fn no_part_of_a_value_is_taken_for_the_whole() {
    let (_folder, mut library, bytes) = written(EVERY_KIND, every_kind());
    for end in 5..bytes.len() {
        let decoded = decode(&bytes[..end], &mut library, false);
        assert!(decoded.value.unwrap_err().contains("of the datum"), "{end}");
    }
    let more = [bytes, vec![0]].concat();
    assert!(decode(&more, &mut library, false).value.unwrap_err().contains("left over"));
}

#[test]
fn personal_data_are_hidden_wherever_they_are_tagged() {
    let schema = r#"[{"type": "record", "name": "a.User", "cq.key": "name", "fields": [
        {"name": "name", "type": "string", "confluent:tags": ["PII"]},
        {"name": "plain", "type": "string"},
        {"name": "mails", "type": {"type": "array", "items": {"type": "string", "confluent:tags": ["GDPR", "PII"]}}},
        {"name": "home", "type": {"type": "record", "name": "Address", "confluent:tags": ["PII"], "fields": [
            {"name": "city", "type": "string"}]}},
        {"name": "odd", "type": "string", "confluent:tags": "PII"}]}]"#;
    let text = |text: &str| Value::String(text.to_owned());
    let value = some(
        0,
        record([
            ("name", text("SECRET")),
            ("plain", text("open")),
            ("mails", Value::Array(vec![text("SECRET")])),
            ("home", record([("city", text("SECRET"))])),
            ("odd", text("SECRET")),
        ]),
    );
    let (_folder, mut library, bytes) = written(schema, value);
    let hidden = decode(&bytes, &mut library, false);
    assert!(hidden.hides_key && hidden.hides_bytes);
    let shown = json(&hidden);
    assert!(!shown.contains("SECRET") && shown.contains(r#""plain":"open""#), "{shown}");
    assert_eq!(shown.matches(HIDDEN).count(), 4, "{shown}");
    let revealed = decode(&bytes, &mut library, true);
    assert!(!revealed.hides_key && !revealed.hides_bytes);
    assert_eq!(json(&revealed).matches("SECRET").count(), 4);
    // Broken, it may have anything anywhere.
    let broken = decode(&bytes[..9], &mut library, false);
    assert!(broken.hides_bytes && broken.value.is_err());
}

#[test]
fn what_has_no_schema_says_so() {
    let mut none = Library::new(None, None).unwrap();
    let (_folder, mut library, _) = written(r#""int""#, Value::Int(1));
    let mut unknown = Vec::new();
    write_frame(SchemaId::new(7), &mut unknown);
    for (value, library, part) in [
        (&unknown[..], &mut none, "schema id 7 is not known: --schemas takes a folder"),
        (&unknown[..], &mut library, "schema id 7 is that of none of the schemas in"),
        (&b"{}"[..], &mut Library::new(None, None).unwrap(), "the first byte is 0x7b"),
        (&b""[..], &mut Library::new(None, None).unwrap(), "0 bytes"),
    ] {
        let reason = decode(value, library, false).value.unwrap_err();
        assert!(reason.contains(part), "{reason}");
    }
}
