//! Runs the consumer's engine on simulated clusters, as many as wanted, and prints what happened.
//!
//! ```text
//! cargo run --release -p cq-events --no-default-features --features testing --example simulate -- 1000000
//! ... --example simulate -- 1000 500000             1,000 seeds from 500,000 on
//! ... --example simulate -- --trace 42              one seed, step by step
//! ... --example simulate -- --bug CommitsPastAGap   until the bug is caught
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use cq_events::testing::{Bug, Simulation, Tally, Violation};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().ok();
    match words.as_slice() {
        ["--trace", seed] if number(seed).is_some() => {
            Simulation::new(number(seed).unwrap_or_default())
                .trace()
                .iter()
                .for_each(|line| println!("{line}"));
            ExitCode::SUCCESS
        }
        ["--bug", name] => match Bug::ALL.iter().find(|(bug, _)| format!("{bug:?}") == *name) {
            Some((bug, _)) => catch(*bug),
            None => {
                let names: Vec<String> = Bug::ALL.iter().map(|(bug, _)| format!("{bug:?}")).collect();
                eprintln!("no bug {name}; there are {}", names.join(", "));
                ExitCode::FAILURE
            }
        },
        [count] if number(count).is_some() => many(0, number(count).unwrap_or_default()),
        [count, from] if number(count).is_some() && number(from).is_some() => {
            many(number(from).unwrap_or_default(), number(count).unwrap_or_default())
        }
        _ => {
            eprintln!("simulate COUNT [FROM] | --trace SEED | --bug NAME");
            ExitCode::FAILURE
        }
    }
}

fn catch(bug: Bug) -> ExitCode {
    match (0..10_000).find_map(|seed| Simulation::new(seed).with_bug(bug).run().err()) {
        Some(violation) => {
            println!("{violation}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("{bug:?} was not caught in 10,000 seeds");
            ExitCode::FAILURE
        }
    }
}

fn many(from: u64, count: u64) -> ExitCode {
    let start = Instant::now();
    let (next, broken) = (AtomicU64::new(from), Mutex::new(None::<Violation>));
    let work = || {
        let mut tally = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= from.saturating_add(count) {
                return tally;
            }
            match Simulation::new(seed).run() {
                Ok(run) => tally.add(&run),
                Err(violation) => {
                    next.store(u64::MAX / 2, Ordering::Relaxed);
                    if let Ok(mut broken) = broken.lock() {
                        broken.get_or_insert(violation);
                    }
                    return tally;
                }
            }
        }
    };
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            if let Ok(part) = worker.join() {
                tally.add(&part);
            }
        }
    });
    if let Some(violation) = broken.into_inner().ok().flatten() {
        eprintln!("{violation}");
        return ExitCode::FAILURE;
    }
    println!("{count} seeds from {from} on, in {:.0} s; in 1,000 of them:", start.elapsed().as_secs_f64());
    for (what, times) in tally.iter() {
        println!("{:12.1}  {what}", times as f64 * 1_000.0 / count.max(1) as f64);
    }
    ExitCode::SUCCESS
}
