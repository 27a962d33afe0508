//! A hundred thousand dead letters.

use std::time::{Duration, Instant};

use crate::support::{Bench, DLQ, SOURCE, Sent, burial, dead, message, numbers, sorted};

const COUNT: usize = 100_000;
/// The broker keeps 5 MB of a partition.
const PARTITIONS: i32 = 24;

#[test]
fn a_hundred_thousand_are_listed_and_replayed_in_linear_time() {
    let bench = Bench::empty();
    bench.broker.create_topic(SOURCE, PARTITIONS).unwrap();
    bench.broker.create_topic(DLQ, PARTITIONS).unwrap();
    let letter = |number: usize| {
        let partition = i32::try_from(number).unwrap() % PARTITIONS;
        let sent = Sent { partition, ..message(number) };
        dead(sent, burial("no stock", partition, i64::try_from(number).unwrap()))
    };
    bench.send(DLQ, (0..COUNT).map(letter));

    let begin = Instant::now();
    let lines = bench.run(&["list", DLQ]).ok().out.lines().count();
    eprintln!("{lines} lines in {:?}", begin.elapsed());
    assert_eq!(lines, COUNT + 1);
    assert!(begin.elapsed() < Duration::from_secs(120), "{:?}", begin.elapsed());

    let begin = Instant::now();
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    eprintln!("replayed in {:?}", begin.elapsed());
    assert!(begin.elapsed() < Duration::from_secs(300), "{:?}", begin.elapsed());
    let back = bench.read(SOURCE);
    assert!(sorted(numbers(&back)).into_iter().eq(0..COUNT));
    for partition in back.chunk_by(|left, right| left.partition == right.partition) {
        assert!(numbers(partition).is_sorted());
    }
}
