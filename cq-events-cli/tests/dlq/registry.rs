//! Schemas of writers that a schema registry has.

use chip_quality_events::user::{AuthMethod, UserEvent, UserLogin};
use cq_events::codec::{SCHEMA_HEADER, encode, write_frame};
use cq_events::dead_letter::{Burial, ErrorKind, Place, header};
use cq_events::event::StreamSchema;
use cq_events::registry::SchemaId;
use cq_events::testing::{Fault, MemoryRegistry, RegistryServer};
use tokio::runtime::Runtime;

use crate::common::{Said, registry, said};
use crate::support::{Bench, DLQ, SOURCE, Sent, burial, dead, message, named, text};

struct Site {
    bench: Bench,
    registry: MemoryRegistry,
    server: RegistryServer,
    _runtime: Runtime,
}

impl Site {
    fn new() -> Self {
        let (registry, server, runtime) = registry();
        Self { bench: Bench::new(), registry, server, _runtime: runtime }
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let mut command = self.bench.command(arguments);
        let url = self.server.url();
        said(command.env("SCHEMA_REGISTRY_URL", url).env("SCHEMA_REGISTRY_TIMEOUT_MS", "1000"))
    }
}

fn datum() -> Vec<u8> {
    let login = UserLogin::builder()
        .user_id("USR-042")
        .session_id("550e8400-e29b-41d4-a716-446655440000".parse().unwrap())
        .username("SECRET-name")
        .ip_address("10.0.0.7")
        .auth_method(AuthMethod::Sso)
        .build();
    let mut datum = Vec::new();
    encode(&UserEvent::from(login), &mut datum).unwrap();
    datum
}

/// A letter whose value has this id in front.
fn framed(id: SchemaId) -> Sent {
    let mut value = Vec::new();
    write_frame(id, &mut value);
    value.extend(datum());
    dead(Sent { partition: 0, value: Some(value), ..message(0) }, burial("no account", 0, 5))
}

#[test]
fn a_value_is_read_by_the_schema_with_its_id() {
    let site = Site::new();
    let id = site.registry.register("users-value", UserEvent::STREAM.schema).unwrap();
    site.bench.send(DLQ, [framed(id)]);
    let said = site.run(&["show", DLQ, "0", "0"]).ok();
    for part in ["schema id 1)", "\"chip_quality.user.UserLogin\": {", "\"username\": \"[hidden]\""] {
        assert!(said.out.contains(part), "{part} is missing:\n{}", said.out);
    }
    assert!(!said.out.contains("SECRET"));
    // By the value, and not by a header that says `OrderPlaced`.
    assert_eq!(site.run(&["list", DLQ, "--event", "UserLogin", "--json"]).ok().json().len(), 1);
    assert_eq!(
        site.run(&["list", DLQ, "--event", "OrderPlaced", "--json"])
            .ok_saying(&["has no such dead letter"])
            .json()
            .len(),
        0
    );
}

#[test]
fn a_value_is_read_by_the_schema_with_the_guid_in_its_header() {
    let site = Site::new();
    let id = site.registry.register("users-value", UserEvent::STREAM.schema).unwrap();
    let guid = site.registry.guid_of(id).unwrap();
    let header = [&[1][..], guid.as_bytes()].concat();
    let headers = message(0).headers.iter().cloned().chain([named(SCHEMA_HEADER, Some(&header))]).collect();
    let sent = Sent { partition: 0, value: Some(datum()), headers, ..message(0) };
    site.bench.send(DLQ, [dead(sent, burial("no account", 0, 5))]);
    let json = &site.run(&["show", DLQ, "0", "0", "--json"]).ok().json()[0];
    assert_eq!(json["schema_guid"], guid.to_string());
    assert!(json["schema_id"].is_null());
    assert_eq!(json["value"]["chip_quality.user.UserLogin"]["auth_method"], "SSO");
}

#[test]
fn what_the_folder_lacks_is_asked_of_the_registry() {
    let site = Site::new();
    let id = site.registry.register("users-value", UserEvent::STREAM.schema).unwrap();
    site.bench.send(DLQ, [framed(id)]);
    let folder = tempfile::tempdir().unwrap();
    let schemas = folder.path().to_str().unwrap();
    let said = site.run(&["show", DLQ, "0", "0", "--schemas", schemas]).ok();
    assert!(said.out.contains("\"auth_method\": \"SSO\""), "{}", said.out);
}

#[test]
fn an_id_that_the_registry_does_not_know_is_said_of_it() {
    let site = Site::new();
    site.bench.send(DLQ, [framed(SchemaId::new(7))]);
    let said = site.run(&["show", DLQ, "0", "0"]).ok();
    let port = site.server.address().port().to_string();
    assert!(said.out.contains("it cannot be read: schema id 7 is unknown to ") && said.out.contains(&port));
}

#[test]
fn a_registry_that_is_down_is_waited_for_once_and_told_once() {
    let site = Site::new();
    site.server.fail(Fault::error(503, 50003, "not now"));
    site.bench.send(DLQ, (1..=20).map(|id| framed(SchemaId::new(id))));
    let said = site.run(&["list", DLQ, "--json"]).ok_saying(&["warning: events may be", "does not answer"]);
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    let json = said.json();
    assert_eq!(json.len(), 20);
    assert!(json.iter().all(|letter| letter["event"] == "shop.OrderPlaced"), "as the header says");
    let asked = site.server.requests();
    let ids: std::collections::BTreeSet<_> = asked.iter().map(|(_, path)| path).collect();
    assert_eq!(ids.len(), 1, "{asked:?}");
    let said = site.run(&["show", DLQ, "0", "3"]).ok();
    assert!(said.out.contains("does not answer"), "{}", said.out);
}

#[test]
fn a_schema_that_may_not_be_seen_is_no_reason_to_ask_for_no_other() {
    let site = Site::new();
    let known = serde_json::json!({"schema": UserEvent::STREAM.schema}).to_string();
    site.bench.send(DLQ, [1, 2].map(|id| framed(SchemaId::new(id))));
    site.server.fail_next(1, Fault::error(403, 403, "not this one"));
    site.server.fail_next(1, Fault::answer(200, known));
    let json =
        site.run(&["list", DLQ, "--json"]).ok_saying(&["warning: events may be", "not this one"]).json();
    assert_eq!(
        (json[0]["event"].as_str(), json[1]["event"].as_str()),
        (Some("shop.OrderPlaced"), Some("chip_quality.user.UserLogin"),)
    );
}

#[test]
fn why_a_registry_is_not_asked_any_more_is_told_and_not_what_was_before() {
    let site = Site::new();
    let rejected = |id| {
        let sent = Sent { value: framed(SchemaId::new(id)).value, partition: 0, ..message(0) };
        dead(sent, Burial { kind: ErrorKind::Rejected, ..burial("no account", 0, 5) })
    };
    site.bench.send(DLQ, [rejected(1), rejected(2), framed(SchemaId::new(3))]);
    site.server.fail_next(1, Fault::error(403, 403, "not this one"));
    site.server.fail_next(1, Fault::error(401, 401, "who are you"));
    let said = site.run(&["list", DLQ, "--event", "UserLogin", "--kind", "failed"]);
    let said = said.failed(&["partition 0, offset 2", "schema id 3 is not known", "who are you"]);
    assert!(!said.err.contains("not this one"), "{}", said.err);
    assert_eq!(site.server.requests().len(), 2);
}

#[test]
fn letters_whose_event_cannot_be_asked_for_are_not_left_out_in_silence() {
    let site = Site::new();
    let id = site.registry.register("users-value", UserEvent::STREAM.schema).unwrap();
    site.bench.send(DLQ, [framed(id)]);
    site.server.require_basic("alice", "secret");
    for words in [&["list"][..], &["stats"], &["replay"], &["replay", "--dry-run"]] {
        let words = [&words[..1], &[DLQ, "--event", "UserLogin"], &words[1..]].concat();
        let said = site.run(&words).failed(&[
            "partition 0, offset 0",
            "401",
            "--offset",
            "unset SCHEMA_REGISTRY_URL",
        ]);
        assert_eq!((said.out.as_str(), said.err.lines().count()), ("", 1), "{words:?}: {}", said.err);
        // Others decide: the letter failed, and was not rejected.
        let words = [&words[..], &["--kind", "rejected"]].concat();
        site.run(&words).ok_saying(&["warning: events may be", "401"]);
    }
    assert_eq!(site.bench.read(SOURCE), []);
    // What is advised helps.
    site.run(&["list", DLQ, "--event", "UserLogin", "--offset", "1.."])
        .ok_saying(&["has no such dead letter"]);
    let mut command = site.bench.command(&["list", DLQ, "--event", "OrderPlaced", "--json"]);
    assert_eq!(said(&mut command).ok().json().len(), 1);
    // Without the filter nothing depends on it.
    site.run(&["replay", DLQ]).ok_saying(&["remembers them", "warning: events may be"]);
    assert_eq!(site.bench.read(SOURCE).len(), 1);
}

#[test]
fn letters_that_are_not_replayed_whatever_they_are_end_no_replay() {
    let site = Site::new();
    let known = serde_json::json!({"schema": UserEvent::STREAM.schema}).to_string();
    let often = [text(header::TOPIC, SOURCE), text(header::PARTITION, "0"), text(header::OFFSET, "7")];
    let often = often.into_iter().chain([text(header::REPLAY_COUNT, "3")]).collect();
    let value = |id| framed(SchemaId::new(id)).value;
    let refused = Sent { partition: 0, value: value(2), headers: often, ..message(0) };
    let foreign = Sent {
        value: value(2),
        headers: [named("kafka_dlt-original-topic", None)].into_iter().collect(),
        ..refused.clone()
    };
    site.bench.send(DLQ, [foreign, dead(refused, burial("again", 0, 9)), framed(SchemaId::new(1))]);
    let words = ["replay", DLQ, "--event", "UserLogin", "--json"];
    site.server.fail_next(1, Fault::error(403, 403, "not this one"));
    site.server.fail_next(1, Fault::answer(200, &known));
    let json = &site.run(&words).ok_saying(&["warning: events may be", "not this one"]).json()[0];
    let counts = ["published", "left_out"].map(|name| json[name].as_u64().unwrap());
    assert_eq!(counts, [1, 2], "{json}");

    // What was replayed before, and what lies behind the last that is wanted.
    site.bench.send(DLQ, [framed(SchemaId::new(1)), framed(SchemaId::new(2))]);
    site.server.fail_next(1, Fault::error(403, 403, "not this one"));
    site.server.fail_next(1, Fault::answer(200, &known));
    site.run(&[&words[..], &["--limit", "1"]].concat()).ok_saying(&["not this one"]);
    assert_eq!(site.bench.read(SOURCE).len(), 2);
}

#[test]
fn letters_that_were_found_before_a_failure_are_told() {
    let site = Site::new();
    let known = serde_json::json!({"schema": UserEvent::STREAM.schema}).to_string();
    site.bench.send(DLQ, [1, 1, 1, 2].map(|id| framed(SchemaId::new(id))));
    for more in [&[][..], &["--json"]] {
        site.server.fail_next(1, Fault::answer(200, &known));
        site.server.fail_next(1, Fault::error(401, 401, "no more"));
        let words = [&["list", DLQ, "--event", "UserLogin"], more].concat();
        let said = site.run(&words).failed(&["partition 0, offset 3", "no more"]);
        assert_eq!(said.out.matches("UserLogin").count(), 3, "{}", said.out);
    }
}

#[test]
fn that_schemas_could_not_be_asked_for_is_told_beside_a_failure() {
    let site = Site::new();
    site.server.fail(Fault::error(403, 403, "no more"));
    let place = Place { topic: "gone.events".to_owned(), partition: 0, offset: 0 };
    let sent = Sent { partition: 0, value: framed(SchemaId::new(7)).value, ..message(0) };
    site.bench.send(DLQ, [dead(sent, Burial { place, ..burial("no account", 0, 5) })]);
    site.run(&["replay", DLQ]).failed(&["no topic `gone.events`", "warning: events may be", "no more"]);
}

#[test]
fn an_event_that_nobody_knows_is_left_out_as_the_filter_says() {
    let site = Site::new();
    site.bench.send(DLQ, [framed(SchemaId::new(7))]);
    assert_eq!(
        site.run(&["list", DLQ, "--event", "UserLogin"]).ok_saying(&["has no such dead letter"]).out,
        ""
    );
    assert_eq!(site.run(&["list", DLQ, "--event", "OrderPlaced", "--json"]).ok().json().len(), 1);
}
