//! A registry, a folder with streams, and the command on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cq_events::testing::{MemoryRegistry, RegistryServer};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub(crate) const LAMP: &str = "home.lamps-value";
pub(crate) const DOOR: &str = "home.doors-value";

const STREAMS: &str = "\
[stream.lamp]
schema = \"lamp.avsc\"
topic = \"home.lamps\"
compatibility = \"BACKWARD_TRANSITIVE\"

[stream.door]
schema = \"door.avsc\"
topic = \"home.doors\"
";
const LAMP_SCHEMA: &str = r#"[
  {
    "type": "record",
    "name": "Switched",
    "namespace": "home.lamp",
    "fields": [
      {"name": "lamp", "type": "string"},
      {"name": "on", "type": "boolean"}
    ]
  }
]
"#;
const DOOR_SCHEMA: &str = r#"[
  {"type": "record", "name": "Opened", "namespace": "home.door", "fields": [{"name": "door", "type": "string"}]},
  {"type": "record", "name": "Closed", "namespace": "home.door", "fields": [{"name": "door", "type": "string"}]}
]
"#;

pub(crate) struct Bench {
    pub(crate) registry: MemoryRegistry,
    pub(crate) server: RegistryServer,
    pub(crate) folder: TempDir,
    /// In which the server lives.
    _runtime: Runtime,
}

/// What a run of the command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The lines of JSON.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }

    pub(crate) fn ok(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:#?}");
        self
    }

    pub(crate) fn failed(self, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{self:#?}");
        parts.iter().for_each(|part| assert!(self.err.contains(part), "{part} is missing: {}", self.err));
        self
    }

    /// The output has these lines, whatever the columns.
    pub(crate) fn has_lines(&self, lines: &[&str]) {
        let squeezed: Vec<String> =
            self.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        for line in lines {
            assert!(squeezed.iter().any(|squeezed| squeezed == line), "{line} is missing:\n{}", self.out);
        }
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let registry = MemoryRegistry::new();
        let server = runtime.block_on(RegistryServer::start(registry.clone())).unwrap();
        let bench = Self { registry, server, folder: tempfile::tempdir().unwrap(), _runtime: runtime };
        bench.write("streams.toml", STREAMS);
        bench.write("lamp.avsc", LAMP_SCHEMA);
        bench.write("door.avsc", DOOR_SCHEMA);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Changes a file of the folder.
    pub(crate) fn change(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, &text.replace(from, to));
    }

    /// The command, in the folder, with the environment that reaches the registry and no other.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = in_folder(self.folder.path(), arguments);
        command.env("SCHEMA_REGISTRY_URL", self.server.url()).env("SCHEMA_REGISTRY_TIMEOUT_MS", "30000");
        command
    }

    /// `cq-events registry`, with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let arguments: Vec<&str> = ["registry"].iter().chain(arguments).copied().collect();
        said(&mut self.command(&arguments))
    }
}

pub(crate) fn in_folder(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cq-events"));
    command.env_clear().args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
