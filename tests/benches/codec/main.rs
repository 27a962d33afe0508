//! What it costs to write and read events, beside serde_avro_fast, apache-avro and a copy of the bytes.
//!
//! ```text
//! cargo bench --bench codec                # all, in some 2 minutes
//! cargo bench --bench codec -- --quick     # fewer rounds, in some 20 seconds
//! cargo bench --bench codec -- --json      # a line of JSON per row
//! ```
//!
//! The events are made in `values`, and for serde in `peers` (`fields`). `same` proves that all contestants write and
//! read the same; `write`, `read` and `resolve` are the tables, and `growth` is how they grow. Rows take turns (`measure`), with allocations counted apart
//! (`allocator`), and `report` prints, and judges the floors.
#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program that measures, and not a library"
)]

mod allocator;
mod contestants;
mod fields;
mod growth;
mod measure;
mod peers;
mod read;
mod report;
mod resolve;
mod values;
mod write;

use std::process::ExitCode;
use std::time::Duration;

use codec_events::now::NowEvent;
use codec_events::old::OldEvent;
use contestants::Schemas;
use measure::Plan;
use report::Report;
use values::Size;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let plan = if has("--quick") {
        Plan { rounds: 60, sample: Duration::from_micros(300) }
    } else {
        Plan { rounds: 400, sample: Duration::from_micros(500) }
    };
    let mut report = Report::new(has("--json"), &about());
    let (now, old) = (Schemas::of::<NowEvent>(), Schemas::of::<OldEvent>());
    for size in Size::BOTH {
        write::table(size, &now, plan, &mut report);
        read::table(size, &now, plan, &mut report);
        resolve::table(size, &now, &old, plan, &mut report);
    }
    growth::tables(plan, &report);
    report.end()
}

fn about() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let loads = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = loads.split(' ').next().unwrap_or_default();
    format!("{}, load average {load} before", model.map_or("a CPU of an unknown kind", |(_, model)| model))
}
