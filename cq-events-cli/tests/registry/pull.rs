use std::fs;

use cq_events::registry::LocalRegistry;
use cq_events::testing::Fault;

use crate::support::{Bench, DOOR, LAMP};

#[test]
fn registered_versions_become_files_that_the_local_registry_reads() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    bench.change(
        "lamp.avsc",
        "\"type\": \"boolean\"}",
        "\"type\": \"boolean\"},\n{\"name\": \"watts\", \"type\": \"int\", \"default\": 0}",
    );
    bench.run(&["register"]).ok();
    let said = bench.run(&["pull", "--into", "a/b"]).ok();
    assert_eq!(
        said.out,
        "RESULT   SUBJECT           VERSION  ID  FILE\n\
         written  home.doors-value        1   1  a/b/home.doors-value.v1.avsc\n\
         written  home.lamps-value        1   2  a/b/home.lamps-value.v1.avsc\n\
         written  home.lamps-value        2   3  a/b/home.lamps-value.v2.avsc\n"
    );
    LocalRegistry::with_folder(bench.path("a/b")).unwrap();
    let names: Vec<_> =
        fs::read_dir(bench.path("a/b")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing else is left there: {names:?}");
    let pulled = fs::read_to_string(bench.path("a/b/home.lamps-value.v2.avsc")).unwrap();
    assert!(pulled.contains("\"watts\"") && pulled.ends_with("]\n"), "{pulled}");
}

#[test]
fn what_is_there_stays_and_what_differs_is_overwritten_by_force_alone() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    let pull = |more: &[&str]| bench.run(&[&["pull", "--into", "out", "--json"][..], more].concat());
    pull(&["lamp"]).ok();
    let file = bench.path(&format!("out/{LAMP}.v1.avsc"));
    let written = fs::read_to_string(&file).unwrap();
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    let results = |json: Vec<serde_json::Value>| -> Vec<(String, String)> {
        let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
        json.iter().map(|row| (text(row, "subject"), text(row, "result"))).collect()
    };
    let row = |subject: &str, result: &str| (subject.to_owned(), result.to_owned());
    assert_eq!(results(pull(&[]).ok().json()), [row(DOOR, "written"), row(LAMP, "unchanged")]);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);

    fs::write(&file, "mine").unwrap();
    let said = pull(&[]).failed(&["1 files hold something else", "--force overwrites them"]);
    assert_eq!(results(said.json()), [row(DOOR, "unchanged"), row(LAMP, "differs")]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(results(pull(&["--force"]).ok().json()), [row(DOOR, "unchanged"), row(LAMP, "overwritten")]);
    assert_eq!(fs::read_to_string(&file).unwrap(), written);
}

#[test]
fn every_subject_of_the_registry_has_a_file_inside_the_folder() {
    let bench = Bench::new();
    for subject in ["../../up", "a/b", "a%2Fb", "übung", "with space"] {
        bench.registry.register(subject, "\"string\"").unwrap();
    }
    fs::remove_file(bench.path("streams.toml")).unwrap();
    bench.run(&["pull", "--all", "--into", "out"]).ok();
    let mut names: Vec<String> = fs::read_dir(bench.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "%C3%BCbung.v1.avsc",
            "..%2F..%2Fup.v1.avsc",
            "a%252Fb.v1.avsc",
            "a%2Fb.v1.avsc",
            "with%20space.v1.avsc"
        ]
    );
    LocalRegistry::with_folder(bench.path("out")).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    bench.write("file", "");
    bench.run(&["pull", "--into", "file"]).failed(&["cannot create the folder file"]);
    bench.run(&["pull", "--into", "file/below"]).failed(&["cannot create the folder file/below"]);
    // Root may write anywhere, but a folder in the place of the file stops it too.
    fs::create_dir_all(bench.path(&format!("taken/{DOOR}.v1.avsc"))).unwrap();
    bench.run(&["pull", "--into", "taken"]).failed(&["cannot read taken/home.doors-value.v1.avsc"]);
    fs::create_dir_all(bench.path(&format!("taken-part/{DOOR}.v1.avsc.part"))).unwrap();
    bench
        .run(&["pull", "--into", "taken-part"])
        .failed(&["cannot write taken-part/home.doors-value.v1.avsc"]);
}

#[test]
fn schemas_of_other_kinds_are_passed_over() {
    let bench = Bench::new();
    bench.run(&["register", "lamp"]).ok();
    // The versions, and the first of them.
    bench.server.fail_next(1, Fault::Drip(std::time::Duration::ZERO));
    let proto = r#"{"subject":"home.lamps-value","version":1,"id":1,"schemaType":"PROTOBUF","schema":"message Lamp {}"}"#;
    bench.server.fail_next(1, Fault::answer(200, proto));
    let said = bench.run(&["pull", "lamp", "--into", "out"]).ok();
    assert!(said.out.contains("skipped  home.lamps-value") && said.out.contains("PROTOBUF"), "{}", said.out);
}
