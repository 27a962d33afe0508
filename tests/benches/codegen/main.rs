//! What generated code costs to build, beside the same types with serde's derives: a table, in CPU seconds.
//!
//! ```text
//! cargo bench --bench codegen                # 10, 100 and 500 event types
//! cargo bench --bench codegen -- --quick     # 10 and 100, with fewer repetitions
//! cargo bench --bench codegen -- --json      # a line of JSON per row
//! ```
//!
//! All rows stand on one generated file (`schemas`, `cq_events_build::generate`), of which each keeps a part (`rows`).
//! Each row becomes a package in a workspace of its own (`workspace`); its dependencies are built beforehand, and then
//! cargo's CPU time is taken, in rounds over all rows (`measure`), so that a slow minute hits every row. The medians
//! are printed, and the floors judged (`report`).
#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program that measures, and not a library"
)]

mod measure;
mod report;
mod rows;
mod schemas;
mod workspace;

use std::process::ExitCode;

use measure::Costs;
use report::Report;
use rows::Row;
use workspace::Workspace;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // (event types, rounds): the shorter the steps, the more rounds.
    let plan: &[(usize, usize)] =
        if has("--quick") { &[(10, 3), (100, 3)] } else { &[(10, 7), (100, 5), (500, 3)] };
    let mut report = Report::new(has("--json"), plan);
    for &(events, rounds) in plan {
        let workspace = Workspace::create(events);
        let rows: Vec<Row> = Row::ALL.into_iter().filter(|row| workspace.has(*row)).collect();
        let mut costs: Vec<Costs> = rows.iter().map(|_| Costs::default()).collect();
        workspace.prepare(&rows);
        for round in 0..rounds {
            for (&row, costs) in rows.iter().zip(&mut costs) {
                costs.add(workspace.measure(row, round));
            }
            eprintln!("{events} event types: round {} of {rounds} is done", round + 1);
        }
        report.size(events, &rows, &costs);
    }
    report.end()
}
