//! The schema registries that the tests speak to over HTTP: each test has one of its own.

mod raw;
mod tap;

use std::net::SocketAddr;
use std::process::Stdio;

use cq_events::testing::{Fault, MemoryRegistry, RegistryServer};
pub use raw::Answer;
use serde_json::Value;
pub use tap::Tap;

use crate::cluster::{script, show_logs};

/// A registry without subjects, whose level is `BACKWARD`.
#[derive(Debug)]
pub enum Registry {
    /// Apicurio Registry, in a process of its own.
    Apicurio(Apicurio),
    /// That of the test kit, in this process.
    Ours(Ours),
}

impl Registry {
    /// The test kit's.
    pub async fn ours() -> Self {
        show_logs();
        let (state, anywhere) = (MemoryRegistry::new(), SocketAddr::from(([127, 0, 0, 1], 0)));
        let server = serve(&state, anywhere).await;
        Self::Ours(Ours { address: server.address(), state, server: Some(server) })
    }

    /// A real registry, which is fetched first where it is not there yet.
    pub async fn apicurio() -> Self {
        show_logs();
        Self::Apicurio(Apicurio::start())
    }

    /// Where it is: what goes into `SCHEMA_REGISTRY_URL`.
    pub fn url(&self) -> String {
        match self {
            Self::Apicurio(registry) => registry.url.clone(),
            Self::Ours(registry) => format!("http://{}", registry.address),
        }
    }

    /// What it is called in the tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Apicurio(_) => "Apicurio",
            Self::Ours(_) => "ours",
        }
    }

    /// What it answers to a request, with none of the library's code: `path` begins after the URL, and is encoded.
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        raw::ask(method, &format!("{}{path}", self.url()), body).await
    }

    /// Takes it down; Apicurio by kill -9. What it has registered stays.
    pub async fn stop(&mut self) {
        match self {
            Self::Apicurio(registry) => registry.command("kill"),
            Self::Ours(registry) => registry.server.take().expect("it is up").stop().await,
        }
    }

    /// Brings it up again on its port, with what it had registered.
    pub async fn start_again(&mut self) {
        match self {
            Self::Apicurio(registry) => registry.command("restart"),
            Self::Ours(registry) => registry.server = Some(serve(&registry.state, registry.address).await),
        }
    }

    /// From now on it takes requests, and answers none.
    pub fn hang(&self) {
        match self {
            Self::Apicurio(registry) => registry.command("pause"),
            Self::Ours(registry) => registry.server().fail(Fault::Hang),
        }
    }

    /// It answers again.
    pub fn go_on(&self) {
        match self {
            Self::Apicurio(registry) => registry.command("resume"),
            Self::Ours(registry) => registry.server().heal(),
        }
    }
}

/// The test kit's registry: a state, and the server that shows it, unless it is down.
#[derive(Debug)]
pub struct Ours {
    state: MemoryRegistry,
    address: SocketAddr,
    server: Option<RegistryServer>,
}

impl Ours {
    fn server(&self) -> &RegistryServer {
        self.server.as_ref().expect("it is up")
    }
}

async fn serve(state: &MemoryRegistry, address: SocketAddr) -> RegistryServer {
    RegistryServer::start_on(state.clone(), address).await.expect("the port is free")
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
