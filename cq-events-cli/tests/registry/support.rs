//! A registry, a folder with streams, and the command on them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use cq_events::testing::{MemoryRegistry, RegistryServer};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::common::{Said, cq_events, registry, said};

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

impl Bench {
    pub(crate) fn new() -> Self {
        let (registry, server, runtime) = registry();
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

    /// Asks the registry to change something for which it has no method.
    pub(crate) fn put(&self, path: &str, body: &str) {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        let length = body.len();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
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
    let mut command = cq_events(arguments);
    command.current_dir(folder);
    command
}
