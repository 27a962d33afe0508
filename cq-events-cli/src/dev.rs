//! `cq-events dev`: a broker and a registry in this process, until it is stopped.

mod forward;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cq_events::registry::RegistryConfig;
use cq_events::testing::{EmbeddedBroker, MemoryRegistry, RegistryServer};
use cq_events_build::Stream;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::args::Dev;
use crate::error::Error;
use crate::json;
use crate::registry::local::Local;
use crate::registry::remote::Remote;
use crate::screen::{Screen, Style};
use crate::streams;
use crate::table::{Column, Table, left, right};
use forward::forward;

/// How often it is looked whether to stop.
const EVERY: Duration = Duration::from_millis(50);
/// The session timeout that goes with the embedded broker, in milliseconds: it waits that long, less a second, at each
/// rebalance of a group but the first.
const SESSION_MS: u32 = 4_000;

const HOST: &str = "127.0.0.1";
/// The id of the embedded broker.
const BROKER: i32 = 1;

const COLUMNS: [Column; 5] = [
    left("STREAM", Style::Plain),
    left("TOPIC", Style::Cyan),
    right("PARTITIONS"),
    left("SUBJECT", Style::Cyan),
    right("ID"),
];

/// What programs are told.
#[derive(Serialize)]
struct Json<'a> {
    bootstrap_servers: &'a str,
    schema_registry_url: &'a str,
    session_timeout_ms: u32,
    streams: Vec<StreamJson>,
}

#[derive(Serialize)]
struct StreamJson {
    stream: String,
    topic: String,
    partitions: i32,
    subjects: Vec<SubjectJson>,
}

#[derive(Serialize)]
struct SubjectJson {
    subject: String,
    id: u32,
}

/// Runs both until what `listen` answers is true.
///
/// # Errors
/// When something is wrong with the streams; when one of the two cannot start; when the output cannot be written.
pub fn dev(
    options: &Dev,
    listen: &dyn Fn() -> Arc<AtomicBool>,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let streams = match options.streams.clone().or_else(streams::found) {
        Some(path) => streams::streams(&path)?,
        None => Vec::new(),
    };
    let stop = listen();
    let broker = EmbeddedBroker::start()?;
    for stream in &streams {
        broker.create_topic(&stream.topic, stream.partitions)?;
    }
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let bootstrap_servers = match options.kafka_port {
        0 => broker.bootstrap_servers().to_owned(),
        port => {
            let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
            let listener = listener.map_err(|error| taken("broker", port, &error))?;
            runtime.spawn(forward(listener, broker.bootstrap_servers().to_owned()));
            broker.advertise(BROKER, HOST, port)?;
            format!("{HOST}:{port}")
        }
    };
    let port = options.registry_port;
    let server = RegistryServer::start_on(MemoryRegistry::new(), (Ipv4Addr::LOCALHOST, port));
    let server = runtime.block_on(server).map_err(|error| taken("registry", port, &error))?;
    let url = server.url();
    let remote = Remote::new(RegistryConfig::builder(&url).build()?)?;
    let streams = streams.into_iter().map(|stream| register(stream, &remote)).collect::<Result<_, _>>()?;
    let ready = Json {
        bootstrap_servers: &bootstrap_servers,
        schema_registry_url: &url,
        session_timeout_ms: SESSION_MS,
        streams,
    };
    if screen.json {
        json::line(&ready, screen)?
    } else {
        tell(&ready, screen)?
    }
    screen.out.flush()?;
    while !stop.load(Ordering::SeqCst) {
        thread::park_timeout(EVERY);
    }
    runtime.block_on(server.stop());
    screen.say("stopped: nothing of it is kept")
}

fn taken(what: &'static str, port: u16, error: &io::Error) -> Error {
    Error::Port { what, port, reason: error.to_string() }
}

/// Registers what a stream has, in a registry that has nothing else: where two streams have one event, it is the same.
fn register(stream: Stream, remote: &Remote) -> Result<StreamJson, Error> {
    let (name, topic, partitions) = (stream.name.clone(), stream.topic.clone(), stream.partitions);
    let mut subjects = Vec::new();
    for Local { subject, schema, level, .. } in Local::of_streams(vec![stream]) {
        let id = remote.ask(async |registry| {
            let id = registry.register(&subject, &schema).await?;
            if let Some(level) = level {
                registry.set_level(Some(&subject), level).await?;
            }
            Ok(id)
        })?;
        subjects.push(SubjectJson { subject, id: id.get() });
    }
    Ok(StreamJson { stream: name, topic, partitions, subjects })
}

fn tell(ready: &Json<'_>, screen: &mut Screen<'_>) -> Result<(), Error> {
    let Json { bootstrap_servers, schema_registry_url, session_timeout_ms, streams } = ready;
    heading("A broker and a schema registry are running, until Ctrl-C", screen)?;
    let mut table = Table::new(&COLUMNS);
    for StreamJson { stream, topic, partitions, subjects } in streams {
        for SubjectJson { subject, id } in subjects {
            let cells =
                vec![stream.clone(), topic.clone(), partitions.to_string(), subject.clone(), id.to_string()];
            table.row(cells, screen)?;
        }
    }
    table.end(screen)?;
    if streams.is_empty() {
        screen.line(
            "no streams.toml here: no topic is created, and no schema registered (--streams names one)",
        )?;
    }
    let parts = [
        (
            "Rust, and cq-events in another terminal",
            vec![
                format!("export KAFKA_BOOTSTRAP_SERVERS={bootstrap_servers}"),
                format!("export KAFKA_SESSION_TIMEOUT_MS={session_timeout_ms}"),
                format!("export SCHEMA_REGISTRY_URL={schema_registry_url}"),
            ],
        ),
        (
            "Python (confluent-kafka)",
            vec![
                "from confluent_kafka.schema_registry import SchemaRegistryClient".to_owned(),
                format!(
                    "kafka = {{\"bootstrap.servers\": \"{bootstrap_servers}\", \"session.timeout.ms\": {session_timeout_ms}}}"
                ),
                "producer = kafka | {\"partitioner\": \"murmur2_random\"}  # as ours, so that a key has one partition".to_owned(),
                format!("registry = SchemaRegistryClient({{\"url\": \"{schema_registry_url}\"}})"),
            ],
        ),
        (
            "The command line",
            vec![
                "cq-events registry status".to_owned(),
                "cq-events dlq list".to_owned(),
                format!("curl -s {schema_registry_url}/subjects"),
            ],
        ),
    ];
    for (title, lines) in parts {
        screen.line("")?;
        heading(title, screen)?;
        lines.iter().try_for_each(|line| screen.line(&format!("  {line}")))?;
    }
    screen.line("")?;
    heading("What they are not", screen)?;
    for line in LIMITS {
        screen.line(&format!("  {line}"))?;
    }
    Ok(())
}

const LIMITS: [&str; 5] = [
    "Everything is in memory, and gone when this ends. Programs of other machines do not reach it.",
    "The broker isolates no transactions: who reads committed messages sees aborted ones.",
    "The broker keeps 5 MB or 100,000 messages a partition, and then silently drops the oldest; retention and",
    "compaction do not exist, nor do topic settings, ACLs and administration. A topic that is asked for appears,",
    "with 4 partitions. For all of that, run a real broker.",
];

fn heading(text: &str, screen: &mut Screen<'_>) -> Result<(), Error> {
    let text = screen.paint(Style::Bold, text);
    screen.line(&text)
}
