//! CPU time of a command, and the medians of many.

use std::process::Command;

/// What is measured of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    CleanCheck,
    CleanBuild,
    SchemaEdit,
    HandlerEdit,
}

impl Step {
    pub const ALL: [Self; 4] = [Self::CleanCheck, Self::CleanBuild, Self::SchemaEdit, Self::HandlerEdit];

    pub fn name(self) -> &'static str {
        match self {
            Self::CleanCheck => "clean_check",
            Self::CleanBuild => "clean_build",
            Self::SchemaEdit => "schema_edit",
            Self::HandlerEdit => "handler_edit",
        }
    }
}

/// The CPU seconds of a row's steps, over the rounds.
#[derive(Default)]
pub struct Costs(Vec<(Step, f64)>);

impl Costs {
    pub fn push(&mut self, step: Step, seconds: f64) {
        self.0.push((step, seconds));
    }

    pub fn add(&mut self, round: Self) {
        self.0.extend(round.0);
    }

    pub fn median(&self, step: Step) -> f64 {
        let mut seconds: Vec<f64> =
            self.0.iter().filter(|(other, _)| *other == step).map(|(_, seconds)| *seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let (lower, upper) = (seconds.get((seconds.len() - 1) / 2), seconds.get(seconds.len() / 2));
        lower.zip(upper).map(|(lower, upper)| lower.midpoint(*upper)).expect("the step was measured")
    }
}

/// Arguments for bash, before the command and its arguments: bash's own `time` counts all children, in milliseconds.
pub const TIMED: [&str; 3] = ["-c", "TIMEFORMAT='%3U %3S'; time \"$@\"", "bash"];

/// Runs a command of [`TIMED`] and gives the CPU seconds, user and system, of it and its children.
pub fn cpu_seconds(mut command: Command) -> f64 {
    let output = command.env("LC_ALL", "C").output().expect("bash runs");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{printed}");
    let times = printed.lines().last().unwrap_or_default();
    times.split(' ').map(|seconds| seconds.parse::<f64>().expect("bash prints seconds")).sum()
}
