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

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use cq_events::Consumer;
use cq_events::event::StreamSchema as _;
use cq_events::registry::{LocalRegistry, SchemaId, SchemaRegistry as _};
use cq_events_tests::cluster::{Cluster, script};
use cq_events_tests::evolution::reader::{Borrowed, Owned, Read};
use cq_events_tests::recorder::eventually;
use evolution_today::sensor::SensorEvent;
use serde_json::{Value, json};

/// Events of each type of each generation.
const COUNT: usize = 400;
/// How many types the generations have: three, three, three, three and five.
const TYPES: usize = 17;

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
    let events: u64 =
        judged["events"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(
        judged["unknown"],
        json!({"plant.sensor.SensorRemoved": 5 * COUNT, "plant.sensor.SensorReplaced": COUNT})
    );
    assert_eq!(usize::try_from(events).unwrap(), (TYPES - 6) * COUNT);
    assert!(judged["values"].as_u64().unwrap() > 8 * events, "{judged}");

    // One bit of one value that was read, and all would not be well.
    let mut spoilt = read_owned;
    let last = spoilt.iter_mut().rev().find_map(|read| read.event.as_mut()?.last_mut()).unwrap();
    *last ^= 1;
    let judged = judge(folder.path(), &spoilt);
    assert_eq!(judged["differences"].as_array().unwrap().len(), 1, "{judged}");
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
