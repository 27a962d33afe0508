use crate::support::{Bench, DLQ, SOURCE, letters};

#[test]
fn topics_of_dead_letters_are_listed_with_their_counts() {
    let bench = Bench::new();
    bench.send(DLQ, letters(10));
    let said = bench.run(&["list"]).ok();
    assert_eq!(said.out, format!("LETTERS  PARTITIONS  TOPIC\n     10           3  {DLQ}\n"));
    let json = &bench.run(&["list", "--json"]).ok().json()[0];
    assert_eq!((json["topic"].as_str(), json["offsets"].as_u64()), (Some(DLQ), Some(10)));
}

#[test]
fn letters_are_listed_a_line_each() {
    let bench = Bench::new();
    bench.send(DLQ, letters(10));
    let said = bench.run(&["list", DLQ]).ok();
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 11, "{}", said.out);
    assert!(lines[0].starts_with("PART  OFFSET  FAILED AT"), "{}", lines[0]);
    assert_eq!(
        lines[1],
        "   0       0  2026-01-02T03:04:05Z  rejected  OrderPlaced     4        0  0@0          no stock of order 0"
    );
    let json = bench.run(&["list", DLQ, "--json"]).ok().json();
    assert_eq!(json.len(), 10);
    let first = &json[0];
    for (name, value) in [
        ("topic", DLQ),
        ("origin", "cq-events"),
        ("kind", "rejected"),
        ("event", "shop.OrderPlaced"),
        ("group", "billing"),
        ("message", "no stock of order 0"),
        ("failed_at", "2026-01-02T03:04:05.678Z"),
    ] {
        assert_eq!(first[name], value, "{name}");
    }
    assert_eq!((first["first"]["topic"].as_str(), first["attempts"].as_u64()), (Some(SOURCE), Some(4)));
}

#[test]
fn filters_leave_what_fits_all_of_them() {
    let bench = Bench::new();
    bench.send(DLQ, letters(30));
    let count = |filters: &[&str]| {
        let mut arguments = vec!["list", DLQ, "--json"];
        arguments.extend(filters);
        bench.run(&arguments).ok_saying(&[]).out.lines().count()
    };
    assert_eq!(count(&["--kind", "rejected"]), 10);
    assert_eq!(count(&["--kind", "rejected,failed"]), 30);
    assert_eq!(count(&["--event", "OrderPlaced"]), 30);
    assert_eq!(count(&["--event", "shop.OrderPlaced", "--key", "key-1"]), 5);
    assert_eq!(count(&["--event", "Placed"]), 0);
    assert_eq!(count(&["--key", "hex:6b65792d31"]), 5);
    assert_eq!(count(&["--since", "2026-01-02T03:04:06Z"]), 0);
    assert_eq!(count(&["--since", "2026-01-02", "--until", "2026-01-03"]), 30);
    assert_eq!(count(&["--partition", "0", "--offset", "2..4"]), 2);
    assert_eq!(count(&["--partition", "9"]), 0);
    assert_eq!(count(&["--group", "billing"]), 30);
    assert_eq!(count(&["--group", "else"]), 0);
    assert_eq!(count(&["--limit", "7"]), 7);
    assert_eq!(count(&["--limit", "0"]), 0);
}
