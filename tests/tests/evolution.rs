//! Five programs, each of the crate that a version of the schema generated, write to one topic of a real Kafka; a consumer
//! of today's schema reads it, owned and borrowed, and fastavro judges each value.
#![cfg(feature = "services")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use cq_events::Consumer;
use cq_events::event::StreamSchema as _;
use cq_events::registry::{LocalRegistry, SchemaId, SchemaRegistry as _};
use cq_events_schema::{Level, NamedKind, Rule, Schemas, check_compatibility};
use cq_events_tests::cluster::{Cluster, script};
use cq_events_tests::evolution::reader::{Borrowed, Owned, Read};
use cq_events_tests::recorder::eventually;
use evolution_today::sensor::SensorEvent;
use serde_json::{Value, json};

/// Events of each type of each generation.
const COUNT: usize = 400;
/// How many types the generations have: three, three, three, three and five.
const TYPES: usize = 17;
/// In how many generations each type is that today's program has, under whatever name.
const KNOWN: [(&str, usize); 3] = [
    ("plant.sensor.MeasurementTaken", 5),
    ("plant.sensor.SensorMounted", 5),
    ("plant.sensor.SensorCalibrated", 1),
];
/// The same of the types that it does not have.
const UNKNOWN: [(&str, usize); 2] = [("plant.sensor.SensorRemoved", 5), ("plant.sensor.SensorReplaced", 1)];

const PROGRAMS: [&str; 5] = [
    env!("CARGO_BIN_EXE_evolution_v1"),
    env!("CARGO_BIN_EXE_evolution_v2"),
    env!("CARGO_BIN_EXE_evolution_v3"),
    env!("CARGO_BIN_EXE_evolution_v4"),
    env!("CARGO_BIN_EXE_evolution_v5"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_five_generations_wrote_is_read_as_fastavro_reads_it() {
    let cluster = Cluster::kafka();
    cluster.create_topics([SensorEvent::STREAM]).await;
    let folder = tempfile::tempdir().unwrap();
    let released = folder.path().join("released");
    std::fs::create_dir(&released).unwrap();
    let servers = cluster.config().bootstrap_servers().to_owned();
    let programs: Vec<_> = PROGRAMS
        .iter()
        .map(|program| {
            let mut command = Command::new(program);
            command.arg(COUNT.to_string()).arg(&released).env("KAFKA_BOOTSTRAP_SERVERS", &servers);
            command.spawn().unwrap()
        })
        .collect();
    for mut program in programs {
        assert!(program.wait().unwrap().success());
    }

    let registry = Arc::new(LocalRegistry::with_folder(&released).unwrap());
    let (owned, borrowed) = (Owned::default(), Borrowed::default());
    let keeper = owned.clone();
    let builder = Consumer::builder(cluster.group("owned")).registry(registry.clone()).handler(owned);
    read(builder.build().await.unwrap(), || keeper.kept()).await;
    let mut read_owned = keeper.kept();
    let keeper = borrowed.clone();
    let builder = Consumer::builder(cluster.group("borrowed")).registry(registry.clone()).handler(borrowed);
    read(builder.build().await.unwrap(), || keeper.kept()).await;
    let mut read_borrowed = keeper.kept();
    read_owned.sort();
    read_borrowed.sort();
    assert!(read_owned == read_borrowed, "views are other events");

    let by_id = folder.path().join("by-id");
    std::fs::create_dir(&by_id).unwrap();
    let mut ids = Vec::new();
    for read in &read_owned {
        let id = SchemaId::new(u32::from_be_bytes(read.value[1..5].try_into().unwrap()));
        if !ids.contains(&id) {
            ids.push(id);
            let schema = registry.schema_of(id).await.unwrap();
            std::fs::write(by_id.join(format!("{id}.avsc")), &*schema).unwrap();
        }
    }
    assert_eq!(ids.len(), PROGRAMS.len());
    std::fs::write(folder.path().join("today.avsc"), SensorEvent::STREAM.schema).unwrap();

    let judged = judge(folder.path(), &read_owned);
    println!("{judged}");
    assert_eq!(judged["differences"], json!([]));
    assert_eq!(judged["unknown"], json!(BTreeMap::from(UNKNOWN.map(|(name, of)| (name, of * COUNT)))));
    assert_eq!(judged["fields"], fields_of_today());
    let events: u64 = judged["events"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(events, KNOWN.iter().map(|(_, of)| (of * COUNT) as u64).sum::<u64>());

    // One byte of an event that was read, and all would not be well: whether the last sensor that was mounted is checked.
    let mut spoilt = read_owned.clone();
    let mounted = SensorEvent::STREAM.events.iter().position(|event| event.fullname == KNOWN[1].0).unwrap();
    let begin = u8::try_from(2 * mounted).unwrap();
    let mut events = spoilt.iter_mut().filter_map(|read| read.event.as_mut());
    *events.rfind(|event| event[0] == begin).unwrap().last_mut().unwrap() ^= 1;
    assert_eq!(judge(folder.path(), &spoilt)["different"], 1);

    // Nor if an event that is known were passed on as one that is not.
    let mut spoilt = read_owned;
    let read = spoilt.iter_mut().find(|read| read.event.is_some()).unwrap();
    (read.event, read.unknown) = (None, Some(KNOWN[0].0.to_owned()));
    assert_eq!(judge(folder.path(), &spoilt)["different"], 1);
}

/// How often each field of today's schema is read.
fn fields_of_today() -> Value {
    let schemas = Schemas::parse_text("today", SensorEvent::STREAM.schema).unwrap();
    let mut fields = BTreeMap::new();
    for (fullname, of) in KNOWN {
        let NamedKind::Record(record) = &schemas.get(fullname).unwrap().kind else { panic!("{fullname}") };
        fields.extend(record.fields.iter().map(|field| (format!("{fullname}.{}", field.name), of * COUNT)));
    }
    json!(fields)
}

#[test]
fn all_that_today_cannot_read_is_events_that_it_does_not_have() {
    let today = Schemas::parse_text("today", SensorEvent::STREAM.schema).unwrap();
    let generations = [
        evolution_v1::sensor::SensorEvent::STREAM,
        evolution_v2::sensor::SensorEvent::STREAM,
        evolution_v3::sensor::SensorEvent::STREAM,
        evolution_v4::sensor::SensorEvent::STREAM,
        evolution_v5::sensor::SensorEvent::STREAM,
    ];
    let schemas = generations.map(|stream| Schemas::parse_text("generation", stream.schema).unwrap());
    let found = check_compatibility(Level::BackwardTransitive, &today, &schemas.each_ref());
    let mut missing = BTreeMap::new();
    for finding in found.iter().flat_map(|incompatibility| &incompatibility.findings) {
        assert_eq!(finding.rule, Rule::Branch, "{finding:?}");
        let name = UNKNOWN.iter().find(|(name, _)| finding.message.contains(name));
        *missing.entry(name.unwrap_or_else(|| panic!("{finding:?}")).0).or_insert(0) += 1;
    }
    assert_eq!(missing, BTreeMap::from(UNKNOWN));
}

/// Runs the consumer until it has read all that the programs wrote.
async fn read<H: cq_events::EventHandler>(consumer: Consumer<H>, kept: impl Fn() -> Vec<Read>) {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(consumer.run(async move { drop(stopped.await) }));
    eventually("all events", || kept().len() >= TYPES * COUNT || running.is_finished()).await;
    _ = stop.send(());
    running.await.unwrap().unwrap();
    assert_eq!(kept().len(), TYPES * COUNT);
}

/// What `evolved.py` says of what was read.
fn judge(folder: &Path, read: &[Read]) -> Value {
    let mut python = script("python.sh")
        .arg("evolved.py")
        .arg("--schemas")
        .arg(folder.join("by-id"))
        .arg("--reader")
        .arg(folder.join("today.avsc"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    let lines: String = read.iter().map(|read| format!("{}\n", line(read))).collect();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success(), "evolved.py failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn line(read: &Read) -> Value {
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (partition, offset) = read.place;
    json!({
        "place": format!("{partition}/{offset}"),
        "value": hex(&read.value),
        "event": read.event.as_ref().map(hex),
        "unknown": read.unknown,
    })
}
