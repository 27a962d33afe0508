//! The command line `cq-events`, which is another package's program.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The program: built at the first call, which takes what a build takes.
pub fn program() -> &'static PathBuf {
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
