//! The command line `cq-events dlq` on a test's cluster.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use crate::lab::Lab;

/// The command, with these arguments.
pub(crate) fn dlq(lab: &Lab, arguments: &[&str]) -> Command {
    let mut command = Command::new(built());
    command.env("KAFKA_BOOTSTRAP_SERVERS", lab.servers()).arg("dlq").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the command to its end, and gives what it prints.
pub(crate) async fn run(lab: &Lab, arguments: &[&str]) -> String {
    let child = dlq(lab, arguments).spawn().expect("it starts");
    let output = end(child).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

pub(crate) async fn end(child: Child) -> Output {
    tokio::task::spawn_blocking(|| child.wait_with_output().expect("it ends")).await.expect("no panic")
}

pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &id]).status().expect("kill runs").success());
}

/// The program, which is another package's: built at the first call, which takes what a build takes.
pub(crate) fn built() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
        let arguments = ["build", "-q", "-p", "cq-events-cli", "--bin", "cq-events", "--message-format=json"];
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let command = Command::new(cargo)
            .args(arguments)
            .args(["--profile", profile])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output();
        let output = command.expect("cargo runs");
        assert!(output.status.success(), "the command line does not build");
        let lines = String::from_utf8(output.stdout).expect("it prints text");
        let executable = |line: &str| {
            let message: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            Some(PathBuf::from(message.get("executable")?.as_str()?))
        };
        lines.lines().find_map(executable).expect("the program's path")
    })
}
