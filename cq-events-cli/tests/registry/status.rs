use cq_events::registry::Level;

use crate::support::{Bench, DOOR, LAMP};

#[test]
fn subjects_are_shown_as_they_stand() {
    let bench = Bench::new();
    bench.run(&["status"]).ok().has_lines(&[
        "door home.doors-value unregistered - - - BACKWARD",
        "lamp home.lamps-value unregistered - - - BACKWARD (streams.toml: BACKWARD_TRANSITIVE)",
    ]);
    bench.run(&["register"]).ok();
    assert_eq!(
        bench.run(&["status"]).ok().out,
        "STREAM  SUBJECT           STATE         VERSION  LATEST      ID  LEVEL\n\
         door    home.doors-value  latest              1       1       1  BACKWARD\n\
         lamp    home.lamps-value  latest              1       1       2  BACKWARD_TRANSITIVE\n"
    );
    bench.change("lamp.avsc", "\"name\": \"on\",", "\"name\": \"on\", \"doc\": \"Whether it is on.\",");
    bench
        .run(&["status", "lamp"])
        .ok()
        .has_lines(&["lamp home.lamps-value changed - 1 - BACKWARD_TRANSITIVE"]);
    bench.run(&["register", "lamp"]).ok();
    bench.change("lamp.avsc", ", \"doc\": \"Whether it is on.\"", "");
    bench.run(&["status", "lamp"]).ok().has_lines(&["lamp home.lamps-value older 1 2 2 BACKWARD_TRANSITIVE"]);
}

#[test]
fn spacing_and_the_order_of_keys_are_no_drift() {
    let bench = Bench::new();
    bench.run(&["register", "door"]).ok();
    bench.change(
        "door.avsc",
        "\"type\": \"record\", \"name\": \"Opened\",",
        "\"name\":\"Opened\",\"type\":\"record\",\n\n",
    );
    let json = &bench.run(&["status", "door", "--json"]).ok().json()[0];
    assert_eq!((json["state"].as_str(), json["drift"].as_bool()), (Some("latest"), Some(false)));
}

#[test]
fn programs_are_told_what_drifts() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    bench.registry.set_level(Some(LAMP), Level::None);
    bench.registry.register("other-value", "\"string\"").unwrap();
    let json = bench.run(&["status", "--all", "--json"]).ok().json();
    let shown: Vec<_> = json
        .iter()
        .map(|row| {
            (
                row["subject"].as_str().unwrap(),
                row["state"].as_str().unwrap(),
                row["drift"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [(DOOR, "latest", false), (LAMP, "latest", true), ("other-value", "foreign", false)]);
    assert_eq!(
        (json[1]["registry_level"].as_str(), json[1]["streams_level"].as_str()),
        (Some("NONE"), Some("BACKWARD_TRANSITIVE"))
    );
    assert!(json[2]["stream"].is_null());
    bench.run(&["status", "--all"]).ok().has_lines(&["- other-value foreign - 1 - BACKWARD"]);
}

#[test]
fn all_of_the_registry_is_shown_with_and_without_streams() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    let said = bench.run(&["status", "door", "--all"]);
    assert_eq!((said.code, said.err.contains("cannot be used with")), (Some(2), true), "{said:?}");
    std::fs::remove_file(bench.path("streams.toml")).unwrap();
    bench.run(&["status", "--all"]).ok().has_lines(&[
        "- home.doors-value foreign - 1 - BACKWARD",
        "- home.lamps-value foreign - 1 - BACKWARD_TRANSITIVE",
    ]);
    bench.run(&["status", "--all", "--streams", "none.toml"]).failed(&["cannot read none.toml"]);
}

#[test]
fn nothing_that_a_terminal_obeys_is_written() {
    let bench = Bench::new();
    let evil = "\u{202e}owned\u{200b}";
    bench.registry.register(evil, "\"string\"").unwrap();
    for words in
        [&["status", "--all"][..], &["status", "--all", "--json"], &["pull", "--all", "--into", "out"]]
    {
        let said = bench.run(words).ok();
        assert!(!said.out.contains(['\u{200b}', '\u{202e}']) && said.out.contains("owned"), "{:?}", said.out);
    }
}
