//! Examples that need nothing but themselves.
#![allow(clippy::expect_used, clippy::panic, reason = "it is all tests")]

use std::process::Command;
use std::time::{Duration, Instant};

/// What the example of failures tells. The lines of each story come in this order; those of several may mix.
const STORIES: [&[&str]; 6] = [
    // What passes is tried again, and its key waits.
    &[
        "BATCH-91 INS-000, try 1: the archive answers 503: to be tried again within 200ms",
        "BATCH-91 INS-000, try 2: the archive answers 503: to be tried again within 400ms",
        "BATCH-91 INS-000, try 3: archived",
        "BATCH-91 INS-004, try 1: archived",
    ],
    // What does not pass is given up, and is replayed when it would.
    &[
        "BATCH-93 INS-002, try 1: the archive answers 503: to be tried again within 200ms",
        "BATCH-93 INS-002, try 2: the archive answers 503: to be tried again within 400ms",
        "BATCH-93 INS-002, try 3: the archive answers 503: to be tried again within 800ms",
        "BATCH-93 INS-002, try 4: the archive answers 503: given up",
        "BATCH-93 failed   attempts: 4, from chip-quality.inspection.events/4 at offset 0",
        "4. All is well again",
        "BATCH-93 INS-002, try 5: archived",
    ],
    // Another key of its partition goes on meanwhile.
    &[
        "partition 4: BATCH-94 INS-003, try 1: archived",
        "partition 4: BATCH-94 INS-005, try 1: archived",
        "partition 4: BATCH-93 INS-002, try 4",
    ],
    // What is refused is tried once.
    &[
        "BATCH-92 INS-001, try 1: the archive refuses the inspection with 422: rejected",
        "BATCH-92 rejected attempts: 1, from chip-quality.inspection.events/5 at offset 0",
        "4. All is well again",
        "BATCH-92 INS-001, try 2: archived",
    ],
    // What cannot be read reaches no handler.
    &[
        "a message is broken",
        "BATCH-99 unframed attempts: 1, from chip-quality.inspection.events/5 at offset 1",
    ],
    // The circuit breaker stops the consumer; what it was about to give up is the first to be handled by the next one.
    &[
        "2. The archive refuses everything",
        "BATCH-95 INS-010, try 1: the archive refuses the inspection with 422: rejected",
        "BATCH-95 INS-011, try 1: the archive refuses the inspection with 422: rejected",
        "BATCH-95 INS-012, try 1: the archive refuses the inspection with 422: rejected",
        "the consumer ended: chip-quality.inspection.events/1 at offset 2: ",
        "the circuit breaker is open",
        "3. The 5 dead letters, as they lie in chip-quality.inspection.events-archive-dlq",
        "4. All is well again",
        "BATCH-95 INS-012, try 2: archived",
        "BATCH-95 INS-019, try 1: archived",
        "BATCH-95 INS-010, try 2: archived",
        "BATCH-95 INS-011, try 2: archived",
        "Nothing was lost: 4 of 5 dead letters were replayed and archived.",
    ],
];

#[test]
fn the_failure_ladder_is_shown_in_half_a_minute() {
    let examples = cq_events_tests::examples();
    let begun = Instant::now();
    let shown = Command::new(examples.join("flaky_downstream")).output().expect("it runs");
    let (output, took) = (String::from_utf8_lossy(&shown.stdout).into_owned(), begun.elapsed());
    assert!(shown.status.success(), "{output}\n{}", String::from_utf8_lossy(&shown.stderr));
    for story in STORIES {
        let mut rest = output.as_str();
        for line in story {
            let told = rest.split_once(line);
            (_, rest) =
                told.unwrap_or_else(|| panic!("`{line}` is missing, or not in its place, in\n{output}"));
        }
    }
    assert!(took < Duration::from_secs(30), "it took {took:?}");
}
