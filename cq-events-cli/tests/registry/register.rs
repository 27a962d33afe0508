use std::time::Duration;

use cq_events::registry::Level;
use cq_events::testing::Fault;

use crate::support::{Bench, DOOR, LAMP};

#[test]
fn what_is_missing_is_registered_in_order_and_levels_are_set() {
    let bench = Bench::new();
    let said = bench.run(&["register", "--dry-run"]).ok();
    said.has_lines(&[
        "would register door home.doors-value - - BACKWARD",
        "would register lamp home.lamps-value - - BACKWARD_TRANSITIVE (would be set; it was BACKWARD)",
    ]);
    assert_eq!(bench.registry.subjects(), Vec::<String>::new());

    let said = bench.run(&["register"]).ok();
    assert_eq!(
        said.out,
        "RESULT      STREAM  SUBJECT           VERSION  ID  LEVEL\n\
         registered  door    home.doors-value        1   1  BACKWARD\n\
         registered  lamp    home.lamps-value        1   2  BACKWARD_TRANSITIVE (set; it was BACKWARD)\n"
    );
    assert_eq!(bench.registry.level(LAMP), Level::BackwardTransitive);
    let said = bench.run(&["register"]).ok();
    said.has_lines(&[
        "unchanged door home.doors-value 1 1 BACKWARD",
        "unchanged lamp home.lamps-value 1 2 BACKWARD_TRANSITIVE",
    ]);
    assert_eq!(bench.registry.versions(LAMP), [1]);
}

#[test]
fn only_the_streams_that_are_named_are_registered() {
    let bench = Bench::new();
    let json = bench.run(&["register", "door", "--json"]).ok().json();
    assert_eq!(json.len(), 1);
    for (name, value) in [
        ("stream", "door"),
        ("subject", DOOR),
        ("result", "registered"),
        ("level", "BACKWARD"),
        ("level_before", "BACKWARD"),
    ] {
        assert_eq!(json[0][name], value, "{name}");
    }
    assert_eq!((json[0]["version"].as_i64(), json[0]["id"].as_i64()), (Some(1), Some(1)));
    assert_eq!(bench.registry.subjects(), [DOOR]);
}

#[test]
fn what_the_registry_refuses_is_told_with_its_words_and_the_rule_and_the_rest_is_registered() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    let said = bench.run(&["register", "--dry-run"]).failed(&["1 of 2 schemas would be refused"]);
    said.has_lines(&["would be refused lamp home.lamps-value - - BACKWARD_TRANSITIVE"]);
    let said = bench.run(&["register"]).failed(&["1 of 2 schemas are refused"]);
    said.has_lines(&[
        "registered door home.doors-value 1 2 BACKWARD",
        "refused lamp home.lamps-value - - BACKWARD_TRANSITIVE",
        "lamp.avsc:8:30: Switched.on: the writer's `boolean` cannot be read as `string`: add a field instead \
         [type-mismatch, backward, version 1]",
    ]);
    assert!(said.out.contains("\nhome.lamps-value\n  the registry says: "), "{}", said.out);
    assert_eq!((bench.registry.versions(LAMP), bench.registry.versions(DOOR)), (vec![1], vec![1]));

    let json = bench.run(&["register", "lamp", "--json"]).failed(&["refused"]).json();
    let finding = &json[0]["findings"][0];
    assert_eq!((finding["rule"].as_str(), finding["version"].as_i64()), (Some("type-mismatch"), Some(1)));
    assert!(!json[0]["messages"].as_array().unwrap().is_empty());
}

#[test]
fn the_level_of_streams_toml_counts_for_what_is_registered_unless_it_is_to_be_kept() {
    let bench = Bench::new();
    bench.run(&["register", "lamp", "--keep-level"]).ok();
    assert_eq!(bench.registry.level(LAMP), Level::Backward);
    bench.registry.set_level(Some(LAMP), Level::None);
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    let said = bench.run(&["register", "lamp"]).failed(&["refused"]);
    said.has_lines(&["refused lamp home.lamps-value - - BACKWARD_TRANSITIVE (set; it was NONE)"]);
    assert_eq!(bench.registry.level(LAMP), Level::BackwardTransitive);
    bench.registry.set_level(Some(LAMP), Level::None);
    bench
        .run(&["register", "lamp", "--keep-level"])
        .ok()
        .has_lines(&["registered lamp home.lamps-value 2 2 NONE"]);
}

#[test]
fn each_event_has_its_subject_where_the_strategy_says_so() {
    let bench = Bench::new();
    for (strategy, subjects) in [
        ("record", ["home.door.Closed", "home.door.Opened"]),
        ("topic-record", ["home.doors-home.door.Closed", "home.doors-home.door.Opened"]),
    ] {
        let keys = format!("topic = \"home.doors\"\nsubject = \"{strategy}\"");
        bench.change("streams.toml", "topic = \"home.doors\"", &keys);
        bench.run(&["register", "door"]).ok();
        bench.change("streams.toml", &keys, "topic = \"home.doors\"");
        subjects.iter().for_each(|subject| assert_eq!(bench.registry.versions(subject), [1], "{subject}"));
    }
}

#[test]
fn a_file_is_registered_under_a_subject() {
    let bench = Bench::new();
    bench.write(
        "order.avsc",
        r#"{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}"#,
    );
    let words = ["register", "--subject", "orders/of ours-value", "--file", "order.avsc"];
    bench.run(&words).ok().has_lines(&["registered - orders/of ours-value 1 1 BACKWARD"]);
    bench.run(&words).ok().has_lines(&["unchanged - orders/of ours-value 1 1 BACKWARD"]);
    bench.change("order.avsc", "long", "lonng");
    bench.run(&words).failed(&["order.avsc:1:71", "did you mean `long`?"]);
    bench.run(&["register", "--subject", "s", "--file", "none.avsc"]).failed(&["cannot read none.avsc"]);
    assert_eq!(bench.run(&["register", "--subject", "s"]).code, Some(2));
    assert_eq!(bench.run(&["register", "lamp", "--subject", "s", "--file", "order.avsc"]).code, Some(2));
}

#[test]
fn what_only_our_checker_finds_is_not_registered_either() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    // Versions, level and version are asked for twice, the schema in between, and then whether it is compatible.
    bench.server.fail_next(7, Fault::Drip(Duration::ZERO));
    bench.server.fail_next(1, Fault::answer(200, "{\"is_compatible\": true}"));
    let before = bench.server.requests().len();
    let said = bench.run(&["register", "lamp"]).failed(&["1 of 1 schemas are refused"]);
    said.has_lines(&[
        "they disagree: the registry would take it; both go by BACKWARD_TRANSITIVE",
        "lamp.avsc:8:30: Switched.on: the writer's `boolean` cannot be read as `string`: add a field instead \
         [type-mismatch, backward, version 1]",
    ]);
    let asked = bench.server.requests().split_off(before);
    assert!(
        asked.iter().all(|(method, path)| method == "GET" || !path.starts_with("/subjects/home.lamps-value/versions")),
        "{asked:?}"
    );
    assert_eq!(bench.registry.versions(LAMP), [1]);
}

#[test]
fn a_dry_run_goes_by_the_level_that_will_count() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    bench.run(&["register", "lamp", "--dry-run"]).failed(&["would be refused"]);
    bench.change("streams.toml", "BACKWARD_TRANSITIVE", "NONE");
    let said = bench.run(&["register", "lamp", "--dry-run"]).ok();
    said.has_lines(&[
        "would register lamp home.lamps-value - - NONE (would be set; it was BACKWARD_TRANSITIVE)",
    ]);
    let said = bench.run(&["register", "lamp"]).ok();
    said.has_lines(&["registered lamp home.lamps-value 2 2 NONE (set; it was BACKWARD_TRANSITIVE)"]);
}

/// As Apicurio does with documentation.
#[test]
fn what_the_registry_takes_for_a_version_with_the_same_bytes_is_that_version() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    let registered = bench.run(&["pull", "lamp", "--into", "out"]).ok();
    assert!(registered.out.contains("written"), "{}", registered.out);
    let schema = std::fs::read_to_string(bench.path(&format!("out/{LAMP}.v1.avsc"))).unwrap();
    let found = serde_json::json!({"subject": LAMP, "version": 1, "id": 1, "schema": schema}).to_string();
    for (from, to, state) in [
        (
            "\"type\": \"boolean\"",
            "\"type\": \"boolean\", \"doc\": \"Is it?\"",
            "latest lamp home.lamps-value 1 1 1",
        ),
        ("\"type\": \"boolean\"", "\"type\": \"string\"", "changed lamp home.lamps-value - 1 -"),
    ] {
        bench.change("lamp.avsc", from, to);
        // Versions, level and the version; then the schema.
        bench.server.fail_next(3, Fault::Drip(Duration::ZERO));
        bench.server.fail_next(1, Fault::answer(200, &found));
        let said = bench.run(&["status", "lamp", "--json"]).ok();
        let line = &said.json()[0];
        let told = format!(
            "{} {} {} {} {} {}",
            line["state"].as_str().unwrap(),
            line["stream"].as_str().unwrap(),
            line["subject"].as_str().unwrap(),
            line["version"].to_string().replace("null", "-"),
            line["latest"],
            line["id"].to_string().replace("null", "-"),
        );
        assert_eq!(told, state);
    }
}

#[test]
fn what_was_changed_before_a_failure_is_told() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    bench.registry.set_level(Some(LAMP), Level::None);
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    // Versions, level, version, the schema, and the level that is set.
    bench.server.fail_next(5, Fault::Drip(Duration::ZERO));
    bench.server.fail_next(1, Fault::error(403, 403, "no more"));
    let said = bench.run(&["register", "lamp"]).failed(&["no more"]);
    said.has_lines(&["unchanged lamp home.lamps-value - - BACKWARD_TRANSITIVE (set; it was NONE)"]);
}
