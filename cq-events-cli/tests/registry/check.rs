use std::time::Duration;

use cq_events::registry::Level;
use cq_events::testing::Fault;

use crate::support::{Bench, LAMP};

#[test]
fn what_may_follow_is_no_failure() {
    let bench = Bench::new();
    bench.run(&["check"]).ok().has_lines(&[
        "new door home.doors-value 0 yes yes BACKWARD",
        "new lamp home.lamps-value 0 yes yes BACKWARD (streams.toml: BACKWARD_TRANSITIVE)",
    ]);
    bench.run(&["register"]).ok();
    bench.change(
        "lamp.avsc",
        "\"type\": \"boolean\"}",
        "\"type\": \"boolean\"},\n{\"name\": \"watts\", \"type\": \"int\", \"default\": 0}",
    );
    bench.run(&["check"]).ok().has_lines(&[
        "compatible door home.doors-value 1 yes yes BACKWARD",
        "compatible lamp home.lamps-value 1 yes yes BACKWARD_TRANSITIVE",
    ]);
    assert_eq!(bench.registry.versions(LAMP), [1], "nothing is registered");
}

#[test]
fn what_may_not_follow_is_told_by_both_with_its_place() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    bench.change(
        "lamp.avsc",
        "\"type\": \"boolean\"}",
        "\"type\": \"boolean\"},\n      {\"name\": \"watts\", \"type\": \"int\"}",
    );
    let said = bench.run(&["check"]).wrong(&["1 of 2 schemas may not follow what is registered"]);
    said.has_lines(&["incompatible lamp home.lamps-value 1 no no BACKWARD_TRANSITIVE"]);
    assert!(said.out.contains("\nhome.lamps-value\n  the registry says: "), "{}", said.out);
    assert!(said.out.contains(
        "  lamp.avsc:9:16: Switched.watts: the writer's `home.lamp.Switched` has no field `watts`"
    ));
    assert!(said.out.contains("[missing-field-without-default, backward, version 1]"), "{}", said.out);
    assert!(!said.out.contains("disagree"), "{}", said.out);

    let json = bench.run(&["check", "--json"]).wrong(&["1 of 2"]).json();
    assert_eq!(
        (json[0]["result"].as_str(), json[1]["result"].as_str()),
        (Some("compatible"), Some("incompatible"))
    );
    assert_eq!(
        (json[1]["registry_accepts"].as_bool(), json[1]["checker_accepts"].as_bool()),
        (Some(false), Some(false))
    );
    assert!(!json[1]["messages"].as_array().unwrap().is_empty(), "{}", json[1]);
    assert_eq!(json[1]["findings"][0]["at"], "lamp.avsc:9:16");
}

#[test]
fn where_registry_and_checker_disagree_is_told() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    bench.registry.set_level(Some(LAMP), Level::None);
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    let said = bench.run(&["check", "lamp"]).wrong(&["1 of 1"]);
    said.has_lines(&[
        "incompatible lamp home.lamps-value 1 yes no NONE (streams.toml: BACKWARD_TRANSITIVE, which counts)",
        "they disagree: the registry would take it; the registry goes by NONE, and streams.toml says BACKWARD_TRANSITIVE",
    ]);
}

#[test]
fn a_level_that_is_about_to_be_replaced_does_not_count() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    bench.change("streams.toml", "BACKWARD_TRANSITIVE", "NONE");
    bench.run(&["check", "lamp"]).ok().has_lines(&[
        "compatible lamp home.lamps-value 0 no yes BACKWARD_TRANSITIVE (streams.toml: NONE, which counts)",
    ]);
    let json = &bench.run(&["check", "lamp", "--json"]).ok().json()[0];
    let told = ["result", "registry_level", "streams_level"].map(|name| json[name].as_str().unwrap());
    assert_eq!(told, ["compatible", "BACKWARD_TRANSITIVE", "NONE"]);
    assert_eq!(json["registry_accepts"], false);
    bench
        .run(&["register", "lamp"])
        .ok()
        .has_lines(&["registered lamp home.lamps-value 2 2 NONE (set; it was BACKWARD_TRANSITIVE)"]);
}

#[test]
fn all_versions_count_where_the_level_says_so() {
    let bench = Bench::new();
    bench.run(&["register", "door"]).ok();
    let default = "\"name\": \"door\", \"type\": \"string\"";
    bench.change(
        "door.avsc",
        default,
        &format!("{default}}}, {{\"name\": \"by\", \"type\": \"int\", \"default\": 0"),
    );
    bench.run(&["register", "door"]).ok();
    bench.change("door.avsc", ", \"default\": 0", "");
    // The version before has the field; the first has not.
    bench.run(&["check", "door"]).ok().has_lines(&["compatible door home.doors-value 1 yes yes BACKWARD"]);
    bench.registry.set_level(Some("home.doors-value"), Level::BackwardTransitive);
    bench
        .run(&["check", "door"])
        .wrong(&["1 of 1"])
        .has_lines(&["incompatible door home.doors-value 2 no no BACKWARD_TRANSITIVE"]);
}

#[test]
fn a_version_that_cannot_be_read_is_no_disagreement() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    let broken =
        r#"{"subject": "home.lamps-value", "version": 1, "id": 1, "schema": "{\"type\": \"what\"}"}"#;
    let broken_once = || {
        // The level, and twice the versions; then the version.
        bench.server.fail_next(3, Fault::Drip(Duration::ZERO));
        bench.server.fail_next(1, Fault::answer(200, broken));
    };
    broken_once();
    let said = bench.run(&["check", "lamp"]).wrong(&["1 of 1"]);
    said.has_lines(&["unknown lamp home.lamps-value 0 yes unknown BACKWARD_TRANSITIVE"]);
    assert!(said.out.contains("\n  version 1 cannot be read: "), "{}", said.out);
    assert!(!said.out.contains("disagree"), "{}", said.out);
    broken_once();
    let json = &bench.run(&["check", "lamp", "--json"]).wrong(&["1 of 1"]).json()[0];
    assert_eq!((json["versions"].as_i64(), json["compared"].as_i64()), (Some(1), Some(0)));
    assert_eq!(json["result"], "unknown");
    assert!(json["checker_accepts"].is_null(), "{json}");
    assert!(json["disagreement"].is_null() && json["unreadable"].as_array().unwrap().len() == 1, "{json}");
}
