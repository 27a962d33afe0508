//! What typed events cost over a real Kafka, beside the C library's own calls: tables of messages per second, CPU per
//! message, latencies, compression and scaling, and the verdict on the aims.
//!
//! ```text
//! cargo bench --bench delivery                      # all, in some 20 minutes
//! cargo bench --bench delivery -- --quick           # fewer rounds and messages, in some 4 minutes
//! cargo bench --bench delivery -- --json            # a line of JSON per row
//! cargo bench --bench delivery -- --only publish    # or consume, latency, compression, scaling
//! ```
//!
//! It starts a Kafka of its own (`lab`). Each run is a process of its own (`process`) that does one job: `publish`,
//! `consume`, `latency`, `compression` or `scaling`, with the events of `load`. The `reference` stands on raw calls
//! (`native`). What is measured is listed in `sections`, taken in rounds (`table`, `measure`), and printed (`report`).
#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that measures, and not a library"
)]

mod compression;
mod consume;
mod lab;
mod latency;
mod load;
mod measure;
mod native;
mod process;
mod publish;
mod reference;
mod report;
mod same;
mod scaling;
mod sections;
mod table;

use std::time::Duration;

use lab::Lab;
use process::Job;
use report::Report;

/// How long a run may take: only one that hangs takes longer.
const DEADLINE: Duration = Duration::from_secs(120);

/// What the command line asks for.
pub struct Options {
    is_quick: bool,
    only: Option<String>,
}

impl Options {
    fn rounds(&self) -> usize {
        if self.is_quick { 2 } else { 5 }
    }

    fn wants(&self, section: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == section)
    }
}

type Section = fn(&Lab, &Report, &Options);

const SECTIONS: [(&str, Section); 5] = [
    ("publish", sections::publish),
    ("consume", sections::consume),
    ("latency", sections::latency),
    ("compression", sections::compression),
    ("scaling", sections::scaling),
];

fn main() {
    cq_events_examples::program::show_logs();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(job) = Job::of(&arguments) {
        return job.run();
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let only = arguments.iter().position(|argument| argument == "--only");
    let only = only.map(|place| arguments.get(place + 1).cloned().unwrap_or_default());
    let options = Options { is_quick: has("--quick"), only };
    let names = SECTIONS.map(|(name, _)| name);
    assert!(names.iter().any(|name| options.wants(name)), "--only takes one of {names:?}");

    let lab = Lab::start();
    let report = Report::new(has("--json"), &lab.about());
    for (name, section) in SECTIONS {
        if options.wants(name) {
            section(&lab, &report, &options);
        }
    }
    report.end();
}
