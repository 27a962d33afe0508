//! The consumer's engine in some thousands of simulated runs, and drivers with bugs, each of which must be caught.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "it is all tests")]

use std::collections::BTreeSet;
use std::thread;

use cq_events::testing::{Bug, Simulation, Tally, Violation};

const SEEDS: u64 = 3_000;

/// What must occur at least so often in 1,000 runs: what hardly occurs proves nothing.
const OFTEN: [(&str, u64); 45] = [
    ("messages done", 500_000),
    ("messages done too late", 5_000),
    ("assigns", 10_000),
    ("revokes", 5_000),
    ("assignments lost", 5_000),
    ("crashes", 3_000),
    ("shutdowns", 2_000),
    ("short stalls", 1_000),
    ("stalls past the session", 1_000),
    ("handlers that never end", 1_000),
    ("handlers cut off", 800),
    ("messages that are poison", 10_000),
    ("failures", 10_000),
    ("rejects", 2_000),
    ("panics", 1_500),
    ("failures that stop", 200),
    ("messages without a header", 1_000),
    ("messages that cannot be decoded", 1_000),
    ("messages of an unknown schema", 2_000),
    ("times that the registry is down", 1_000),
    ("waits for the registry", 20_000),
    ("retries", 50_000),
    ("dead letters", 10_000),
    ("dead letters once more", 1_000),
    ("dead letters refused", 300),
    ("dead letters unanswered", 400),
    ("dead letters too late", 150),
    ("dead letters lost on the way", 15),
    ("ends with all done", 1_000),
    ("ends with handlers given up", 60),
    ("ends by a failure", 150),
    ("ends without dead letters", 500),
    ("ends by a dead letter that is not written", 500),
    ("ends by a breaker", 200),
    ("ends by a registry that is down", 30),
    ("pauses", 10_000),
    ("lookups of offsets failed", 1_000),
    ("seeks", 800),
    ("commits above a gap", 10_000),
    ("commits taken", 20_000),
    ("commits fenced", 500),
    ("commits refused", 2_000),
    ("commits deferred", 2_000),
    ("commits unanswered", 2_000),
    ("messages published", 500_000),
];

#[test]
fn whatever_happens_the_rules_hold() {
    let tally = run(0..SEEDS).unwrap_or_else(|violation| panic!("{violation}"));
    println!("in 1,000 of {SEEDS} seeds:");
    tally.iter().for_each(|(what, times)| println!("{:9}  {what}", times * 1_000 / SEEDS));
    for (what, least) in OFTEN {
        let times = tally.iter().find(|(name, _)| *name == what).map_or(0, |(_, times)| times);
        assert!(
            times * 1_000 >= least * SEEDS,
            "{what} is too rare: {} in 1,000 seeds",
            times * 1_000 / SEEDS
        );
    }
}

/// All seeds, on two threads.
fn run(seeds: std::ops::Range<u64>) -> Result<Tally, Violation> {
    let middle = seeds.start.midpoint(seeds.end);
    let each = |seeds: std::ops::Range<u64>| {
        let mut tally = Tally::default();
        for seed in seeds {
            tally.add(&Simulation::new(seed).run()?);
        }
        Ok(tally)
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| each(middle..seeds.end));
        let mut tally = each(seeds.start..middle)?;
        tally.add(&other.join().unwrap()?);
        Ok(tally)
    })
}

#[test]
fn each_bug_of_a_driver_breaks_its_rule() {
    let mut broken = BTreeSet::new();
    for (bug, rules) in Bug::ALL {
        let caught = (0..200).find_map(|seed| Simulation::new(seed).with_bug(bug).run().err());
        let violation = caught.unwrap_or_else(|| panic!("{bug:?} is not caught"));
        assert!(rules.contains(&violation.rule), "{bug:?}: {violation}");
        println!("{bug:?} is caught with seed {}: {}", violation.seed, violation.what);
        broken.insert(violation.rule);
        let again = Simulation::new(violation.seed).with_bug(bug).run().unwrap_err();
        assert_eq!(violation, again, "the seed repeats it");
        let text = violation.to_string();
        assert!(text.starts_with(&format!("seed {} breaks the rule", violation.seed)), "{text}");
        assert!(text.contains(" s  consumer ") && text.lines().count() > 10, "it tells the way: {text}");
    }
    assert_eq!(broken.len(), 11, "each rule can be broken: {broken:?}");
}
