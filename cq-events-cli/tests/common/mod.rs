//! The command as a process of its own, what it said, and a registry for it to ask.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use cq_events::testing::{MemoryRegistry, RegistryServer};
use tokio::runtime::{Builder, Runtime};

/// What a run of the command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The lines of JSON.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }

    /// It is done, and nothing was said beside.
    pub(crate) fn ok(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:#?}");
        self
    }

    /// It is done, and this was said beside.
    pub(crate) fn ok_saying(self, parts: &[&str]) -> Self {
        self.ended(0, parts)
    }

    /// It is done, and something is wrong.
    pub(crate) fn wrong(self, parts: &[&str]) -> Self {
        self.ended(1, parts)
    }

    /// It could not be done, or not to its end.
    pub(crate) fn failed(self, parts: &[&str]) -> Self {
        self.ended(3, parts)
    }

    fn ended(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        parts.iter().for_each(|part| assert!(self.err.contains(part), "{part} is missing: {}", self.err));
        self
    }

    /// The output has these lines, whatever the columns.
    pub(crate) fn has_lines(&self, lines: &[&str]) {
        let squeezed: Vec<String> = self.out.lines().map(squeezed).collect();
        for line in lines {
            assert!(squeezed.iter().any(|squeezed| squeezed == line), "{line} is missing:\n{}", self.out);
        }
    }
}

/// A line with one blank where it has several.
pub(crate) fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The command, with an empty environment.
pub(crate) fn cq_events(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cq-events"));
    command.env_clear().args(arguments).stdin(Stdio::null());
    command
}

pub(crate) fn said(command: &mut Command) -> Said {
    Said::of(command.output().unwrap())
}

/// The command, under way.
pub(crate) fn begun(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What one that is under way says until its end.
pub(crate) fn end(child: Child) -> Said {
    Said::of(child.wait_with_output().unwrap())
}

pub(crate) fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// A registry in this process, its server, and what that lives in.
pub(crate) fn registry() -> (MemoryRegistry, RegistryServer, Runtime) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let registry = MemoryRegistry::new();
    let server = runtime.block_on(RegistryServer::start(registry.clone())).unwrap();
    (registry, server, runtime)
}

/// The names of an object.
pub(crate) fn names(object: &serde_json::Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

/// The names that the table of a page of the documentation has for what a command writes as JSON.
pub(crate) fn documented(page: &str, command: &str) -> BTreeSet<String> {
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    let text = fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once("# JSON\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let cells = |line: &str| line.split('|').skip(1).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = section.lines().map(cells).filter(|cells| {
        cells.get(1).is_some_and(|of| of == "all" || quoted(of).iter().any(|name| name == command))
    });
    rows.flat_map(|cells| quoted(&cells[0])).collect()
}
