use cq_events::dead_letter::header;

use crate::support::{
    Bench, DLQ, SOURCE, Sent, burial, dead, letters, message, named, numbers, sorted, text,
};

#[test]
fn letters_go_back_as_they_were_to_where_they_came_from() {
    let bench = Bench::new();
    bench.send(DLQ, letters(100));
    let said = bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    assert_eq!(said.out, format!("published 100 dead letters of {DLQ} to {SOURCE}\n"));
    let back = bench.read(SOURCE);
    assert_eq!(back.len(), 100);
    for (sent, number) in back.iter().zip(numbers(&back)) {
        let expected = message(number);
        assert_eq!(
            (sent.partition, &sent.key, &sent.value),
            (expected.partition, &expected.key, &expected.value)
        );
        let (own, ours) = sent.headers.as_slice().split_at(expected.headers.len());
        assert_eq!(own, expected.headers.as_slice());
        let first = [
            text(header::TOPIC, SOURCE),
            text(header::PARTITION, &expected.partition.to_string()),
            text(header::OFFSET, &number.to_string()),
            text(header::REPLAY_COUNT, "1"),
        ];
        assert_eq!(ours, first);
    }
    for partition in 0..3 {
        let of: Vec<Sent> = back.iter().filter(|sent| sent.partition == partition).cloned().collect();
        assert!(numbers(&of).is_sorted(), "the order within a partition is that of the dead letters");
    }
}

#[test]
fn what_was_replayed_is_not_replayed_again() {
    let bench = Bench::new();
    bench.send(DLQ, letters(20));
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    let said = bench.run(&["replay", DLQ]).ok();
    assert_eq!(said.out, format!("published 0 dead letters of {DLQ}\n"));
    bench.send(DLQ, letters(5));
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    assert_eq!(bench.read(SOURCE).len(), 25);
    let said = bench.run(&["replay", DLQ, "--again"]).ok();
    assert!(said.out.contains("published 25 dead letters"), "{}", said.out);
    assert_eq!(bench.read(SOURCE).len(), 50);
}

#[test]
fn a_replay_with_filters_loses_nothing_for_the_next_one() {
    let bench = Bench::new();
    bench.send(DLQ, letters(300));
    let json = &bench.run(&["replay", DLQ, "--kind", "rejected", "--json"]).ok().json()[0];
    assert_eq!((json["published"].as_u64(), json["left_out"].as_u64()), (Some(100), Some(200)));
    let rejected = sorted(numbers(&bench.read(SOURCE)));
    assert!(rejected.iter().copied().eq((0..300).step_by(3)));
    bench.run(&["replay", DLQ, "--key", "key-3", "--limit", "10"]).ok_saying(&["remembers them"]);
    assert_eq!(bench.read(SOURCE).len(), 110);
    let json = &bench.run(&["replay", DLQ, "--json"]).ok().json()[0];
    assert_eq!(json["published"].as_u64(), Some(190));
    assert_eq!(sorted(numbers(&bench.read(SOURCE))), (0..300).collect::<Vec<_>>(), "each of them once");
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let bench = Bench::new();
    bench.send(DLQ, letters(30));
    let said = bench.run(&["replay", DLQ, "--dry-run"]).ok();
    for part in
        ["would publish 30 dead letters", "By error", "  20  ", "failed  StoreError: no stock of order #"]
    {
        assert!(said.out.contains(part), "{part} is missing:\n{}", said.out);
    }
    assert_eq!(bench.read(SOURCE), []);
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    assert_eq!(bench.read(SOURCE).len(), 30);
}

#[test]
fn letters_that_were_replayed_too_often_are_refused_and_not_lost() {
    let bench = Bench::new();
    let often = |sent: Sent, replays: &str| {
        let place = [text(header::TOPIC, SOURCE), text(header::PARTITION, "0"), text(header::OFFSET, "7")];
        let replay = place.into_iter().chain([text(header::REPLAY_COUNT, replays)]);
        let headers = sent.headers.iter().cloned().chain(replay).collect();
        dead(Sent { headers, ..sent }, burial("again", 0, 99))
    };
    bench.send(DLQ, [often(message(0), "2"), often(message(1), "3"), often(message(2), "4")]);
    let said = bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    assert!(said.out.contains("published 1 dead letters"), "{}", said.out);
    assert!(said.out.contains("2 refused: replayed 3 times already (--max-replays)"), "{}", said.out);
    let back = bench.read(SOURCE);
    assert_eq!(
        (back[0].headers.text(header::REPLAY_COUNT), back[0].headers.text(header::OFFSET)),
        (Some("3"), Some("7"))
    );
    bench.run(&["replay", DLQ, "--max-replays", "9"]).ok_saying(&["remembers them"]);
    assert_eq!(sorted(numbers(&bench.read(SOURCE))), [0, 1, 2]);
}

#[test]
fn letters_of_other_frameworks_are_left_unless_it_is_said_where_they_go() {
    let bench = Bench::new();
    let foreign = Sent {
        partition: 1,
        key: Some(vec![0xff, 0]),
        value: None,
        headers: [text("number", "77"), named("kafka_dlt-original-partition", Some(&[0, 0, 0, 2]))]
            .into_iter()
            .collect(),
    };
    bench.send(DLQ, [foreign.clone(), dead(message(1), burial("x", 1, 1))]);
    let said = bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    assert!(said.out.contains("1 of other frameworks: left, unless --to"), "{}", said.out);
    assert_eq!(numbers(&bench.read(SOURCE)), [1]);
    bench.run(&["replay", DLQ, "--to", SOURCE]).ok_saying(&["remembers them"]);
    let back = bench.read(SOURCE);
    assert_eq!(sorted(numbers(&back)), [1, 77]);
    let found = back.iter().find(|sent| sent.value.is_none()).unwrap();
    assert_eq!((&found.key, &found.headers), (&foreign.key, &foreign.headers));
}

#[test]
fn a_topic_that_is_gone_is_told_before_anything_is_published() {
    let bench = Bench::new();
    let place = cq_events::dead_letter::Place { topic: "gone.events".to_owned(), partition: 0, offset: 0 };
    let gone = cq_events::dead_letter::Burial { place, ..burial("x", 0, 0) };
    bench.send(DLQ, letters(5).chain([dead(message(6), gone)]));
    bench.run(&["replay", DLQ]).failed(&["there is no topic `gone.events`", "nothing was published", "--to"]);
    assert_eq!(bench.read(SOURCE), []);
    let to_itself = bench.run(&["replay", DLQ, "--to", DLQ]);
    to_itself.failed(&["would never end"]);
    // Without it, the others go.
    bench.run(&["replay", DLQ, "--partition", "1,2"]).ok_saying(&["remembers them"]);
    assert!(!bench.read(SOURCE).is_empty());
}

#[test]
fn a_partition_that_is_gone_leaves_the_key_to_decide() {
    let bench = Bench::new();
    bench.send(DLQ, [dead(message(1), burial("x", 17, 5))]);
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    assert_eq!(numbers(&bench.read(SOURCE)), [1]);
}

#[test]
fn a_rate_is_kept() {
    let bench = Bench::new();
    bench.send(DLQ, letters(40));
    let begin = std::time::Instant::now();
    bench.run(&["replay", DLQ, "--rate", "20"]).ok_saying(&["remembers them"]);
    assert!(begin.elapsed().as_millis() >= 1_950, "{:?}", begin.elapsed());
    assert_eq!(bench.read(SOURCE).len(), 40);
}
