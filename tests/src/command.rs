//! The command line `cq-events`, which is another package's program.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

/// The program: built at the first call, which takes what a build takes.
pub fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
        // With the workspace's tests, so that it is the program which these have built, where they run with it: by itself it
        // would be built with other features.
        let arguments = ["test", "-q", "--no-run", "--workspace", "--test", "dlq", "--message-format=json"];
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
            let message: Value = serde_json::from_str(line).expect("a line of JSON");
            let target = message.get("target")?;
            let is_program = target["name"] == "cq-events" && target["kind"] == json!(["bin"]);
            Some(PathBuf::from(message.get("executable")?.as_str().filter(|_| is_program)?))
        };
        lines.lines().find_map(executable).expect("the program's path")
    })
}
