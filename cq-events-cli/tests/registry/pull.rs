use std::fs;
use std::time::Duration;

use cq_events::registry::LocalRegistry;
use cq_events::testing::Fault;

use crate::common::said;
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
        "RESULT       SUBJECT           VERSION      ID  FILE\n\
         written      home.doors-value        1       1  a/b/home.doors-value.v1.avsc\n\
         written      home.lamps-value        1       2  a/b/home.lamps-value.v1.avsc\n\
         written      home.lamps-value        2       3  a/b/home.lamps-value.v2.avsc\n"
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
    let said = pull(&[]).wrong(&["1 files hold something else", "--force overwrites them"]);
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
fn one_schema_that_cannot_be_read_keeps_no_other_from_its_file() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    let broken =
        r#"{"subject": "home.doors-value", "version": 1, "id": 1, "schema": "{\"type\": \"what\"}"}"#;
    bench.run(&["pull", "--all", "--into", "before"]).ok();
    // As many requests as it took until the version was asked for.
    let asked = bench.server.requests();
    let all = asked.iter().position(|(_, path)| path.starts_with("/subjects?")).unwrap();
    let version =
        asked.iter().rposition(|(_, path)| path == "/subjects/home.doors-value/versions/1").unwrap();
    bench.server.fail_next(version - all, Fault::Drip(Duration::ZERO));
    bench.server.fail_next(1, Fault::answer(200, broken));
    let said = bench
        .run(&["pull", "--all", "--into", "out"])
        .wrong(&["1 versions cannot be read, and were not written"]);
    said.has_lines(&[
        "unreadable home.doors-value 1 - -",
        "written home.lamps-value 1 2 out/home.lamps-value.v1.avsc",
    ]);
    assert!(said.out.contains("home.doors-value version 1: what "), "{}", said.out);
    assert!(!bench.path("out/home.doors-value.v1.avsc").exists());
}

#[test]
fn what_was_written_before_a_failure_is_told() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    for words in [&["pull", "--into", "out"][..], &["pull", "--into", "out-json", "--json"]] {
        // The versions of the first subject, and the first of them.
        bench.server.fail_next(2, Fault::Drip(Duration::ZERO));
        bench.server.fail_next(1, Fault::error(403, 403, "no more"));
        let said = bench.run(words).failed(&["no more"]);
        assert!(said.out.contains("home.doors-value.v1.avsc"), "{}", said.out);
    }
    fs::create_dir_all(bench.path(&format!("taken/{LAMP}.v1.avsc"))).unwrap();
    let said =
        bench.run(&["pull", "--into", "taken"]).failed(&["cannot read taken/home.lamps-value.v1.avsc"]);
    said.has_lines(&["written home.doors-value 1 1 taken/home.doors-value.v1.avsc"]);
}

#[test]
fn that_there_is_nothing_to_pull_is_said() {
    let bench = Bench::new();
    let said = bench.run(&["pull", "--all", "--into", "out"]).ok_saying(&["the registry has no subject"]);
    assert_eq!(said.out, "");
    bench.run(&["register", "door"]).ok();
    let said =
        bench.run(&["pull", "--into", "out"]).ok_saying(&["nothing is registered for home.lamps-value"]);
    assert!(!said.err.contains(DOOR), "{}", said.err);
}

#[cfg(unix)]
#[test]
fn a_folder_whose_name_is_no_text_is_one() {
    use std::os::unix::ffi::OsStrExt as _;

    let bench = Bench::new();
    bench.run(&["register", "door"]).ok();
    let folder = std::ffi::OsStr::from_bytes(b"out-\xff");
    let mut command = bench.command(&["registry", "pull", "door", "--json", "--into"]);
    let json = &said(command.arg(folder)).ok().json()[0];
    assert_eq!(json["file"], "out-\u{fffd}/home.doors-value.v1.avsc");
    assert!(bench.folder.path().join(folder).join("home.doors-value.v1.avsc").is_file());
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
    bench.server.fail_next(1, Fault::Drip(Duration::ZERO));
    let proto = r#"{"subject":"home.lamps-value","version":1,"id":1,"schemaType":"PROTOBUF","schema":"message Lamp {}"}"#;
    bench.server.fail_next(1, Fault::answer(200, proto));
    let said = bench.run(&["pull", "lamp", "--into", "out"]).ok();
    said.has_lines(&["skipped home.lamps-value 1 - -"]);
    assert!(said.out.contains("PROTOBUF"), "{}", said.out);
    bench.server.fail_next(1, Fault::Drip(Duration::ZERO));
    bench.server.fail_next(1, Fault::answer(200, proto));
    let json = &bench.run(&["pull", "lamp", "--into", "out", "--json"]).ok().json()[0];
    assert_eq!(json["result"], "skipped");
    assert!(json["file"].is_null() && json["reason"].is_string(), "{json}");
}
