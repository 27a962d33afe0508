//! What the build says after an edit of a schema. Each case is a small workspace in a temporary folder: the fixture's
//! schemas, edited, and an application that handles their events. All share one target folder.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "it is all tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

const APPLICATION: &str = r#"
use cq_events::{EventHandler, Handled, Message, Unknown};
use lamp_events::lamp::{LampBroken, LampEvent, LampEventHandler, LampSwitched};

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Logger;

impl LampEventHandler for Logger {
    async fn on_lamp_switched(&self, _: LampSwitched, _: &Message) -> Handled {
        Ok(())
    }
    async fn on_lamp_broken(&self, _: LampBroken, _: &Message) -> Handled {
        Ok(())
    }
    async fn on_unknown(&self, _: Unknown, _: &Message) -> Handled {
        Ok(())
    }
}

#[derive(EventHandler)]
#[handles(LampEvent)]
struct Repairs;

impl LampEventHandler for Repairs {
    cq_events::skip!(LampSwitched);
    async fn on_lamp_broken(&self, _: LampBroken, _: &Message) -> Handled {
        Ok(())
    }
    async fn on_unknown(&self, _: Unknown, _: &Message) -> Handled {
        Ok(())
    }
}

fn is_handler(_: impl EventHandler) {}

fn main() {
    is_handler(Logger);
    is_handler(Repairs);
}
"#;

/// What `cargo check` says when the lamp's schema is edited so, one finding per line.
fn check(edit: impl FnOnce(String) -> String) -> (bool, String) {
    check_file("lamp.avsc", edit)
}

/// The same for another file of the events' package.
fn check_file(edited: &str, edit: impl FnOnce(String) -> String) -> (bool, String) {
    // One cargo at a time in the shared target folder, and one lamp-events.
    static CARGO: Mutex<()> = Mutex::new(());
    let _turn = CARGO.lock().unwrap_or_else(PoisonError::into_inner);

    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let fixture = repository.join("tests/fixtures/lamp");
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: String| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for file in ["build.rs", "src/lib.rs", "streams.toml", "room.avsc", "lamp.avsc"] {
        let text = fs::read_to_string(fixture.join(file)).unwrap();
        write(&format!("events/{file}"), text);
    }
    let text = fs::read_to_string(fixture.join(edited)).unwrap();
    write(&format!("events/{edited}"), edit(text));
    let runtime = format!(
        "cq-events = {{ path = {:?}, default-features = false }}",
        repository.join("cq-events").display().to_string()
    );
    let build = format!(
        "cq-events-build = {{ path = {:?} }}",
        repository.join("cq-events-build").display().to_string()
    );
    let package =
        |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
    write(
        "events/Cargo.toml",
        format!("{}\n[dependencies]\n{runtime}\n\n[build-dependencies]\n{build}\n", package("lamp-events")),
    );
    write(
        "app/Cargo.toml",
        format!(
            "{}\n[dependencies]\n{runtime}\nlamp-events = {{ path = \"../events\" }}\n",
            package("lamp-app")
        ),
    );
    write("app/src/main.rs", APPLICATION.to_owned());
    write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"app\", \"events\"]\n".to_owned());
    fs::copy(repository.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();

    let output = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"))
        .args(["check", "--workspace", "--all-targets", "--keep-going", "--message-format", "short"])
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_TERM_COLOR", "never")
        .current_dir(folder.path())
        .output()
        .expect("cargo runs");
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// A folder of the tests' own in the target folder.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    test.ancestors().nth(3).expect("target/debug/deps").join("tests/schema-edits")
}

fn errors(output: &str) -> Vec<&str> {
    // Not just the word: cargo also names the packages that it compiles, and one of them is `thiserror`.
    let is_error = |line: &&str| line.contains("error:") || line.contains("error[");
    output.lines().filter(is_error).filter(|line| !line.contains("could not compile")).collect()
}

#[test]
fn without_an_edit_it_compiles() {
    let (success, output) = check(|schema| schema);
    assert!(success, "{output}");
}

/// One error per handler, which names the new event, and no other.
#[test]
fn an_added_event_stops_every_handler_that_does_not_know_it() {
    let added = r#"
      ,{"type": "record", "name": "LampDimmed", "namespace": "test.lamp", "fields": [
        {"name": "lamp_id", "type": "string"}, {"name": "percent", "type": "int"}
      ]}
    ]"#;
    let (success, output) = check(|schema| {
        let end = schema.rfind(']').expect("a union");
        schema[..end].to_owned() + added
    });
    assert!(!success);
    let mut errors = errors(&output);
    // `--all-targets` checks the program twice: as itself, and as its own test.
    errors.sort_unstable();
    errors.dedup();
    assert_eq!(errors.len(), 2, "{output}");
    for error in errors {
        assert!(error.starts_with("app/src/main.rs:"), "{error}");
        assert!(error.contains("E0046") && error.contains("missing: `on_lamp_dimmed`"), "{error}");
    }
}

/// The place in the schema, the line with carets, and the hint; nothing from rustc beside it.
#[test]
fn a_typo_in_a_schema_is_an_error_at_its_line_and_column() {
    let (success, output) = check(|schema| schema.replacen("\"boolean\"", "\"bolean\"", 1));
    assert!(!success);
    let errors = errors(&output);
    let text = errors.join("\n");
    assert!(text.contains("events/lamp.avsc:10:30: unknown type `test.lamp.bolean`"), "{output}");
    assert!(text.contains("^^^^^^^^"), "{output}");
    assert!(text.contains("did you mean `boolean`?"), "{output}");
    let ours = |error: &&str| error.contains("lamp-events@") || *error == "error: build script logged errors";
    assert!(errors.iter().all(ours), "{output}");
}

/// The runtime here has no feature `serde`.
#[test]
fn json_forms_without_the_feature_are_one_error() {
    let (success, output) = check_file("streams.toml", |streams| streams + "\nserde = true\n");
    assert!(!success);
    let mut errors = errors(&output);
    errors.sort_unstable();
    errors.dedup();
    let expected = "error: a stream has `serde = true` in its streams.toml: add the feature \"serde\" to the dependency \
                    cq-events";
    assert!(errors.len() == 1 && errors.iter().all(|error| error.ends_with(expected)), "{output}");
}
