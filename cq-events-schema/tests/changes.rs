//! `docs/changing-a-schema.md`: each line of its table, as the checker judges it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is all tests")]

use cq_events_schema::{Level, Rule, Schemas, check_compatibility, incompatibilities};

const PAGE: &str = include_str!("../../docs/changing-a-schema.md");

fn event(name: &str, more: &str, fields: &str) -> String {
    format!(r#"{{"type":"record","name":"a.{name}"{more},"fields":[{fields}]}}"#)
}

fn field(name: &str, ty: &str, more: &str) -> String {
    format!(r#"{{"name":"{name}","type":{ty}{more}}}"#)
}

/// An event before and after a field's type changes.
fn types(old: &str, new: &str) -> (String, String) {
    (event("E", "", &field("x", old, "")), event("E", "", &field("x", new, "")))
}

fn logical(base: &str, logical: &str) -> String {
    format!(r#"{{"type":"{base}",{logical}}}"#)
}

/// What the words of a line mean: the events before and after.
fn change(words: &str) -> Vec<(String, String)> {
    let (x, y) = (field("x", "\"int\"", ""), field("y", "\"int\"", ""));
    let with_default = field("y", "\"int\"", r#","default":0"#);
    let renamed = field("z", "\"int\"", r#","aliases":["y"]"#);
    let both = format!("{x},{y}");
    let of = |fields: &str| event("E", "", fields);
    let inner = |name: &str, more: &str| {
        let part = format!(r#"{{"type":"record","name":"{name}"{more},"fields":[{x}]}}"#);
        of(&field("part", &part, ""))
    };
    let symbols = |list: &str| format!(r#"{{"type":"enum","name":"S","symbols":[{list}]}}"#);
    let fixed = |size: u32| format!(r#"{{"type":"fixed","name":"F","size":{size}}}"#);
    let decimal = |precision: u32, scale: u32| {
        logical("bytes", &format!(r#""logicalType":"decimal","precision":{precision},"scale":{scale}"#))
    };
    let (millis, micros) = (
        logical("long", r#""logicalType":"timestamp-millis""#),
        logical("long", r#""logicalType":"timestamp-micros""#),
    );
    match words {
        "an event added" => vec![(of(&x), format!("{},{}", of(&x), event("New", "", &x)))],
        "an event removed" => vec![(format!("{},{}", of(&x), event("Old", "", &x)), of(&x))],
        "an event renamed, with its old fullname in `aliases`" => {
            vec![(of(&x), event("New", r#","aliases":["a.E"]"#, &x))]
        }
        "a field added, with a `default`" => vec![(of(&x), of(&format!("{x},{with_default}")))],
        "a field added, without one" => vec![(of(&x), of(&both))],
        "a field removed" => vec![(of(&both), of(&x))],
        "a field renamed, with its old name in `aliases`" => vec![(of(&both), of(&format!("{x},{renamed}")))],
        "fields in another order" => vec![(of(&both), of(&format!("{y},{x}")))],
        "a type becomes nullable: `T` to `[\"null\", T]`" => vec![types("\"int\"", r#"["null","int"]"#)],
        "`int` to `long`, `float`, `double`; `long` to `float`, `double`; `float` to `double`" => {
            ["int long", "int float", "int double", "long float", "long double", "float double"]
                .iter()
                .map(|names| {
                    let (old, new) = names.split_once(' ').unwrap();
                    types(&format!("\"{old}\""), &format!("\"{new}\""))
                })
                .collect()
        }
        "`string` to `bytes`, or back" => {
            vec![types("\"string\"", "\"bytes\""), types("\"bytes\"", "\"string\"")]
        }
        "a symbol added to an enum" => vec![types(&symbols(r#""A""#), &symbols(r#""A","B""#))],
        "a symbol removed from an enum" => vec![types(&symbols(r#""A","B""#), &symbols(r#""A""#))],
        "a branch added to a union" => vec![types(r#"["null","int"]"#, r#"["null","int","string"]"#)],
        "a nested record, enum or fixed renamed, with an alias" => {
            vec![(inner("P", ""), inner("Q", r#","aliases":["a.P"]"#))]
        }
        "the size of a fixed" => vec![types(&fixed(2), &fixed(3))],
        "a logical type added to a plain type, or taken away" => {
            vec![types("\"long\"", &millis), types(&millis, "\"long\"")]
        }
        "another logical type: `timestamp-millis` to `timestamp-micros`, another scale of a decimal" => {
            vec![types(&millis, &micros), types(&decimal(6, 2), &decimal(6, 3))]
        }
        "more digits for a decimal of the same scale" => vec![types(&decimal(6, 2), &decimal(8, 2))],
        "documentation, `order`, `cq.` properties, defaults of fields that stay" => {
            let documented = field("x", "\"int\"", r#","doc":"D","order":"ignore","cq.x":1,"default":7"#);
            vec![(of(&x), event("E", r#","doc":"D""#, &documented))]
        }
        other => panic!("the page says more than is tested: {other}"),
    }
}

#[test]
fn each_line_of_the_page_is_what_the_checker_says() {
    let lines: Vec<Vec<&str>> = PAGE
        .lines()
        .skip_while(|line| !line.starts_with("| change |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert_eq!(lines.len(), 20);
    for line in lines {
        let [words, old_data, old_consumers] = line[..] else { panic!("a line of three cells: {line:?}") };
        let says = |cell: &str| cell.starts_with("yes");
        let old_consumers = if old_consumers == "as old data" { old_data } else { old_consumers };
        for (old, new) in change(words) {
            let parse = |events: &str| Schemas::parse_text("schema", &format!("[{events}]")).unwrap();
            let (old, new) = (parse(&old), parse(&new));
            let is_fine = |level| check_compatibility(level, &new, &[&old]).is_empty();
            assert_eq!(is_fine(Level::Backward), says(old_data), "{words}: old data");
            assert_eq!(is_fine(Level::Forward), says(old_consumers), "{words}: old consumers");
        }
    }
}

#[test]
fn the_page_shows_what_is_printed() {
    let lamp = |more: &str| {
        let fields = format!(r#"{{"name":"lamp_id","type":"string"}}{more}"#);
        let event = format!(
            r#"{{"type":"record","name":"LampSwitched","namespace":"home.lamp","fields":[{fields}]}}"#
        );
        Schemas::parse_text("lamp.avsc", &format!("[{event}]")).unwrap()
    };
    let (released, current) = (lamp(""), lamp(r#",{"name":"watts","type":"int"}"#));
    let findings = incompatibilities(&current, &released);
    let finding = findings.first().unwrap();
    let shown = format!("{}: {} [{}]\n", finding.path, finding.message, finding.rule.name());
    assert!(PAGE.contains(&shown), "the page does not show: {shown}");
    for rule in Rule::ALL {
        assert!(PAGE.contains(&format!("| `{}` |", rule.name())), "{}", rule.name());
    }
}
