//! Which schemas go together, and what is said where they do not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "it is all tests")]

use cq_events_schema::resolution::{StreamBranch, StreamResolution};
use cq_events_schema::{Direction, Level, Rule, Schemas, check_compatibility, incompatibilities};

fn parse(text: &str) -> Schemas {
    Schemas::parse_text("schema", text).unwrap()
}

fn record(name: &str, fields: &str) -> String {
    format!(r#"{{"type":"record","name":"{name}","fields":[{fields}]}}"#)
}

/// The broken rules with their paths.
fn broken(reader: &str, writer: &str) -> Vec<(Rule, String)> {
    let findings = incompatibilities(&parse(reader), &parse(writer));
    findings.into_iter().map(|finding| (finding.rule, finding.path)).collect()
}

fn is_broken(reader: &str, writer: &str, rule: Rule, path: &str) {
    assert_eq!(broken(reader, writer), [(rule, path.to_owned())], "{reader} reads {writer}");
}

fn is_fine(reader: &str, writer: &str) {
    assert_eq!(broken(reader, writer), [], "{reader} reads {writer}");
}

#[test]
fn primitive_types_are_read_as_themselves_and_as_what_they_are_promoted_to() {
    let names = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
    let promoted = [
        ("int", "long"),
        ("int", "float"),
        ("int", "double"),
        ("long", "float"),
        ("long", "double"),
        ("float", "double"),
        ("string", "bytes"),
        ("bytes", "string"),
    ];
    for writer in names {
        for reader in names {
            let (ours, theirs) = (format!("\"{reader}\""), format!("\"{writer}\""));
            if reader == writer || promoted.contains(&(writer, reader)) {
                is_fine(&ours, &theirs);
            } else {
                is_broken(&ours, &theirs, Rule::Type, reader);
            }
        }
    }
}

#[test]
fn a_field_needs_a_counterpart_or_a_default() {
    let writer = record("a.R", r#"{"name":"x","type":"int"},{"name":"old","type":"string"}"#);
    let reads = |fields: &str| broken(&record("a.R", fields), &writer);
    assert_eq!(reads(r#"{"name":"x","type":"int"}"#), []);
    assert_eq!(reads(r#"{"name":"new","type":"string","aliases":["old"]}"#), []);
    assert_eq!(reads(r#"{"name":"new","type":"string","default":""}"#), []);
    assert_eq!(reads(r#"{"name":"new","type":"string"}"#), [(Rule::Field, "R.new".to_owned())]);
    // Its own name goes before an alias, although that type would fit.
    let both = r#"{"name":"x","type":"string","aliases":["old"]}"#;
    assert_eq!(reads(both), [(Rule::Type, "R.x".to_owned())]);
}

#[test]
fn named_types_match_by_unqualified_name_or_by_alias() {
    let fixed = |more: &str| format!(r#"{{"type":"fixed","size":2,{more}}}"#);
    is_fine(&fixed(r#""name":"b.F""#), &fixed(r#""name":"a.F""#));
    is_fine(&fixed(r#""name":"b.G","aliases":["a.F"]"#), &fixed(r#""name":"a.F""#));
    is_broken(&fixed(r#""name":"b.G","aliases":["F"]"#), &fixed(r#""name":"a.F""#), Rule::Name, "G");
    let larger = r#"{"type":"fixed","size":3,"name":"a.F"}"#;
    is_broken(larger, &fixed(r#""name":"a.F""#), Rule::FixedSize, "F");
    is_broken(&record("a.F", ""), larger, Rule::Type, "F");
}

#[test]
fn an_enum_needs_the_symbols_or_a_default() {
    let symbols = |list: &str| format!(r#"{{"type":"enum","name":"E","symbols":[{list}]}}"#);
    is_fine(&symbols(r#""B","A""#), &symbols(r#""A""#));
    is_broken(&symbols(r#""A""#), &symbols(r#""A","B""#), Rule::Symbol, "E");
    is_fine(r#"{"type":"enum","name":"E","symbols":["A"],"default":"A"}"#, &symbols(r#""A","B""#));
}

#[test]
fn unions_are_judged_branch_by_branch() {
    is_fine(r#"["null","string"]"#, r#""string""#);
    is_fine(r#""long""#, r#"["int","long"]"#);
    is_broken(r#"["null","int"]"#, r#"["null","string"]"#, Rule::Branch, "string");
    is_broken(r#""int""#, r#"["null","int"]"#, Rule::Type, "int");
    is_fine(r#"["string",{"type":"array","items":"long"}]"#, r#"{"type":"array","items":"int"}"#);
    // The record of the name is meant, and what is wrong in it is told.
    let reader =
        format!("[\"null\",{}]", record("R", r#"{"name":"x","type":{"type":"map","values":"int"}}"#));
    let writer = record("R", r#"{"name":"x","type":{"type":"map","values":"string"}}"#);
    is_broken(&reader, &writer, Rule::Type, "R.x{}");
}

#[test]
fn two_logical_types_are_two_types() {
    let long = |logical: &str| format!(r#"{{"type":"long","logicalType":"{logical}"}}"#);
    let decimal = |precision: u32, scale: u32| {
        format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{precision},"scale":{scale}}}"#)
    };
    is_broken(&long("timestamp-millis"), &long("timestamp-micros"), Rule::Logical, "long");
    is_fine(&long("timestamp-millis"), "\"long\"");
    is_fine("\"long\"", &long("timestamp-millis"));
    is_fine("\"double\"", &long("timestamp-millis"));
    is_broken(&long("timestamp-millis"), r#"{"type":"int","logicalType":"date"}"#, Rule::Logical, "long");
    is_fine(&decimal(6, 2), &decimal(4, 2));
    is_broken(&decimal(4, 2), &decimal(6, 2), Rule::Logical, "bytes");
    is_broken(&decimal(6, 3), &decimal(6, 2), Rule::Logical, "bytes");
}

#[test]
fn a_type_that_holds_itself_is_judged_by_what_else_is_in_it() {
    let node = |value: &str| {
        let fields =
            format!(r#"{{"name":"value","type":"{value}"}},{{"name":"next","type":["null","Node"]}}"#);
        record("Node", &fields)
    };
    is_fine(&node("long"), &node("int"));
    is_broken(&node("int"), &node("long"), Rule::Type, "Node.value");
}

#[test]
fn a_finding_names_both_places() {
    let reader = Schemas::parse_text(
        "new.avsc",
        "{\"type\": \"record\", \"name\": \"R\", \"fields\": [\n  {\"name\": \"x\", \"type\": \"int\"}]}",
    )
    .unwrap();
    let writer = Schemas::parse_text("old.avsc", &record("R", r#"{"name":"x","type":"string"}"#)).unwrap();
    let findings = incompatibilities(&reader, &writer);
    assert_eq!(
        findings[0].render(&reader, &writer),
        "new.avsc:2:25: R.x: the writer's `string` cannot be read as `int`: add a field instead [type-mismatch]\n  \
         the writer's schema: old.avsc:1:58"
    );
}

#[test]
fn each_level_asks_its_versions_in_its_directions() {
    let version = |fields: &[&str]| {
        let fields: Vec<String> =
            fields.iter().map(|name| format!(r#"{{"name":"{name}","type":"int"}}"#)).collect();
        parse(&record("R", &fields.join(",")))
    };
    // The first has what the others lack; the new one has what the one before it lacks.
    let (first, before, new) = (version(&["a", "b"]), version(&["b"]), version(&["b", "c"]));
    let found = |level| -> Vec<(usize, Direction)> {
        check_compatibility(level, &new, &[&first, &before])
            .into_iter()
            .map(|found| (found.version, found.direction))
            .collect()
    };
    use Direction::{Backward, Forward};
    assert_eq!(found(Level::None), []);
    assert_eq!(found(Level::Backward), [(1, Backward)]);
    assert_eq!(found(Level::BackwardTransitive), [(0, Backward), (1, Backward)]);
    assert_eq!(found(Level::Forward), []);
    assert_eq!(found(Level::ForwardTransitive), [(0, Forward)]);
    assert_eq!(found(Level::Full), [(1, Backward)]);
    assert_eq!(found(Level::FullTransitive), [(0, Backward), (0, Forward), (1, Backward)]);
    assert!(Level::ALL.into_iter().all(|level| Level::of_name(level.name()) == Some(level)));
}

/// What each branch of the writer is to a stream of these events.
fn branches(reader: &[String], writer: &str) -> Vec<String> {
    let reader = parse(&format!("[{}]", reader.join(",")));
    let resolution = StreamResolution::new(&reader, &parse(writer));
    let name = |branch: &StreamBranch| match branch {
        StreamBranch::Identical { event } => format!("identical {event}"),
        StreamBranch::Program { event, .. } => format!("program {event}"),
        StreamBranch::Incompatible { event, fullname, findings } => {
            format!("incompatible {event} {fullname} {}", findings[0].rule.name())
        }
        StreamBranch::Unknown { fullname } => format!("unknown {fullname}"),
    };
    resolution.branches.iter().map(name).collect()
}

#[test]
fn each_root_branch_is_judged_for_itself() {
    let id = r#"{"name":"id","type":"string"}"#;
    let documented =
        r#"{"name":"id","type":"string","doc":"What else is said of it does not matter.","default":""}"#;
    let reader = [
        record("a.Kept", id),
        record("a.Changed", r#"{"name":"id","type":"string"},{"name":"n","type":"int","default":0}"#),
        record("a.Broken", r#"{"name":"id","type":"int"}"#),
        r#"{"type":"record","name":"a.Renamed","aliases":["a.Was"],"fields":[{"name":"id","type":"string"}]}"#.to_owned(),
        record("b.Moved", id),
    ];
    let writer = [
        record("a.Added", id),
        record("a.Was", id),
        record("a.Broken", id),
        record("a.Changed", id),
        record("a.Kept", documented),
        record("c.Moved", id),
        "\"string\"".to_owned(),
    ];
    assert_eq!(
        branches(&reader, &format!("[{}]", writer.join(","))),
        [
            "unknown a.Added",
            "identical 3",
            "incompatible 2 a.Broken type-mismatch",
            "program 1",
            "identical 0",
            // The unqualified name alone makes no event of another.
            "unknown c.Moved",
            "unknown string",
        ]
    );
    assert_eq!(branches(&reader, &record("a.Kept", documented)), ["identical 0"]);
}

#[test]
fn a_branch_of_which_some_values_can_be_read_has_a_program() {
    let reader = [record("R", r#"{"name":"x","type":["null","string"]}"#)];
    let writes = |types: &str| branches(&reader, &record("R", &format!(r#"{{"name":"x","type":{types}}}"#)));
    assert_eq!(writes(r#"["null","string"]"#), ["identical 0"]);
    assert_eq!(writes(r#"["null","bytes"]"#), ["identical 0"]);
    assert_eq!(writes(r#"["int","string"]"#), ["program 0"]);
    assert_eq!(writes(r#"["int","long"]"#), ["incompatible 0 R missing-union-branch"]);
}

/// Schemas whose types refer to each other so that what they stand for doubles with each: their programs must not.
#[test]
fn what_refers_to_the_same_again_and_again_is_resolved_once() {
    let chain = |last: &str| {
        let mut text = vec![record("R0", &format!(r#"{{"name":"x","type":"{last}"}}"#))];
        for n in 1..60 {
            let before = n - 1;
            let fields = format!(r#"{{"name":"a","type":"R{before}"}},{{"name":"b","type":"R{before}"}}"#);
            text.push(record(&format!("R{n}"), &fields));
        }
        format!("[{}]", text.join(","))
    };
    let (reader, writer) = (parse(&chain("double")), parse(&chain("int")));
    let resolution = StreamResolution::new(&reader, &writer);
    let steps: usize = resolution.program.steps.iter().map(|procedure| procedure.body.len()).sum();
    assert!(steps < 10_000, "{steps} steps");
    assert_eq!(incompatibilities(&reader, &writer), []);
    assert_eq!(incompatibilities(&writer, &reader).len(), 1);
}
