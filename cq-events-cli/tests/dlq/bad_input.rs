//! What others have written, what is not there, and how it is told.

use std::io::Read;
use std::process::Stdio;

use cq_events::event::Header;

use crate::common::{cq_events, said};
use crate::support::{Bench, DLQ, SOURCE, Sent, burial, dead, letters, message, named, text};

fn foreign(headers: impl IntoIterator<Item = Header>) -> Sent {
    Sent { partition: 0, key: None, value: None, headers: headers.into_iter().collect() }
}

#[test]
fn dead_letters_of_other_frameworks_are_shown_and_not_believed() {
    let bench = Bench::new();
    bench.send(
        DLQ,
        [
            foreign([
                text("kafka_dlt-original-topic", "orders"),
                named("kafka_dlt-original-partition", Some(&[0, 0, 0, 2])),
                named("kafka_dlt-original-offset", Some(&[0, 0, 0, 0, 0, 0, 1, 0])),
            ]),
            foreign([text("__connect.errors.topic", "orders"), named("__connect.errors.stage", None)]),
            foreign([text("__streams.errors.topic", "orders"), text("__streams.errors.offset", "7")]),
            foreign([text("cq-error-kind", "failed")]),
        ],
    );
    let json = bench.run(&["list", DLQ, "--json"]).ok().json();
    let origins: Vec<&str> = json.iter().map(|letter| letter["origin"].as_str().unwrap()).collect();
    assert_eq!(origins, ["spring", "connect", "streams", "unknown"]);
    assert!(json.iter().all(|letter| letter["kind"].is_null() && letter["first"].is_null()));
    let said = bench.run(&["show", DLQ, "0", "0"]).ok();
    for part in [
        "a dead letter of Spring for Apache Kafka",
        "kafka_dlt-original-topic: orders",
        "kafka_dlt-original-partition: \\x00\\x00\\x00\\x02 (as a number: 2)",
        "(as a number: 256)",
        "\nKey\n  none\n",
        "none: it is a tombstone",
    ] {
        assert!(said.out.contains(part), "{part} is missing:\n{}", said.out);
    }
    assert_eq!(bench.run(&["list", DLQ, "--kind", "failed"]).ok_saying(&["has no such dead letter"]).out, "");
}

#[test]
fn nothing_that_a_terminal_obeys_is_written() {
    let bench = Bench::new();
    let evil = "\x1b[2J\x1b]0;owned\x07\r\n\u{9b}31m\u{202e}\u{200b}end";
    let mut letter = dead(message(0), burial(evil, 0, 0));
    letter.key = Some(evil.as_bytes().to_vec());
    letter.value = Some(evil.as_bytes().to_vec());
    letter.headers = [text("evil\x1b[2J", evil), text("ce_type", evil)]
        .into_iter()
        .chain(letter.headers.iter().filter(|header| header.key != "ce_type").cloned())
        .collect();
    bench.send(DLQ, [letter]);
    for arguments in [
        &["list", DLQ][..],
        &["list", DLQ, "--json"],
        &["show", DLQ, "0", "0"],
        &["show", DLQ, "0", "0", "--json"],
        &["stats", DLQ],
        &["stats", DLQ, "--json"],
        &["replay", DLQ, "--dry-run"],
    ] {
        let said = bench.run(arguments).ok();
        let unsafe_ones = |text: &str| {
            let is_unsafe = |c: &char| (c.is_control() && *c != '\n') || "\u{202e}\u{200b}".contains(*c);
            text.chars().find(is_unsafe)
        };
        assert_eq!(unsafe_ones(&said.out), None, "{arguments:?}: {:?}", said.out);
        assert_eq!(unsafe_ones(&said.err), None, "{arguments:?}: {:?}", said.err);
        assert!(said.out.contains("end"), "{arguments:?} shows the text: {}", said.out);
    }
    let json = &bench.run(&["list", DLQ, "--json"]).ok().json()[0];
    assert_eq!(json["message"], evil, "programs read it as it was");
}

#[test]
fn large_headers_and_bytes_that_are_no_text_are_shown() {
    let bench = Bench::new();
    let large = Sent {
        key: Some(vec![0xff, 0xfe]),
        headers: message(0)
            .headers
            .iter()
            .cloned()
            .chain([named("large", Some(&vec![0xff; 900_000]))])
            .collect(),
        ..message(0)
    };
    bench.send(DLQ, [dead(large, burial("x", 0, 0))]);
    assert_eq!(bench.run(&["list", DLQ, "--key", "hex:fffe"]).ok().out.lines().count(), 2);
    let said = bench.run(&["show", DLQ, "0", "0"]).ok();
    assert!(said.out.contains("\nKey\n  \\xff\\xfe\n") && said.out.contains("large: \\xff\\xff"));
    let json = &bench.run(&["show", DLQ, "0", "0", "--json"]).ok().json()[0];
    assert_eq!((json["key"].as_str(), json["key_hex"].as_str()), (None, Some("fffe")));
    let header = json["headers"].as_array().unwrap().iter().find(|header| header["name"] == "large").unwrap();
    assert_eq!(header["value_hex"].as_str().unwrap().len(), 1_800_000);
    bench.run(&["replay", DLQ]).ok_saying(&["remembers them"]);
    assert_eq!(bench.read(SOURCE)[0].headers.iter().nth(3).unwrap().value.as_ref().unwrap().len(), 900_000);
}

#[test]
fn a_header_with_a_name_that_is_no_text_harms_no_one() {
    let bench = Bench::new();
    bench.send_with_a_header_named(DLQ, c"a\xffz");
    bench.send(DLQ, [Sent { partition: 0, ..dead(message(3), burial("x", 0, 0)) }]);
    let json = bench.run(&["list", DLQ, "--json"]).ok().json();
    assert_eq!(
        (json[0]["origin"].as_str(), json[1]["origin"].as_str()),
        (Some("unknown"), Some("cq-events"))
    );
    let said = bench.run(&["show", DLQ, "0", "0"]).ok();
    assert!(said.out.contains("they cannot be shown: the name of one is not UTF-8"), "{}", said.out);
    assert_eq!(said.err, "");
    let said = bench.run(&["replay", DLQ, "--to", SOURCE]).ok_saying(&["remembers them"]);
    assert!(said.out.contains("1 of other frameworks"), "{}", said.out);
    assert_eq!(bench.read(SOURCE).len(), 1);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let bench = Bench::new();
    bench
        .run(&["list", "orders.events-biling-dlq"])
        .failed(&["there is no topic", "did you mean `orders.events-billing-dlq`?"]);
    bench.run(&["list", "orders.events"]).ok_saying(&["has no such dead letter"]);
    bench.run(&["list", "nothing.like-it"]).failed(&["there is no topic", "cq-events dlq list"]);
    bench.run(&["show", DLQ, "0", "0"]).failed(&["the partition is empty"]);
    bench.send(DLQ, letters(7));
    bench.run(&["show", DLQ, "0", "99"]).failed(&["there is no message at", "offsets 0 to 2"]);
    bench.run(&["show", DLQ, "3", "0"]).failed(&["has no partition 3: there are 0 to 2"]);
    bench.run(&["list", DLQ, "--schemas", "/nowhere"]).failed(&["cannot read schemas from /nowhere"]);
    let nobody = bench.run(&["list", DLQ, "--partition", "7"]).ok_saying(&["has no such dead letter"]);
    assert_eq!(nobody.out, "");
    let nobody = bench.run(&["replay", DLQ, "--partition", "7"]).ok();
    assert!(nobody.out.starts_with("published 0 dead letters"), "{}", nobody.out);
}

#[test]
fn words_that_make_no_sense_are_an_error_of_their_own() {
    let bench = Bench::new();
    for (arguments, part) in [
        (&["list", DLQ, "--kind", "exploded"][..], "rejected"),
        (&["list", DLQ, "--since", "yesterday"], "such as 2h"),
        (&["list", DLQ, "--offset", "9..1"], "ends before it begins"),
        (&["list", DLQ, "--key", "hex:zz"], "hexadecimal"),
        (&["show", DLQ, "-1", "0"], "-1"),
        (&["replay"], "<TOPIC>"),
        (&["list", "--kind", "failed"], "<TOPIC>"),
        (&["replay", DLQ, "--rate", "0"], "0"),
        (&["replay", DLQ, "--again", "--replay-group", "g"], "cannot be used with"),
    ] {
        let said = bench.run(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        assert!(said.err.contains(part), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn without_a_broker_its_address_is_told() {
    let bench = Bench::empty();
    let mut command = bench.command(&["list"]);
    command.env("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1").env("KAFKA_CONNECT_TIMEOUT_MS", "2000");
    said(&mut command).failed(&[
        "no broker answers at 127.0.0.1:1",
        "Connection refused",
        "KAFKA_BOOTSTRAP_SERVERS",
    ]);
    let mut command = bench.command(&["list"]);
    said(command.env_remove("KAFKA_BOOTSTRAP_SERVERS")).failed(&["KAFKA_BOOTSTRAP_SERVERS"]);
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let bench = Bench::new();
    bench.send(DLQ, letters(5_000));
    let mut command = bench.command(&["list", DLQ]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut begin = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut begin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
fn colours_are_written_where_they_are_wanted() {
    let bench = Bench::new();
    bench.send(DLQ, letters(1));
    let has_colors = |arguments: &[&str]| bench.run(arguments).ok().out.contains("\x1b[");
    assert!(!has_colors(&["list", DLQ]));
    assert!(!has_colors(&["list", DLQ, "--color", "never"]));
    assert!(has_colors(&["list", DLQ, "--color", "always"]));
}

#[test]
fn a_topic_without_letters_is_empty_in_every_command() {
    let bench = Bench::new();
    for arguments in
        [&["list", DLQ][..], &["stats", DLQ], &["list", DLQ, "--json"], &["stats", DLQ, "--json"]]
    {
        let said = bench.run(arguments).ok_saying(&["has no such dead letter"]);
        assert_eq!(said.out, "", "{arguments:?}");
    }
    let said = bench.run(&["replay", DLQ]).ok();
    assert_eq!(said.out, format!("published 0 dead letters of {DLQ}\n"));
}

#[test]
fn a_secret_of_the_configuration_is_not_told() {
    let told = |variables: &[(&str, &str)]| {
        let mut command = cq_events(&["dlq", "list", DLQ]);
        command.env("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1").env("KAFKA_CONNECT_TIMEOUT_MS", "1000");
        said(command.envs(variables.iter().copied())).failed(&[]).err
    };
    // What librdkafka says holds what is the password here.
    let err = told(&[
        ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        ("KAFKA_SASL_MECHANISM", "PLAIN"),
        ("KAFKA_SASL_USERNAME", "u"),
        ("KAFKA_SASL_PASSWORD", "must be"),
        ("KAFKA_PROPERTY_FETCH_MAX_BYTES", "1000"),
    ]);
    assert!(err.contains("cannot create a Kafka client: `fetch.max.bytes` [redacted] >="), "{err}");
    let err = told(&[("KAFKA_PROPERTY_SSL_KEY_PEM", "hunter2")]);
    assert!(!err.contains("hunter2"), "{err}");
}
