//! Each run is a process of its own, so that nothing of one run is counted with another: this program once more, with
//! its job as a hidden argument. It prints what came of it as JSON.

use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::compression::Compress;
use crate::consume::Consume;
use crate::latency::Latency;
use crate::publish::{Make, Publish};
use crate::scaling::Member;

/// The argument before a job.
const FLAG: &str = "--job";

#[derive(Debug, Serialize, Deserialize)]
pub enum Job {
    Make(Make),
    Publish(Publish),
    Consume(Consume),
    Latency(Latency),
    Compress(Compress),
    Member(Member),
}

impl Job {
    /// The job that this process was started for, if it is not the first.
    pub fn of(arguments: &[String]) -> Option<Self> {
        let place = arguments.iter().position(|argument| argument == FLAG)?;
        let job = arguments.get(place + 1).expect("a job");
        Some(serde_json::from_str(job).expect("a job as JSON"))
    }

    /// Does it in this process.
    pub fn run(self) {
        let outcome = runtime().block_on(async {
            match self {
                Self::Make(job) => json!(job.run()),
                Self::Publish(job) => json!(job.run().await),
                Self::Consume(job) => json!(job.run().await),
                Self::Latency(job) => json!(job.run().await),
                Self::Compress(job) => json!(job.run().await),
                Self::Member(job) => {
                    job.run().await;
                    Value::Null
                }
            }
        });
        println!("{outcome}");
    }

    /// Does it in a process of its own.
    pub fn measure<T: DeserializeOwned>(&self) -> T {
        let output = self.command().stdin(Stdio::null()).output().expect("this program runs");
        assert!(output.status.success(), "{self:?} failed; it says why above");
        serde_json::from_slice(&output.stdout).expect("an outcome as JSON")
    }

    /// This program, told to do it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.arg(FLAG).arg(json!(self).to_string()).stderr(Stdio::inherit());
        command
    }
}

/// As `#[tokio::main]` makes it.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}
