//! Examples that need nothing but themselves.
#![allow(clippy::expect_used, clippy::panic, reason = "it is all tests")]

use std::process::Command;
use std::time::{Duration, Instant};

/// Each rung of the ladder is told, in order.
const LADDER: [&str; 12] = [
    "BATCH-A INS-000, try 1: the archive answers 503: to be tried again",
    "BATCH-A INS-000, try 2: the archive answers 503: to be tried again",
    "BATCH-A INS-000, try 3: archived",
    "BATCH-A INS-004, try 1: archived",
    "BATCH-E INS-010, try 1: the archive refuses the inspection with 422: rejected",
    "the consumer ended: chip-quality.inspection.events/",
    "circuit breaker is open",
    "dead letters, as they lie in chip-quality.inspection.events-archive-dlq",
    "All is well again",
    "BATCH-C INS-002, try 5: archived",
    "BATCH-E INS-019, try 1: archived",
    "Nothing was lost: 3 of 4 dead letters were replayed and archived.",
];

#[test]
fn the_failure_ladder_is_shown_in_half_a_minute() {
    let begun = Instant::now();
    let example = Command::new(cq_events_tests::examples().join("flaky_downstream"));
    let shown = { example }.output().expect("it runs");
    let (output, took) = (String::from_utf8_lossy(&shown.stdout).into_owned(), begun.elapsed());
    assert!(shown.status.success(), "{output}\n{}", String::from_utf8_lossy(&shown.stderr));
    for line in LADDER {
        assert!(output.contains(line), "`{line}` is missing in\n{output}");
    }
    for letter in
        ["BATCH-B rejected    1 tries", "BATCH-C failed      4 tries", "BATCH-X unframed    1 tries"]
    {
        assert!(output.contains(letter), "`{letter}` is missing in\n{output}");
    }
    assert!(took < Duration::from_secs(60), "it took {took:?}, the build of the examples included");
}
