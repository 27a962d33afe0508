//! The command line `cq-events registry`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use chip_quality_events::STREAMS;
use cq_events_schema::normalise;
use cq_events_tests::command::program;
use cq_events_tests::registries::Registry;
use serde_json::Value;
use tempfile::TempDir;

use crate::differences;

against_each! {
    the_platform_s_schemas_are_registered_and_pulled,
    a_schema_that_grows_is_checked_registered_and_pulled,
    a_schema_that_may_not_follow_is_refused,
    a_time_in_another_unit_is_refused,
    a_registry_that_is_down_is_named,
}

const STREAM: &str = "\
[stream.order]
schema = \"order.avsc\"
topic = \"shop.orders\"
compatibility = \"BACKWARD_TRANSITIVE\"
";
const SUBJECT: &str = "shop.orders-value";
const ORDER: &str = r#"[
  {"type": "record", "name": "Placed", "namespace": "shop.order", "fields": [
    {"name": "id", "type": "string"},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}
  ]}
]
"#;

/// What a run of the command said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    rows: Vec<Value>,
    err: String,
}

/// `cq-events registry`, in a folder.
async fn run(registry: &Registry, folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(program());
    command.env_clear().env("SCHEMA_REGISTRY_URL", registry.url()).env("SCHEMA_REGISTRY_TIMEOUT_MS", "5000");
    command.arg("registry").args(arguments).arg("--json").current_dir(folder).stdin(Stdio::null());
    // Ours answers in this process.
    let output = tokio::task::spawn_blocking(move || command.output().expect("it starts"));
    let output = output.await.expect("no panic");
    let out = String::from_utf8(output.stdout).expect("it prints text");
    let row = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    Said {
        code: output.status.code(),
        rows: out.lines().map(row).collect(),
        err: String::from_utf8(output.stderr).expect("it prints text"),
    }
}

impl Said {
    /// It succeeds without a word to the person.
    fn ok(self) -> Vec<Value> {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:#?}");
        self.rows
    }

    /// It is done, and something is wrong.
    fn wrong(self, part: &str) -> Vec<Value> {
        assert!(self.code == Some(1) && self.err.contains(part), "{self:#?}");
        self.rows
    }

    /// It cannot be done, and says so.
    fn failed(self, part: &str) -> Vec<Value> {
        assert!(self.code == Some(3) && self.err.contains(part), "{self:#?}");
        self.rows
    }
}

/// A folder with the stream, and the first version of its schema in the registry.
async fn folder(registry: &Registry) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("streams.toml"), STREAM).expect("it is written");
    fs::write(folder.path().join("order.avsc"), ORDER).expect("it is written");
    let rows = run(registry, folder.path(), &["register"]).await.ok();
    assert_eq!(rows.len(), 1);
    has(
        &rows[0],
        &[("subject", SUBJECT), ("result", "registered"), ("registry_level", "BACKWARD_TRANSITIVE")],
    );
    folder
}

/// Writes the schema anew with another text in it.
fn change(folder: &TempDir, from: &str, to: &str) {
    assert!(ORDER.contains(from), "{from}");
    fs::write(folder.path().join("order.avsc"), ORDER.replace(from, to)).expect("it is written");
}

fn has(row: &Value, fields: &[(&str, &str)]) {
    fields.iter().for_each(|(name, value)| assert_eq!(row[*name], *value, "{name} in {row}"));
}

fn column<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str().unwrap_or_else(|| panic!("no {name} in {row}"))).collect()
}

async fn the_platform_s_schemas_are_registered_and_pulled(registry: &mut Registry) {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let run = async |arguments: &[&str]| run(registry, &schemas, arguments).await.ok();
    let count = STREAMS.len();
    assert_eq!(column(&run(&["check"]).await, "subject").len(), count);
    assert_eq!(column(&run(&["status"]).await, "state"), vec!["unregistered"; count]);
    assert_eq!(column(&run(&["register", "--dry-run"]).await, "result"), vec!["registered"; count]);
    assert_eq!(column(&run(&["register"]).await, "result"), vec!["registered"; count]);
    assert_eq!(column(&run(&["register"]).await, "result"), vec!["unchanged"; count]);
    let status = run(&["status", "--all"]).await;
    assert_eq!(column(&status, "state"), vec!["latest"; count], "and no other subjects");
    for row in &status {
        has(row, &[("registry_level", "BACKWARD_TRANSITIVE")]);
        assert_eq!(row["drift"], false, "{row}");
    }

    let into = tempfile::tempdir().expect("a folder");
    let words = ["pull", "--into", into.path().to_str().expect("text")];
    assert_eq!(column(&run(&words).await, "result"), vec!["written"; count]);
    assert_eq!(column(&run(&words).await, "result"), vec!["unchanged"; count]);
    for stream in STREAMS {
        let file = into.path().join(format!("{}-value.v1.avsc", stream.topic));
        let pulled = fs::read_to_string(file).expect("it is there");
        let [pulled, own] = [&*pulled, stream.schema].map(|text| normalise(text).expect("a schema"));
        assert_eq!(pulled, own, "{}", stream.topic);
    }
}

async fn a_schema_that_grows_is_checked_registered_and_pulled(registry: &mut Registry) {
    let folder = folder(registry).await;
    let path = folder.path();
    change(&folder, "\"string\"},", "\"string\"}, {\"name\": \"count\", \"type\": \"int\", \"default\": 1},");
    has(&run(registry, path, &["status"]).await.ok()[0], &[("state", "changed")]);
    let check = run(registry, path, &["check"]).await.ok();
    assert_eq!((&check[0]["result"], &check[0]["versions"]), (&"compatible".into(), &1.into()), "{check:?}");
    let registered = run(registry, path, &["register"]).await.ok();
    assert_eq!((&registered[0]["result"], &registered[0]["version"]), (&"registered".into(), &2.into()));

    fs::write(path.join("order.avsc"), ORDER).expect("it is written");
    let status = run(registry, path, &["status"]).await.ok();
    has(&status[0], &[("state", "older")]);
    assert_eq!((&status[0]["version"], &status[0]["latest"]), (&1.into(), &2.into()));
    let pulled = run(registry, path, &["pull", "--into", "pulled"]).await.ok();
    assert_eq!(column(&pulled, "file"), [1, 2].map(|number| format!("pulled/{SUBJECT}.v{number}.avsc")));
}

async fn a_schema_that_may_not_follow_is_refused(registry: &mut Registry) {
    let folder = folder(registry).await;
    let path = folder.path();
    change(&folder, "\"string\"},", "\"string\"}, {\"name\": \"count\", \"type\": \"int\"},");
    let check = run(registry, path, &["check"]).await.wrong("1 of 1 schemas may not follow");
    assert_eq!((&check[0]["result"], &check[0]["registry_accepts"]), (&"incompatible".into(), &false.into()));
    let finding = &check[0]["findings"][0];
    has(finding, &[("rule", "missing-field-without-default"), ("direction", "backward")]);
    assert!(finding["at"].as_str().expect("a place").starts_with("order.avsc:3:"), "{finding}");
    let said = if check[0]["messages"] == Value::Array(Vec::new()) { "not said" } else { "said" };
    differences::check(registry, "why a check fails", said);

    let refused = run(registry, path, &["register"]).await.wrong("1 of 1 schemas are refused");
    has(&refused[0], &[("result", "refused")]);
    let status = run(registry, path, &["status"]).await.ok();
    assert_eq!(status[0]["latest"], 1, "nothing was registered");
}

/// Which Apicurio would take.
async fn a_time_in_another_unit_is_refused(registry: &mut Registry) {
    let folder = folder(registry).await;
    change(&folder, "timestamp-millis", "timestamp-micros");
    let check = run(registry, folder.path(), &["check"]).await.wrong("1 of 1 schemas may not follow");
    has(&check[0]["findings"][0], &[("rule", "logical-type-mismatch")]);
    let taken = check[0]["registry_accepts"].as_bool().expect("told");
    differences::check(registry, "micros after millis", if taken { "compatible" } else { "incompatible" });
    assert_eq!(check[0]["disagreement"].is_string(), taken, "{}", check[0]);

    let refused = run(registry, folder.path(), &["register"]).await.wrong("1 of 1 schemas are refused");
    has(&refused[0], &[("result", "refused")]);
    let status = run(registry, folder.path(), &["status"]).await.ok();
    assert_eq!(status[0]["latest"], 1, "nothing was registered");
}

async fn a_registry_that_is_down_is_named(registry: &mut Registry) {
    let folder = folder(registry).await;
    registry.stop().await;
    for words in [&["status"][..], &["check"], &["register"], &["pull", "--into", "pulled"]] {
        let rows = run(registry, folder.path(), words).await.failed(&registry.url());
        assert!(rows.is_empty(), "{rows:?}");
    }
    registry.start_again().await;
    let status = run(registry, folder.path(), &["status"]).await.ok();
    has(&status[0], &[("state", "latest")]);
}
