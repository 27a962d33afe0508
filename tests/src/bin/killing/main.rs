//! A million events through a Kafka of three brokers and a group of three consumers, while both are killed, stopped and
//! rebalanced as a seed says, and handlers fail: most for a while, some for good. Then the proof that nothing was lost, that
//! the dead letters are the poison and nothing else, that each key kept its order, and that what was handled or buried
//! twice is within the bound.
//!
//! ```text
//! cargo run --release -p cq-events-tests --bin killing                          # a million events, 64 faults
//! cargo run --release -p cq-events-tests --bin killing -- --quick               # 60,000 events, 8 faults
//! cargo run --release -p cq-events-tests --bin killing -- --seed 7 --protocol consumer
//! cargo run --release -p cq-events-tests --bin killing -- --quick --bug auto-offset-store
//! cargo run --release -p cq-events-tests --bin killing -- --check FOLDER        # judges files of an earlier run
//! ```
//!
//! It ends with 0 only if the promise held through all faults. With a planted bug (`auto-offset-store`,
//! `commit-past-a-gap`), where all faults are kills of consumers, it must report a loss, and end with 1.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program that proves, and not a library"
)]

mod plan;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cq_events::kafka::GroupProtocol;
use cq_events_tests::faults::naive::{self, Bug};
use cq_events_tests::faults::{trial, worker};

/// What the command line asks for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    seed: u64,
    events: u64,
    faults: usize,
    protocol: GroupProtocol,
    bug: Option<Bug>,
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match text.as_slice() {
        ["consume", folder, process, rest @ ..] => consume(Path::new(folder), process, rest).await,
        ["--check", folder] => report(&trial::judge(Path::new(folder))),
        rest => match options(rest) {
            Ok(options) => report(&run::run(options).await),
            Err(mistake) => {
                eprintln!("{mistake}");
                ExitCode::from(2)
            }
        },
    }
}

fn report(verdict: &cq_events_tests::faults::reader::Verdict) -> ExitCode {
    println!("\n{verdict}");
    if verdict.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The role of a consumer process.
async fn consume(folder: &Path, process: &str, rest: &[&str]) -> ExitCode {
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
    let log = folder.join("effects");
    let process = process.parse().expect("MEMBER.INCARNATION");
    let ended = match rest {
        ["--bug", bug] => naive::run(&log, process, bug.parse().expect("a bug")).await,
        _ => worker::run(&log, process).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[&str]) -> Result<Options, String> {
    let folder = std::env::temp_dir().join(format!("cq-events-killing-{}", std::process::id()));
    let protocol = GroupProtocol::Classic;
    let mut options = Options { seed: 1, events: 1_000_000, faults: 64, protocol, bug: None, folder };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().copied().ok_or_else(|| format!("{name} needs a value"));
        let number =
            |text: &str| text.parse::<u64>().map_err(|_| format!("{name} takes a number, not {text}"));
        match *name {
            "--quick" => (options.events, options.faults) = (60_000, 8),
            "--seed" => options.seed = number(value()?)?,
            "--events" => options.events = number(value()?)?,
            "--faults" => options.faults = usize::try_from(number(value()?)?).expect("few"),
            "--folder" => options.folder = PathBuf::from(value()?),
            "--bug" => options.bug = Some(value()?.parse()?),
            "--protocol" => {
                options.protocol = match value()? {
                    "classic" => GroupProtocol::Classic,
                    "consumer" => GroupProtocol::Consumer,
                    other => return Err(format!("--protocol takes classic or consumer, not {other}")),
                }
            }
            other => return Err(format!("unknown argument {other}; the head of main.rs has them all")),
        }
    }
    Ok(options)
}
