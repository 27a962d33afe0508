use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use cq_events::registry::Level;
use cq_events::testing::Fault;

use crate::common::{begun, end, signal};
use crate::support::{Bench, DOOR, LAMP};

/// How many requests tell how a changed schema stands: versions and level; the schema, the versions, and the one that there is.
const STANDING: usize = 5;
/// How many it takes to register a first version: versions and level; level, twice the versions, whether it is compatible; the
/// schema itself.
const FIRST: usize = 7;

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
        "RESULT      STREAM  SUBJECT           VERSION      ID  LEVEL\n\
         registered  door    home.doors-value        1       1  BACKWARD\n\
         registered  lamp    home.lamps-value        1       2  BACKWARD_TRANSITIVE (set; it was BACKWARD)\n"
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
        ("registry_level", "BACKWARD"),
        ("registry_level_before", "BACKWARD"),
    ] {
        assert_eq!(json[0][name], value, "{name}");
    }
    assert_eq!((json[0]["version"].as_i64(), json[0]["id"].as_i64()), (Some(1), Some(1)));
    assert!(json[0]["streams_level"].is_null() && json[0]["refused"].is_null(), "{}", json[0]);
    assert_eq!(bench.registry.subjects(), [DOOR]);
}

#[test]
fn what_the_registry_refuses_is_told_with_its_words_and_the_rule_and_the_rest_is_registered() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    let said = bench.run(&["register", "--dry-run"]).wrong(&["1 of 2 schemas would be refused"]);
    said.has_lines(&["would be refused lamp home.lamps-value - - BACKWARD_TRANSITIVE"]);
    let said = bench.run(&["register"]).wrong(&["1 of 2 schemas are refused"]);
    said.has_lines(&[
        "registered door home.doors-value 1 2 BACKWARD",
        "refused lamp home.lamps-value - - BACKWARD_TRANSITIVE",
        "lamp.avsc:8:30: Switched.on: the writer's `boolean` cannot be read as `string`: add a field instead \
         [type-mismatch, backward, version 1]",
    ]);
    assert!(said.out.contains("\nhome.lamps-value\n  the registry says: "), "{}", said.out);
    assert_eq!((bench.registry.versions(LAMP), bench.registry.versions(DOOR)), (vec![1], vec![1]));

    let json = bench.run(&["register", "lamp", "--json"]).wrong(&["refused"]).json();
    let finding = &json[0]["findings"][0];
    assert_eq!((finding["rule"].as_str(), finding["version"].as_i64()), (Some("type-mismatch"), Some(1)));
    assert!(!json[0]["messages"].as_array().unwrap().is_empty());
    assert_eq!((json[0]["refused"].as_str(), json[0]["dry_run"].as_bool()), (Some("schema"), Some(false)));
    let dry = bench.run(&["register", "--dry-run", "--json"]).wrong(&["refused"]).json();
    let results = dry.iter().map(|row| (row["result"].as_str().unwrap(), row["dry_run"].as_bool().unwrap()));
    assert_eq!(results.collect::<Vec<_>>(), [("unchanged", true), ("refused", true)]);
}

#[test]
fn the_level_of_streams_toml_counts_for_what_is_registered_unless_it_is_to_be_kept() {
    let bench = Bench::new();
    bench.run(&["register", "lamp", "--keep-level"]).ok();
    assert_eq!(bench.registry.level(LAMP), Level::Backward);
    bench.registry.set_level(Some(LAMP), Level::None);
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    let said = bench.run(&["register", "lamp"]).wrong(&["refused"]);
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
    // After how it stands: the level, the versions twice, and the one that counts; then whether it is compatible.
    bench.server.fail_next(STANDING + 4, Fault::Drip(Duration::ZERO));
    bench.server.fail_next(1, Fault::answer(200, "{\"is_compatible\": true}"));
    let before = bench.server.requests().len();
    let said = bench.run(&["register", "lamp"]).wrong(&["1 of 1 schemas are refused"]);
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
    bench.run(&["register", "lamp", "--dry-run"]).wrong(&["would be refused"]);
    bench.change("streams.toml", "BACKWARD_TRANSITIVE", "NONE");
    let said = bench.run(&["register", "lamp", "--dry-run"]).ok();
    said.has_lines(&[
        "would register lamp home.lamps-value - - NONE (would be set; it was BACKWARD_TRANSITIVE, by which the registry \
         was asked)",
    ]);
    let json = &bench.run(&["register", "lamp", "--dry-run", "--json"]).ok().json()[0];
    assert_eq!(
        (json["registry_level"].as_str(), json["asked_by"].as_str()),
        (Some("NONE"), Some("BACKWARD_TRANSITIVE"))
    );
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
        // Versions and level; then the schema.
        bench.server.fail_next(2, Fault::Drip(Duration::ZERO));
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
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    for json in [false, true] {
        bench.registry.set_level(Some(LAMP), Level::None);
        // The level is set, and then nothing more is answered.
        bench.server.fail_next(STANDING + 1, Fault::Drip(Duration::ZERO));
        bench.server.fail_next(1, Fault::error(403, 403, "no more"));
        if json {
            let json = &bench.run(&["register", "lamp", "--json"]).failed(&["no more"]).json()[0];
            assert_eq!((json["result"].as_str(), json["version"].as_i64()), (Some("unfinished"), None));
            assert_eq!(
                (json["registry_level"].as_str(), json["registry_level_before"].as_str()),
                (Some("BACKWARD_TRANSITIVE"), Some("NONE"))
            );
        } else {
            let said = bench.run(&["register", "lamp"]).failed(&["no more"]);
            said.has_lines(&["unfinished lamp home.lamps-value - - BACKWARD_TRANSITIVE (set; it was NONE)"]);
        }
    }
    assert_eq!(bench.registry.versions(LAMP), [1]);
}

#[test]
fn what_is_registered_is_told_although_its_number_cannot_be_asked_for() {
    let bench = Bench::new();
    bench.server.fail_next(FIRST, Fault::Drip(Duration::ZERO));
    bench.server.fail_next(1, Fault::error(403, 403, "no more"));
    let said = bench.run(&["register"]).failed(&["no more"]);
    said.has_lines(&["registered door home.doors-value - 1 BACKWARD"]);
    assert!(!said.out.contains(LAMP), "{}", said.out);
    assert_eq!((bench.registry.versions(DOOR), bench.registry.subjects().len()), (vec![1], 1));
}

#[test]
fn a_level_that_is_refused_is_told_and_the_rest_is_registered() {
    let bench = Bench::new();
    bench.change(
        "streams.toml",
        "topic = \"home.doors\"",
        "topic = \"home.doors\"\ncompatibility = \"FULL\"",
    );
    bench.run(&["register", "door"]).ok();
    bench.registry.set_level(Some(DOOR), Level::None);
    bench.put(&format!("/mode/{DOOR}"), r#"{"mode": "READONLY"}"#);
    let said = bench.run(&["register"]).wrong(&["1 of 2 schemas are refused"]);
    said.has_lines(&[
        "refused door home.doors-value 1 1 NONE",
        "registered lamp home.lamps-value 1 2 BACKWARD_TRANSITIVE (set; it was BACKWARD)",
        "its level cannot be set to FULL",
    ]);
    assert!(said.out.contains("  the registry says: Subject home.doors-value "), "{}", said.out);
    let json = bench.run(&["register", "--json"]).wrong(&["1 of 2 schemas are refused"]).json();
    assert_eq!(
        (json[0]["result"].as_str(), json[1]["result"].as_str()),
        (Some("refused"), Some("unchanged"))
    );
    assert!(json[0]["messages"][0].as_str().unwrap().contains("read-only"), "{}", json[0]);
    let told = ["refused", "registry_level", "streams_level"].map(|name| json[0][name].as_str().unwrap());
    assert_eq!(told, ["level", "NONE", "FULL"]);
}

#[test]
fn a_first_version_whose_level_is_refused_is_unfinished() {
    let bench = Bench::new();
    bench.server.fail_next(FIRST, Fault::Drip(Duration::ZERO));
    bench.server.fail_next(1, Fault::error(422, 42205, "not this one"));
    let said = bench.run(&["register", "lamp"]).wrong(&["1 of 1 schemas are refused"]);
    said.has_lines(&[
        "unfinished lamp home.lamps-value 1 1 BACKWARD",
        "its level cannot be set to BACKWARD_TRANSITIVE",
        "the registry says: not this one",
    ]);
    // The same command goes on from there.
    bench
        .run(&["register", "lamp"])
        .ok()
        .has_lines(&["unchanged lamp home.lamps-value 1 1 BACKWARD_TRANSITIVE (set; it was BACKWARD)"]);
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    bench.change(
        "lamp.avsc",
        "\"type\": \"boolean\"}",
        "\"type\": \"boolean\"},\n{\"name\": \"watts\", \"type\": \"int\", \"default\": 0}",
    );
    let broken =
        r#"{"subject": "home.lamps-value", "version": 1, "id": 1, "schema": "{\"type\": \"what\"}"}"#;
    // The version is read for how the schema stands, and as nothing came of it, to compare it after the level and the versions.
    for answered in [STANDING - 1, 3] {
        bench.server.fail_next(answered, Fault::Drip(Duration::ZERO));
        bench.server.fail_next(1, Fault::answer(200, broken));
    }
    let json = &bench.run(&["register", "lamp", "--json"]).wrong(&["1 of 1 schemas are refused"]).json()[0];
    assert_eq!(json["result"], "refused");
    assert!(json["unreadable"][0].as_str().unwrap().starts_with("version 1 cannot be read: "), "{json}");
    assert!(json["disagreement"].is_null(), "{json}");
    bench
        .run(&["register", "lamp"])
        .ok()
        .has_lines(&["registered lamp home.lamps-value 2 2 BACKWARD_TRANSITIVE"]);
}

#[test]
fn what_is_done_is_told_before_the_next_is_begun() {
    for more in [&[][..], &["--json"]] {
        let bench = Bench::new();
        // All that the first takes; then silence.
        bench.server.fail_next(FIRST + 1, Fault::Drip(Duration::ZERO));
        bench.server.fail(Fault::Hang);
        let mut command = bench.command(&[&["registry", "register"], more].concat());
        let mut child = begun(command.env("SCHEMA_REGISTRY_TIMEOUT_MS", "60000"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = lines.find(|line| line.as_ref().unwrap().contains(DOOR)).unwrap().unwrap();
        assert!(told.contains("registered"), "{told}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn an_interrupt_ends_it_after_the_subject_that_is_under_way() {
    let bench = Bench::new();
    bench.server.fail_next(1, Fault::Drip(Duration::from_millis(50)));
    let child = begun(&mut bench.command(&["registry", "register"]));
    let begin = Instant::now();
    while bench.server.requests().is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(60), "nothing is asked");
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "-INT");
    let said = end(child).failed(&["interrupted; the same command goes on from here"]);
    said.has_lines(&["registered door home.doors-value 1 1 BACKWARD"]);
    assert_eq!(bench.registry.subjects(), [DOOR]);
    bench.run(&["register"]).ok();
    assert_eq!(bench.registry.subjects(), [DOOR, LAMP]);
}
