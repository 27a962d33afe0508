//! The schema registries that the tests speak to over HTTP: each test has one of its own.

use std::process::Stdio;

use crate::cluster::{script, show_logs};

/// A registry without subjects, whose level is `BACKWARD`.
#[derive(Debug)]
pub enum Registry {
    /// Apicurio Registry, in a process of its own.
    Apicurio(Apicurio),
}

impl Registry {
    /// A real registry, which is fetched first where it is not there yet.
    pub async fn apicurio() -> Self {
        show_logs();
        Self::Apicurio(Apicurio::start())
    }

    /// Where it is: what goes into `SCHEMA_REGISTRY_URL`.
    pub fn url(&self) -> String {
        match self {
            Self::Apicurio(registry) => registry.url.clone(),
        }
    }

    /// What it is called in the tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Apicurio(_) => "Apicurio",
        }
    }

    /// Takes it down; Apicurio by kill -9. What it has registered stays.
    pub async fn stop(&mut self) {
        match self {
            Self::Apicurio(registry) => registry.command("kill"),
        }
    }

    /// Brings it up again on its port, with what it had registered.
    pub async fn start_again(&mut self) {
        match self {
            Self::Apicurio(registry) => registry.command("restart"),
        }
    }
}

/// A real registry, started by `services/apicurio.sh`. It ends with this value, or with the process, however that ends.
#[derive(Debug)]
pub struct Apicurio {
    url: String,
    folder: String,
}

impl Apicurio {
    fn start() -> Self {
        let process = std::process::id().to_string();
        let started = script("apicurio.sh")
            .args(["start", "--die-with", &process])
            .stderr(Stdio::inherit())
            .output()
            .expect("tests/services/apicurio.sh runs");
        assert!(started.status.success(), "tests/services/apicurio.sh start failed; it says why above");
        let output = String::from_utf8(started.stdout).expect("it prints text");
        let value = |name: &str| {
            let line = output.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
            line.unwrap_or_else(|| panic!("no {name} in {output}")).trim_matches('\'').to_owned()
        };
        Self { url: value("SCHEMA_REGISTRY_URL"), folder: value("CQ_REGISTRY_DIR") }
    }

    fn command(&self, command: &str) {
        let status = script("apicurio.sh").args([command, &self.folder]).status();
        let done = status.expect("tests/services/apicurio.sh runs").success();
        assert!(done, "tests/services/apicurio.sh {command} failed; it says why above");
    }
}

impl Drop for Apicurio {
    fn drop(&mut self) {
        // A failure leaves the registry to the watcher, which ends it with this process.
        let _ = script("apicurio.sh").args(["stop", "--now", &self.folder]).stdout(Stdio::null()).status();
    }
}
