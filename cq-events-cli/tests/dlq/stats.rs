use crate::support::{Bench, DLQ, letters};

#[test]
fn errors_events_and_times_are_counted() {
    let bench = Bench::new();
    bench.send(DLQ, letters(30));
    let said = bench.run(&["stats", DLQ]).ok();
    for part in [
        "30 dead letters in",
        "By error (# stands for numbers)",
        "  20  █████████████████████████  failed  StoreError: no stock of order #",
        "  10  ████████████▌              rejected  StoreError: no stock of order #",
        "By event",
        "shop.OrderPlaced",
        "By time (1 min each)",
        "2026-01-02T03:04:00Z",
    ] {
        assert!(said.out.contains(part), "{part} is missing:\n{}", said.out);
    }
    let json = bench.run(&["stats", DLQ, "--json"]).ok().json();
    let by = |by: &str| json.iter().filter(|line| line["by"] == by).cloned().collect::<Vec<_>>();
    assert_eq!((by("error").len(), by("event").len(), by("time").len()), (2, 1, 1));
    assert_eq!(
        (by("error")[0]["kind"].as_str(), by("error")[0]["count"].as_u64()),
        (Some("failed"), Some(20))
    );
    assert_eq!((by("time")[0]["count"].as_u64(), by("time")[0]["seconds"].as_u64()), (Some(30), Some(60)));
}
