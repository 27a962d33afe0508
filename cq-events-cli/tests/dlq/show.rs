use std::path::Path;

use chip_quality_events::user::{AuthMethod, UserEvent, UserLogin};
use cq_events::codec::{encode, write_frame};
use cq_events::event::StreamSchema;
use cq_events::registry::{LocalRegistry, SchemaRegistry, SubjectSchema};

use crate::support::{Bench, DLQ, Sent, burial, dead, message};

/// A letter with an event, and the folder with its schema.
fn login(folder: &Path) -> Sent {
    std::fs::write(folder.join("user-1.avsc"), UserEvent::STREAM.schema).unwrap();
    let event = UserEvent::from(
        UserLogin::builder()
            .user_id("USR-042")
            .session_id(uuid())
            .username("SECRET-name")
            .ip_address("10.0.0.7")
            .auth_method(AuthMethod::Sso)
            .build(),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let id = runtime
        .block_on(LocalRegistry::default().id_of(&SubjectSchema::new("any", UserEvent::STREAM.schema)))
        .unwrap();
    let mut value = Vec::new();
    write_frame(id, &mut value);
    encode(&event, &mut value).unwrap();
    let sent = Sent { partition: 0, value: Some(value), key: Some(b"USR-042".to_vec()), ..message(0) };
    dead(sent, burial("no account", 0, 5))
}

#[test]
fn all_is_shown_and_personal_data_hidden() {
    let (bench, folder) = (Bench::new(), tempfile::tempdir().unwrap());
    bench.send(DLQ, [login(folder.path())]);
    let schemas = folder.path().to_str().unwrap();
    let said = bench.run(&["show", DLQ, "0", "0", "--schemas", schemas]).ok();
    for part in [
        "orders.events-billing-dlq/0 at offset 0",
        "  kind          failed",
        "  exception     shop::StoreError",
        "  message       no account",
        "  given up by   group billing",
        "  given up at   2026-01-02T03:04:05.678Z",
        "  failed first  orders.events/0 at offset 5",
        "\nKey\n  USR-042\n",
        "  ce_type: shop.OrderPlaced",
        "  null: null",
        "  __dlq.errors.topic: orders.events",
        "\"chip_quality.user.UserLogin\": {",
        "\"username\": \"[hidden]\"",
        "\"ip_address\": \"[hidden]\"",
        "\"auth_method\": \"SSO\"",
        "\"session_id\": \"550e8400-e29b-41d4-a716-446655440000\"",
    ] {
        assert!(said.out.contains(part), "{part} is missing:\n{}", said.out);
    }
    assert!(!said.out.contains("SECRET") && !said.out.contains("10.0.0.7"));
    let revealed = bench.run(&["show", DLQ, "0", "0", "--schemas", schemas, "--reveal"]).ok();
    assert!(revealed.out.contains("SECRET-name") && revealed.out.contains("10.0.0.7"), "{}", revealed.out);

    let json = &bench.run(&["show", DLQ, "0", "0", "--schemas", schemas, "--json"]).ok().json()[0];
    assert_eq!(json["value"]["chip_quality.user.UserLogin"]["username"], "[hidden]");
    assert_eq!((json["key"].as_str(), json["kind"].as_str()), (Some("USR-042"), Some("failed")));
    assert_eq!(json["event"], "chip_quality.user.UserLogin");
    assert_eq!(json["headers"].as_array().unwrap().len(), 18);
    // The folder may come from the environment, too, and tells the types of a list.
    let mut listed = bench.command(&["list", DLQ, "--json", "--event", "UserLogin"]);
    let listed = crate::common::said(listed.env("CQ_SCHEMAS", schemas)).ok();
    assert_eq!(listed.json()[0]["event"], "chip_quality.user.UserLogin");
}

fn uuid() -> uuid::Uuid {
    "550e8400-e29b-41d4-a716-446655440000".parse().unwrap()
}

#[test]
fn without_its_schema_the_bytes_are_shown() {
    let (bench, folder) = (Bench::new(), tempfile::tempdir().unwrap());
    bench.send(DLQ, [login(folder.path()), Sent { partition: 0, ..dead(message(0), burial("x", 0, 0)) }]);
    let said = bench.run(&["show", DLQ, "0", "0"]).ok();
    for part in ["it cannot be read: schema id ", "is not known: --schemas takes a folder", "  000000  00 "] {
        assert!(said.out.contains(part), "{part} is missing:\n{}", said.out);
    }
    let said = bench.run(&["show", DLQ, "0", "1"]).ok();
    assert!(said.out.contains("the first byte is 0x76"), "{}", said.out);
    assert!(
        said.out.contains("  000000  76 61 6c 75 65 20 30                             value 0"),
        "{}",
        said.out
    );
    let json = &bench.run(&["show", DLQ, "0", "1", "--json"]).ok().json()[0];
    assert_eq!(json["value_hex"], "76616c75652030");
    assert!(json["value_error"].as_str().unwrap().contains("0x76"));
}

#[test]
fn broken_bytes_of_a_schema_with_personal_data_are_hidden() {
    let (bench, folder) = (Bench::new(), tempfile::tempdir().unwrap());
    let mut letter = login(folder.path());
    letter.value.as_mut().unwrap().pop();
    bench.send(DLQ, [letter]);
    let show = ["show", DLQ, "0", "0", "--schemas", folder.path().to_str().unwrap()];
    let said = bench.run(&show).ok();
    assert!(said.out.contains("of the datum") && said.out.contains("its bytes are hidden"), "{}", said.out);
    assert!(!said.out.contains("SECRET") && !said.out.contains("000010"), "{}", said.out);
    let said = bench.run(&[&show[..], &["--reveal"]].concat()).ok();
    assert!(said.out.contains("000010"), "{}", said.out);
}
