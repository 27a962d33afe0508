//! What the README shows is what there is. Its Rust is compiled as documentation tests of `cq-events-examples`; this
//! is the rest: the schema, the two files of one line each, and the variables.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "it is all tests")]

use std::fs;
use std::path::Path;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The first block of code with this info string.
fn block(info: &str) -> String {
    let readme = readme();
    let (_, rest) = readme.split_once(&format!("```{info}\n")).expect("the block is there");
    rest.split_once("```").expect("the block ends").0.to_owned()
}

#[test]
fn the_first_schema_can_be_generated() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("streams.toml"), block("toml")).unwrap();
    fs::write(folder.path().join("lamp.avsc"), block("json")).unwrap();
    let generated = cq_events_build::generate(&folder.path().join("streams.toml"), folder.path());
    let code = generated.code.unwrap();
    assert!(code.contains("pub mod lamp") && code.contains("pub enum LampEvent"));
}

/// The files that every package of schemas has; those of the platform are compiled.
#[test]
fn build_rs_and_lib_rs_are_those_of_the_platform() {
    let code = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("//") && !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let schemas = repository().join("schemas");
    let mut platform = code(&fs::read_to_string(schemas.join("build.rs")).unwrap());
    platform.extend(code(&fs::read_to_string(schemas.join("src/lib.rs")).unwrap()));
    assert_eq!(code(&block("rust,ignore")), platform);
}

#[test]
fn every_variable_of_the_configuration_is_described() {
    let documented = fs::read_to_string(repository().join("cq-events/src/kafka/config/env.rs")).unwrap();
    let readme = readme();
    let names = documented.split('"').filter(|name| name.starts_with("KAFKA_") && !name.ends_with('_'));
    let mut count = 0;
    for name in names.filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')) {
        let suffix = name.trim_start_matches("KAFKA_SASL").trim_start_matches("KAFKA_SSL");
        assert!(readme.contains(&format!("`{name}`")) || readme.contains(&format!("`{suffix}`")), "{name}");
        count += 1;
    }
    assert!(count >= 15, "only {count} variables were found");
}

/// The mistake that the README shows, made in the platform's own schema.
#[test]
fn the_mistake_is_reported_as_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let schemas = folder.path().join("schemas");
    fs::create_dir(&schemas).unwrap();
    for entry in fs::read_dir(repository().join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, schemas.join(path.file_name().unwrap())).unwrap();
        }
    }
    let inspection = schemas.join("inspection.avsc");
    let text = fs::read_to_string(&inspection).unwrap();
    let wrong = text.replacen(
        "{\"name\": \"chip_id\", \"type\": \"string\"",
        "{\"name\": \"chip_id\", \"type\": \"strin\"",
        1,
    );
    assert_ne!(wrong, text);
    fs::write(&inspection, wrong).unwrap();
    let generated = cq_events_build::generate(&schemas.join("streams.toml"), folder.path());
    let report = generated.code.unwrap_err().to_string();
    assert!(readme().contains(&report), "the README does not show:\n{report}");
}

/// The compiler's words are proven by the compile tests; this is the place that they name.
#[test]
fn the_unhandled_event_is_shown_at_its_impl() {
    let example = fs::read_to_string(repository().join("examples/examples/consume.rs")).unwrap();
    let head = "impl InspectionEventHandler for Printer {";
    let line = example.lines().position(|line| line == head).expect("the impl is there") + 1;
    assert!(readme().contains(&format!("examples/examples/consume.rs:{line}:1")));
    assert!(readme().contains(&format!("{line} | {head}")));
}
