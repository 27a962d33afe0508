//! The command line `cq-events dlq` on a test's cluster.

use std::process::{Child, Command, Output, Stdio};

use cq_events_tests::command::program;

use crate::lab::Lab;

/// The command, with these arguments.
pub(crate) fn dlq(lab: &Lab, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
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
